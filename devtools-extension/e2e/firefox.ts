// Firefox with the extension, its real toolbox beside a page and the panel in it, over Marionette.

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type Socket, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Session } from "./session.ts";

export const executable = [process.env.FIREFOX ?? "", "/usr/bin/firefox-esr", "/usr/bin/firefox"].find((path) => path !== "" && spawnSync(path, ["--version"]).status === 0);

const PREFERENCES = {
  "browser.shell.checkDefaultBrowser": false, "browser.startup.homepage": "about:blank", "browser.aboutwelcome.enabled": false,
  "datareporting.policy.dataSubmissionEnabled": false, "toolkit.telemetry.enabled": false, "app.update.enabled": false,
  "network.captive-portal-service.enabled": false, "network.connectivity-service.enabled": false, "xpinstall.signatures.required": false,
  "devtools.chrome.enabled": true, "devtools.toolbox.host": "bottom", "devtools.toolbox.footer.height": 620,
  // Firefox 153 loses the page for extensions' panels when pages that it keeps for going back are thrown away.
  "browser.sessionhistory.max_total_viewers": 0, "fission.bfcacheInParent": false,
  // Popups that a panel opens are asked for by a click in real use.
  "dom.disable_open_during_load": false,
};

/** Marionette's protocol: `length:[0, id, name, parameters]`, `length:[1, id, error, result]`. */
class Marionette {
  readonly #socket: Socket;
  #buffer = Buffer.alloc(0);
  #next = 0;
  readonly #waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (data) => {
      this.#buffer = Buffer.concat([this.#buffer, data]);
      for (;;) {
        const colon = this.#buffer.indexOf(":");
        if (colon < 0) return;
        const end = colon + 1 + Number(this.#buffer.subarray(0, colon));
        if (this.#buffer.length < end) return;
        const message = JSON.parse(this.#buffer.subarray(colon + 1, end).toString()) as unknown;
        this.#buffer = this.#buffer.subarray(end);
        if (!Array.isArray(message)) continue;
        const [, id, error, result] = message as [number, number, { message: string } | null, unknown];
        const waiting = this.#waiting.get(id);
        this.#waiting.delete(id);
        if (error) waiting?.reject(new Error(error.message));
        else waiting?.resolve(result);
      }
    });
  }

  send<T>(name: string, parameters: object = {}): Promise<T> {
    const id = ++this.#next;
    const text = JSON.stringify([0, id, name, parameters]);
    return new Promise<T>((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
      this.#socket.write(`${Buffer.byteLength(text)}:${text}`);
    });
  }
}

async function connected(port: number, browser: ChildProcess): Promise<Socket> {
  for (let i = 0; i < 200 && browser.exitCode === null; i++) {
    const socket = await new Promise<Socket | null>((resolve) => {
      const socket = connect(port, "127.0.0.1", () => resolve(socket));
      socket.on("error", () => resolve(null));
    });
    if (socket) return socket;
    await sleep(200);
  }
  throw new Error("Firefox gives no access");
}

export interface Firefox extends Session {
  /** The value of an expression in the tab whose address ends like that; undefined if there is none. */
  inTab<T>(end: RegExp, expression: string): Promise<T | undefined>;
  /** A click into the panel, as one of the mouse. */
  click(x: number, y: number): Promise<void>;
  /** What the panel looks like, as PNG. */
  picture(): Promise<Buffer>;
}

/** A screen in memory: without one, Firefox draws no WebGL. */
async function screen(): Promise<{ display: string } & Disposable> {
  const server = spawn("Xvfb", ["-displayfd", "3", "-screen", "0", "1400x1000x24", "-nolisten", "tcp"], { stdio: ["ignore", "ignore", "ignore", "pipe"] });
  const number = await new Promise<string>((resolve, reject) => {
    server.stdio[3]!.on("data", (data: Buffer) => resolve(data.toString().trim()));
    server.on("error", reject).on("exit", () => reject(new Error("Xvfb ended")));
  });
  return { display: `:${number}`, [Symbol.dispose]: () => void server.kill() };
}

