// The extension in Chromium's real developer tools; the app is a recorder, so that what the bridge tells can be asked.

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Frame } from "playwright-core";
import type { Page as Inventory } from "../src/contract.ts";
import { type Browser, executable, launch, until } from "./chromium.ts";
import { root } from "./paths.ts";
import { type Server, serve } from "./server.ts";

const skip = executable ? false : "Chromium is missing";
let server: Server;
let browser: Browser;
let panel: Frame;

const inventory = (): Promise<Inventory> => panel.evaluate(() => (globalThis as unknown as { recorder: { page: Inventory } }).recorder.page);

before(async () => {
  if (skip) return;
  server = await serve();
  browser = await launch(join(root, "dist/recorder"));
  panel = await browser.panel();
});
after(async () => {
  await browser?.[Symbol.asyncDispose]();
  await server?.[Symbol.asyncDispose]();
});

test("sql.js: module, memory", { skip }, async () => {
  await browser.page.goto(`${server.url}pages/sqljs.html`);
  await browser.page.getByText("ready").waitFor();
  const late = await until("the late hook", async () => {
    const page = await inventory();
    return page?.memories.length && page;
  });
  console.log(JSON.stringify(late).slice(0, 3000));
});
