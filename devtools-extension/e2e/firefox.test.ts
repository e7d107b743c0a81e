// The extension in Firefox's real toolbox: what the bridge tells, with a recorder for the app, and the app itself.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { AppState } from "./app.ts";
import { executable, launch } from "./firefox.ts";
import { extension, root, skipApp } from "./paths.ts";
import { scenarios } from "./scenarios.ts";
import { serve } from "./server.ts";
import { until } from "./session.ts";

const missing = executable ? false : "Firefox is missing";

scenarios("Firefox", missing, () => launch(join(root, "dist/recorder")));

// Firefox has WebGL only where there is a screen.
const skip = missing || skipApp || (spawnSync("Xvfb", ["-version"]).error ? "Xvfb is missing" : false);

test("the app in Firefox's panel shows the page's memory and its bytes, and opens them in a tab", { skip, timeout: 180_000 }, async (context) => {
  await using server = await serve();
  // As users have it: a tab is opened for a click only.
  await using firefox = await launch(extension, { draws: true, preferences: { "dom.disable_open_during_load": true, "intl.accept_languages": "es" } });
  const { inPage, inPanel } = firefox;
  const state = async (): Promise<AppState> => JSON.parse(await inPanel<string>("state_json()")) as AppState;
  await firefox.goto(`${server.url}sample/index.html`);
  const started = await until("the panel's start", () => inPanel<number>("performance.getEntriesByName('panel started')[0]?.startTime"), 60_000,
    () => inPanel<string>("document.body.innerText"));
  context.diagnostic(`the panel was up ${started.toFixed(0)} ms after its page began to load`);
  await inPanel(`(command({ command: "reload", count_calls: false }), true)`);
  await until("one memory, in Spanish", () => inPanel<boolean>("document.getElementById('status').textContent === '1 módulo, 1 memoria'"));
  await inPage("serve(1000)");
  const memory = await until("the memory's id", () => inPanel<number>("inventory().memories[0]?.id"));
  await inPanel(`(command({ command: "attach", memory: ${memory} }), true)`);
  const shown = await until("a first moment", async () => {
    const now = await state();
    return now.live !== null && now.live.moments > 0 && !now.busy && now;
  });
  assert.equal(shown.open!.bytes, statSync(join(root, "dist/sample/leak.wasm")).size);
  assert.deepEqual([shown.page!.modules, shown.page!.memories, shown.page!.attached], [1, 1, memory]);
  const bytes = await inPage<number>("memoryBytes()");
  assert.deepEqual(shown.live!.memories, [bytes]);
  // Those pages that have something in them, as the page itself counts them.
  const runs = await inPage<number[]>(`JSON.parse(window[Symbol.for("wasmrust.devtools")].occupied(${memory % 1_000_000}, 0, ${bytes}, 4096, 10000)).runs`);
  assert.equal(shown.live!.pages, runs.reduce((sum, count, i) => (i % 2 ? sum + count : sum), 0));

  // By where they are: the tab "Page", and "Open in the full app".
  await firefox.click(30, 45);
  await until("the tab", async () => {
    await firefox.click(330, 375);
    return firefox.inTab(/\/tab\.html/, "true");
  });
  const opened = await until("the files in it", async () => {
    const json = await firefox.inTab<string>(/\/tab\.html/, "window.state_json?.()");
    const now = json === undefined || json === null ? null : JSON.parse(json) as AppState;
    return now?.open && !now.busy && now;
  }, 30_000, async () => {
    const file = join(root, "dist/pictures/firefox_tab.png");
    mkdirSync(join(root, "dist/pictures"), { recursive: true });
    writeFileSync(file, await firefox.picture());
    return `${file} ${await inPanel<string>("document.body.innerText")}`;
  });
  assert.equal(opened.open!["build-id"], shown.open!["build-id"]);
  assert.deepEqual(opened.notices, []);
  assert.deepEqual((await state()).notices, []);
  assert.equal(await inPanel<string>("document.getElementById('error').textContent"), "");

  await firefox.goto(`${await inPanel<string>("location.origin")}/permission.html`);
  await until("the permission's page, in Spanish", () => inPage<boolean>("document.body.innerText.includes('Permitir en todas las páginas') && document.getElementById('status').textContent.startsWith('Ninguna página') && document.documentElement.lang === 'es'"));
});