/** Draws WebGL if `draws`, for which it needs Xvfb. */
export async function launch(extension: string, { draws = false, preferences: more = {} }: { draws?: boolean; preferences?: Record<string, unknown> } = {}): Promise<Firefox> {
  const profile = mkdtempSync(join(tmpdir(), "wasm-devtools-"));
  const port = 28_000 + (process.pid % 1000);
  const preferences = Object.entries({ ...PREFERENCES, ...more, "marionette.port": port });
  writeFileSync(join(profile, "user.js"), preferences.map(([key, value]) => `user_pref(${JSON.stringify(key)}, ${JSON.stringify(value)});\n`).join(""));
  const x11 = draws ? await screen() : null;
  const browser = spawn(executable!, [...(x11 ? [] : ["--headless"]), "--no-remote", "--marionette", "-remote-allow-system-access", "--profile", profile, "--width", "1400", "--height", "1000"], {
    stdio: "ignore", env: { ...process.env, HOME: profile, ...(x11 ? { DISPLAY: x11.display } : { MOZ_HEADLESS_WIDTH: "1400", MOZ_HEADLESS_HEIGHT: "1000" }) },
  });
  const socket = await connected(port, browser);
  const marionette = new Marionette(socket);
  await marionette.send("WebDriver:NewSession", { strictFileInteractability: false, pageLoadStrategy: "normal" });
  await marionette.send("Addon:Install", { path: extension, temporary: true });

  let context = "content";
  const inContext = async <T>(name: "content" | "chrome", script: string, args: unknown[] = []): Promise<T> => {
    if (context !== name) await marionette.send("Marionette:SetContext", { value: name });
    context = name;
    const body = `const done = arguments[arguments.length - 1]; (async (...args) => { ${script} })(...[...arguments].slice(0, -1)).then((value) => done({ value: JSON.stringify(value) }), (error) => done({ error: String(error) }));`;
    const { value } = await marionette.send<{ value: { value?: string; error?: string } }>("WebDriver:ExecuteAsyncScript", { script: body, args, newSandbox: true, scriptTimeout: 60_000, sandbox: name === "chrome" ? "system" : null });
    if (value.error !== undefined) throw new Error(value.error);
    return (value.value === undefined ? undefined : JSON.parse(value.value)) as T;
  };
  // One thing after the other: the context is the session's.
  let queue: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = queue.then(work);
    queue = turn.catch(() => undefined);
    return turn;
  };

  await inContext("chrome", `
    const window = Services.wm.getMostRecentWindow("navigator:browser");
    const { require } = ChromeUtils.importESModule("resource://devtools/shared/loader/Loader.sys.mjs");
    const { gDevTools } = require("devtools/client/framework/devtools");
    const toolbox = await gDevTools.showToolboxForTab(window.gBrowser.selectedTab, { toolId: "webconsole" });
    let tool;
    for (let i = 0; i < 100 && !tool; i++) {
      tool = toolbox.getAdditionalTools().find(({ label }) => String(label).includes("WASM"));
      await new Promise((resolve) => window.setTimeout(resolve, 100));
    }
    // A user looks around first.
    await new Promise((resolve) => window.setTimeout(resolve, ${draws ? 2000 : 0}));
    await toolbox.selectTool(tool.id);
  `);
  // The panel is a browser in the toolbox.
  const PANEL = `
    const window = Services.wm.getMostRecentWindow("navigator:browser");
    const browsers = [];
    const walk = (document) => {
      for (const element of document.querySelectorAll("browser, iframe")) {
        if (element.localName === "browser" && element.currentURI?.filePath === "/panel.html") browsers.push(element);
        else if (element.contentDocument) walk(element.contentDocument);
      }
    };
    walk(window.document);
    if (!browsers[0]) throw new Error("the panel is not there");`;
  // What runs in it is asked through a frame script.
  const inPanel = <T>(expression: string): Promise<T> => inContext<T>("chrome", `${PANEL}
    const manager = browsers[0].messageManager;
    const name = "wasm-devtools-" + Math.random();
    const answer = new Promise((resolve) => manager.addMessageListener(name, function listener(message) { manager.removeMessageListener(name, listener); resolve(message.data); }));
    const script = "(" + function (name, expression) {
      const sandbox = Components.utils.Sandbox(content, { sandboxPrototype: content, wantXrays: false });
      const done = (answer) => sendAsyncMessage(name, answer);
      sandbox.done = Components.utils.exportFunction((text) => done(JSON.parse(text)), sandbox);
      Components.utils.evalInSandbox("(async () => (" + expression + "))().then((value) => done(JSON.stringify({ value: value ?? null })), (error) => done(JSON.stringify({ error: String(error) })))", sandbox);
    } + ")(" + JSON.stringify(name) + "," + JSON.stringify(args[0]) + ")";
    manager.loadFrameScript("data:application/javascript;charset=utf-8," + encodeURIComponent(script), false);
    const { value, error } = await answer;
    if (error) throw new Error(error);
    return value;
  `, [expression]);
  return {
    goto: (url) => inTurn(async () => {
      if (context !== "content") await marionette.send("Marionette:SetContext", { value: "content" });
      context = "content";
      await marionette.send("WebDriver:Navigate", { url });
    }),
    inPage: <T>(expression: string) => inTurn(() => inContext<T>("content", `return (await (async () => (${expression}))()) ?? null;`)),
    inPanel: <T>(expression: string) => inTurn(() => inPanel<T>(expression)),
    inTab: <T>(end: RegExp, expression: string) => inTurn(async () => {
      if (context !== "content") await marionette.send("Marionette:SetContext", { value: "content" });
      context = "content";
      const handles = await marionette.send<string[]>("WebDriver:GetWindowHandles");
      try {
        for (const handle of handles) {
          await marionette.send("WebDriver:SwitchToWindow", { handle, focus: false });
          if (!end.test((await marionette.send<{ value: string }>("WebDriver:GetCurrentURL")).value)) continue;
          return await inContext<T>("content", `return (await (async () => (${expression}))()) ?? null;`);
        }
        return undefined;
      } finally {
        await marionette.send("WebDriver:SwitchToWindow", { handle: handles[0], focus: false });
      }
    }),
    click: (x, y) => inTurn(() => inContext<void>("chrome", `${PANEL}
      const { x, y } = browsers[0].getBoundingClientRect();
      const around = browsers[0].ownerDocument.defaultView;
      for (const type of ["mousemove", "mousedown", "mouseup"]) {
        around.synthesizeMouseEvent(type, x + ${x}, y + ${y}, { button: 0, clickCount: type === "mousemove" ? 0 : 1 }, { isDOMEventSynthesized: false });
        await new Promise((resolve) => window.setTimeout(resolve, 50));
      }
    `)),
    picture: () => inTurn(async () => Buffer.from(await inContext<string>("chrome", `${PANEL}
      const bitmap = await browsers[0].browsingContext.currentWindowGlobal.drawSnapshot(null, 1, "white");
      const canvas = window.document.createElementNS("http://www.w3.org/1999/xhtml", "canvas");
      [canvas.width, canvas.height] = [bitmap.width, bitmap.height];
      canvas.getContext("2d").drawImage(bitmap, 0, 0);
      return canvas.toDataURL("image/png").split(",")[1];
    `), "base64")),
    async [Symbol.asyncDispose]() {
      await Promise.race([marionette.send("Marionette:Quit", { flags: ["eForceQuit"] }).catch(() => undefined), sleep(5000)]);
      socket.destroy();
      if (browser.exitCode === null) {
        browser.kill("SIGKILL");
        await new Promise((resolve) => browser.once("exit", resolve));
      }
      x11?.[Symbol.dispose]();
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
