// The extension as users get it, with the app in its panel, in Chromium's developer tools.

import assert from "node:assert/strict";
import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Frame } from "playwright-core";
import type { Command } from "../src/contract.ts";
import type { AppState } from "./app.ts";
import { type Browser, executable, launch } from "./chromium.ts";
import { extension, root, skipApp } from "./paths.ts";
import { serve } from "./server.ts";
import { until } from "./session.ts";

const skip = executable ? skipApp : "Chromium is missing";

const state = async (panel: Frame): Promise<AppState> => JSON.parse(await panel.evaluate<string>("state_json()")) as AppState;
const command = (panel: Frame, command: Command): Promise<unknown> => panel.evaluate(`(command(${JSON.stringify(command)}), true)`);

/** A picture of the panel for the documentation. */
async function picture(browser: Browser, panel: Frame, name: string): Promise<void> {
  const frame = await panel.frameElement();
  const box = await frame.boundingBox();
  mkdirSync(join(root, "dist/pictures"), { recursive: true });
  await browser.devtools.screenshot({ path: join(root, `dist/pictures/${name}.png`), ...(box ? { clip: box } : {}) });
}

for (const theme of ["light", "dark"]) {
  test(`the sample's leak in the panel, ${theme}`, { skip, timeout: 120_000 }, async (context) => {
    await using server = await serve();
    await using browser = await launch(extension, { dark: theme === "dark", width: 1500 });
    await browser.page.goto(`${server.url}sample/index.html`);
    const panel = await browser.panel();
    const started = await until("the panel's start", () => panel.evaluate<number>("performance.getEntriesByName('panel started')[0]?.startTime"), 60_000);
    context.diagnostic(`the panel was up ${started.toFixed(0)} ms after its page began to load`);
    await command(panel, { command: "reload", count_calls: true });
    await browser.page.getByText("ready").waitFor();
    await until("one memory", async () => /1 module, 1 memory$/.test((await panel.getByRole("status").textContent()) ?? ""));
    await browser.page.evaluate("serve(1000)");
    const memory = await until("the memory's id", () => panel.evaluate<number>("inventory().memories[0]?.id"));
    await until("the call", () => panel.evaluate<boolean>("inventory().calls.some(({ name, count }) => name === 'serve' && count === 1)"));
    await sleep(1000);
    await picture(browser, panel, `devtools_page_${theme}`);

    await command(panel, { command: "attach", memory });
    await until("the module", async () => (await state(panel)).open?.bytes === statSync(join(root, "dist/sample/leak.wasm")).size);
    for (let i = 0; i < 5; i++) await browser.page.evaluate("serve(1000)");
    await until("a first moment", async () => (await state(panel)).live && !(await state(panel)).busy);
    assert.match((await state(panel)).live!.engine, /sample\/index\.html$/);
    await sleep(3000);
    await picture(browser, panel, `devtools_memory_${theme}`);
    // By where they are in a panel of this width: "Take a snapshot" and "Leaks".
    const canvas = panel.locator("canvas");
    await canvas.click({ position: { x: 410, y: 72 } });
    await sleep(3000);
    await canvas.click({ position: { x: 236, y: 601 } });
    await sleep(1500);
    await picture(browser, panel, `devtools_leaks_${theme}`);
    // The app and the bridge agree on which build it is, and nothing went wrong.
    assert.match((await state(panel)).open!["build-id"], /^[0-9a-f]{8,}$/);
    assert.deepEqual((await state(panel)).notices, []);
    assert.equal(await panel.getByRole("alert").textContent(), "");
  });
}

test("a language that is chosen in the app is that of all around it, and of the next opening", { skip, timeout: 120_000 }, async () => {
  await using server = await serve();
  await using browser = await launch(extension);
  await browser.page.goto(`${server.url}sample/index.html`);
  const panel = await browser.panel();
  await until("the panel's start", () => panel.evaluate<boolean>("performance.getEntriesByName('panel started').length > 0"), 60_000);
  const status = panel.getByRole("status");
  await until("English", async () => /^\d modules?, /.test((await status.textContent()) ?? ""));
  await panel.evaluate(`location.hash = ${JSON.stringify(JSON.stringify({ language: "spanish" }))}`);
  await until("Spanish", async () => /^\d módulos?, /.test((await status.textContent()) ?? ""));
  const [tab, permission] = [await browser.context.newPage(), await browser.context.newPage()];
  const origin = await panel.evaluate<string>("location.origin");
  await tab.goto(`${origin}/tab.html`);
  const opened = await until("the app in a tab", async () => JSON.parse(await tab.evaluate<string>("state_json()")) as AppState);
  assert.equal(opened.state.language, "spanish");
  await permission.goto(`${origin}/permission.html`);
  await permission.getByText("Permitir en todas las páginas").waitFor();
  // The panel as it is opened again.
  await panel.goto(`${origin}/panel.html`);
  await until("Spanish again", async () => /^\d módulos?, /.test((await status.textContent()) ?? ""), 60_000, async () => `${await status.textContent()}`);
});
