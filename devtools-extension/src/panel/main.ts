// The panel: starts the app on its canvas and the bridge beside it.

import type { App, Command, Page } from "../contract.ts";
import { isAllowed } from "../always.ts";
import { Bridge } from "./bridge.ts";
import { startApp } from "./app.ts";
import { followApp, strings, translate } from "../strings.ts";
import { type AppFile, openPage, sendToTab } from "./tabs.ts";

function element<T extends HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`there is no element ${id}`);
  return found as T;
}

function say(text: string, kind: "status" | "error"): void {
  const line = element(kind);
  // The app has said in it why it can't go on.
  if (line.id === "status" && line.getAttribute("role") === "alert") return;
  if (line.textContent !== text) line.textContent = text;
}

function save({ name, bytes }: AppFile): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([bytes], { type: "application/octet-stream" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** Only pages of the extension can ask; where a panel is none of them, the hook's own word has to do. */
async function alwaysOn(): Promise<Page["always_on"]> {
  const allowed = await isAllowed();
  return allowed === null ? "not-there" : allowed ? "granted" : "not-granted";
}

function theme(app: App): void {
  const { panels } = chrome.devtools;
  const set = (): void => {
    const name = panels.themeName as string;
    const isDark = name === "dark";
    document.documentElement.dataset.theme = isDark ? "dark" : "light";
    app.set_theme(isDark ? "dark" : "light");
  };
  set();
  // Firefox has an event, Chromium a handler.
  const event = (panels as { onThemeChanged?: { addListener(listener: () => void): void } }).onThemeChanged;
  if (event) event.addListener(set);
  else panels.setThemeChangeHandler?.(set);
}

translate(document);
say(strings.starting, "status");

// Events of src/devtools.ts. A panel that starts is seen, but may be left before its app is there.
let isShown = true;
let show = (_: boolean): void => undefined;
addEventListener("panel-shown", () => show(isShown = true));
addEventListener("panel-hidden", () => show(isShown = false));

async function start(): Promise<void> {
  const [app, hook] = await Promise.all([startApp(), fetch("hook.js").then((response) => response.text())]);
  const bridge = new Bridge({
    app, hook, say, save, alwaysOn,
    openTab: sendToTab,
    openPermission: () => openPage("permission.html"),
  });
  app.start_panel((command) => bridge.command(command));
  theme(app);
  followApp(document, () => bridge.saidAnew());
  chrome.devtools.network.onNavigated.addListener(() => bridge.navigated());
  show = (isShown) => bridge.show(isShown);
  show(isShown);
  // For tests and for who looks from the console.
  Object.assign(globalThis, { state_json: () => app.state_json(), command: (command: Command) => bridge.command(JSON.stringify(command)), inventory: () => bridge.page() });
  performance.mark("panel started");
}

start().catch((error: unknown) => {
  say("", "status");
  say(strings.notStarted(error instanceof Error ? error.message : String(error)), "error");
});
