// Chromium with the extension, the real developer tools open beside a page, and the panel in them. DevTools is an
// ordinary page for Playwright when it attaches to such targets, the panel an ordinary frame.

import { mkdtempSync, rmSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BrowserContext, Frame, Page } from "playwright-core";
import { type Session, until } from "./session.ts";

process.env.PW_CHROMIUM_ATTACH_TO_OTHER = "1";
const { chromium } = await import("playwright-core");

export const executable = [process.env.CHROMIUM ?? "", "/usr/bin/chromium", "/usr/bin/google-chrome"].find((path) => path !== "" && spawnSync(path, ["--version"]).status === 0);

export interface Browser extends AsyncDisposable {
  context: BrowserContext;
  /** The page that is inspected. */
  page: Page;
  devtools: Page;
  /** Chooses the panel and gives its frame. */
  panel(): Promise<Frame>;
  /** Chooses another panel of the developer tools. */
  leavePanel(): Promise<void>;
}

/** A profile that is given is kept. */
export async function launch(extension: string, options: { headless?: boolean; width?: number; dark?: boolean; url?: string; others?: string[]; profile?: string } = {}): Promise<Browser> {
  const profile = options.profile ?? mkdtempSync(join(tmpdir(), "wasm-devtools-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: executable!, headless: options.headless ?? true, viewport: null, ignoreDefaultArgs: ["--disable-extensions"],
    colorScheme: options.dark ? "dark" : "light",
    args: [
      "--no-sandbox", "--disable-gpu", "--enable-unsafe-swiftshader", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
      "--auto-open-devtools-for-tabs", `--window-size=${options.width ?? 1500},900`, `--load-extension=${[extension, ...(options.others ?? [])].join()}`, `--disable-extensions-except=${[extension, ...(options.others ?? [])].join()}`,
    ],
  });
  const page = context.pages().find((page) => !page.url().startsWith("devtools")) ?? (await context.newPage());
  if (options.url) await page.goto(options.url);
  const devtools = await until("the developer tools", async () => context.pages().find((page) => page.url().startsWith("devtools://")));
  return {
    context, page, devtools,
    async leavePanel() { await showView(devtools, (key) => key === "elements"); },
    async panel() {
      await until("the panel's tab", () => showView(devtools, (key) => key.startsWith("chrome-extension://")).catch(() => false));
      return until("the panel", async () => devtools.frames().find((frame) => frame.url().endsWith("/panel.html")));
    },
    async [Symbol.asyncDispose]() {
      await context.close().catch(() => undefined);
      if (options.profile === undefined) rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** The session of an open panel. */
export async function sessionOf(browser: Browser): Promise<Session> {
  const panel = await browser.panel();
  const evaluate = <T>(frame: Frame | Page, expression: string): Promise<T> => frame.evaluate<T>(`(async () => (${expression}))()`);
  return {
    async goto(url) { await browser.page.goto(url); },
    inPage: (expression) => evaluate(browser.page, expression),
    inPanel: (expression) => evaluate(panel, expression),
    [Symbol.asyncDispose]: () => browser[Symbol.asyncDispose](),
  };
}

/** Shows one of DevTools' views, as a click on its tab does; whether there is one. */
async function showView(devtools: Page, is: (key: string) => boolean): Promise<boolean> {
  const keys = await devtools.evaluate(async () => {
    const legacy = "devtools://devtools/bundled/ui/legacy/legacy.js";
    const { ViewManager } = await import(legacy) as { ViewManager: { ViewManager: { instance(): { views: Map<string, unknown> } } } };
    return [...ViewManager.ViewManager.instance().views.keys()];
  });
  const key = keys.find(is);
  if (key === undefined) return false;
  await devtools.evaluate(async (key) => {
    const legacy = "devtools://devtools/bundled/ui/legacy/legacy.js";
    const { ViewManager } = await import(legacy) as { ViewManager: { ViewManager: { instance(): { showView(id: string): Promise<void> } } } };
    await ViewManager.ViewManager.instance().showView(key);
  }, key);
  return true;
}
