// The extension in Chromium's real developer tools; the app is a recorder, so that what the bridge tells can be asked.

import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { inflateSync } from "node:zlib";
import { type Browser, executable, launch, sessionOf } from "./chromium.ts";
import { root } from "./paths.ts";
import { scenarios } from "./scenarios.ts";
import { type Server, serve } from "./server.ts";
import { Panel, until } from "./session.ts";

const skip = executable ? false : "Chromium is missing";
const extension = join(root, "dist/recorder");

scenarios("Chromium", skip, async () => sessionOf(await launch(extension)));

async function opened(options: Parameters<typeof launch>[1] = {}, path = extension): Promise<{ browser: Browser; server: Server; panel: Panel } & AsyncDisposable> {
  const server = await serve();
  const browser = await launch(path, options);
  const panel = new Panel(await sessionOf(browser), server.url);
  return {
    browser, server, panel,
    async [Symbol.asyncDispose]() {
      await browser[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** An extension made of another's files, with its manifest changed. */
function variant(change: (manifest: Record<string, unknown>) => void): { path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), "wasm-extension-"));
  cpSync(extension, path, { recursive: true });
  const manifest = JSON.parse(readFileSync(join(path, "manifest.json"), "utf8")) as Record<string, unknown>;
  change(manifest);
  writeFileSync(join(path, "manifest.json"), JSON.stringify(manifest));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

test("an animating page loses at most 20 ms a second to an open panel, and nothing to a hidden one", { skip, timeout: 120_000 }, async (context) => {
  await using of = await opened();
  const { browser, panel } = of;
  await panel.open("pages/animation.html");
  await panel.session.inPage("(animate(), true)");
  const memory = await panel.memory("the memory", ({ bytes }) => bytes === 64 << 20);
  const cdp = await browser.context.newCDPSession(browser.page);
  // In the thread's own time: others may need the processor, too.
  await cdp.send("Performance.enable", { timeDomain: "threadTicks" });
  const metric = async (name: string): Promise<number> => (await cdp.send("Performance.getMetrics")).metrics.find((metric) => metric.name === name)!.value;
  /** Milliseconds that the main thread works in a second. */
  const perSecond = async (): Promise<number> => {
    const [before, start] = [await metric("TaskDuration"), performance.now()];
    await sleep(6000);
    return ((await metric("TaskDuration")) - before) * 1000 / ((performance.now() - start) / 1000);
  };
  await browser.leavePanel();
  await sleep(1000);
  const pages = await panel.session.inPanel<number>("recorder.pages");
  const hidden = await perSecond();
  assert.equal(await panel.session.inPanel<number>("recorder.pages"), pages);
  await browser.panel();
  await panel.attach(memory.id);
  await panel.request({ request: "subscribe", memory: 0, page_bytes: 4096, every_ms: 200 });
  await sleep(2000);
  const shown = await perSecond();
  const told = (await panel.inventory()).cost_ms;
  context.diagnostic(`the page's main thread: ${hidden.toFixed(1)} ms/s with a hidden panel, ${shown.toFixed(1)} ms/s with an open one, which tells of ${told} ms/s`);
  assert.ok(shown - hidden <= 20, `${shown - hidden} ms`);
});

test("a snapshot is saved with its module, and opened in a tab", { skip, timeout: 120_000 }, async () => {
  await using of = await opened();
  const { browser, panel } = of;
  await panel.open("pages/probe.html");
  await panel.session.inPage("start('streaming').then(() => (probe.exports.poke(100000, 0x01020304), probe.exports.grow(1), true))");
  const memory = await panel.memory("the memory", ({ name }) => name === "memory");
  await panel.attach(memory.id);
  await panel.command({ command: "open-in-tab" });
  const tab = await until("the tab", () => browser.context.pages().find((page) => page.url().includes("/tab.html")));
  type File = { name: string; base64: string };
  const files = await until("the files", async () => {
    const files = await tab.evaluate<File[]>("recorder.files");
    return files.length === 2 && files;
  });
  assert.deepEqual(files.map(({ name }) => name), ["probe.memviz", "probe.wasm"]);
  assert.deepEqual(Buffer.from(files[1]!.base64, "base64"), readFileSync(join(root, "dist/pages/probe.wasm")));
  const { header, memories } = readSnapshot(Buffer.from(files[0]!.base64, "base64"));
  assert.equal(header.memories[0]!.bytes, 3 * 65536);
  assert.deepEqual(header.globals, [{ type: "i32", bits: "0xfffffff9" }, { type: "i64", bits: "0x123456789abcdef0" }]);
  assert.equal(header.module.name, "probe");
  assert.equal(memories[0]!.toString("hex"), await panel.session.inPage("hexOf(probe.exports.memory, 0, 3 * 65536)"));
  await tab.close();

  const saved: string[] = [];
  browser.devtools.on("download", (download) => saved.push(download.suggestedFilename()));
  await panel.command({ command: "save-snapshot", label: "now" });
  await until("two downloads", () => saved.length === 2);
  assert.deepEqual(saved.sort(), ["probe.memviz", "probe.wasm"]);
});

/** The memories of a snapshot's file, by the format's description. */
function readSnapshot(file: Buffer): { header: { memories: { bytes: number }[]; globals: unknown[]; module: { name: string } }; memories: Buffer[] } {
  let at = 16 + file.readUInt32LE(12);
  const header = JSON.parse(file.subarray(16, at).toString()) as ReturnType<typeof readSnapshot>["header"];
  const memories = header.memories.map(({ bytes }) => {
    const memory = Buffer.alloc(bytes);
    const blocks = file.readUInt32LE(at);
    at += 4;
    for (let i = 0; i < blocks; i++) {
      const packed = file.readUInt32LE(at + 12);
      inflateSync(file.subarray(at + 16, at + 16 + packed)).copy(memory, Number(file.readBigUInt64LE(at)) * 4096);
      at += 16 + packed;
    }
    return memory;
  });
  assert.equal(at, file.length);
  return { header, memories };
}

test("a page that crashes, and the next one", { skip, timeout: 120_000 }, async () => {
  await using of = await opened();
  const { browser, panel } = of;
  await panel.open("pages/probe.html");
  await panel.session.inPage("start('streaming').then(() => true)");
  const memory = await panel.memory("the memory", () => true);
  await panel.attach(memory.id);
  await browser.page.goto("chrome://crash").catch(() => undefined);
  await until("the end", () => panel.session.inPanel<string>("recorder.lost"), 60_000);
  // Playwright counts a page that has crashed as lost; the browser does not.
  await panel.session.inPanel(`(chrome.tabs.update(chrome.devtools.inspectedWindow.tabId, { url: ${JSON.stringify(`${panel.base}pages/bindgen.html`)} }), true)`);
  await panel.inventoryWith("the next page", ({ url, hook }) => url.endsWith("bindgen.html") && hook === "late");
});

test("with the permission each page is hooked from its start, frames of other origins too", { skip, timeout: 120_000 }, async () => {
  // The browser's own question can't be answered by a program: here the permission is there from the beginning.
  using allowed = variant((manifest) => {
    manifest.host_permissions = manifest.optional_host_permissions;
    delete manifest.optional_host_permissions;
  });
  await using of = await opened({}, allowed.path);
  const { browser, panel } = of;
  const address = await panel.session.inPanel<string>("location.origin");
  const permission = await browser.context.newPage();
  await permission.goto(`${address}/permission.html`);
  await permission.getByText("Each page is hooked from its start.").waitFor();
  await permission.close();
  await panel.session.goto(`${panel.base}pages/frames.html`);
  const page = await panel.inventoryWith("both frames", ({ frames }) => frames.length === 3);
  assert.equal(page.always_on, "granted");
  assert.deepEqual(page.frames.map(({ hook }) => hook), ["start", "start", "start"]);
  const other = await until("the other frame", () => browser.page.frames().find((frame) => frame.url().includes("localhost")));
  await other.evaluate("start('streaming').then(() => true)");
  const memory = await panel.memory("its memory", ({ name }) => name === "memory");
  await panel.attach(memory.id);
  assert.equal(Buffer.from(await panel.read(4096, 5), "hex").toString(), "HELLO");
});

test("an update of the extension keeps the hook on every page, once developer tools were open", { skip, timeout: 120_000 }, async () => {
  await using server = await serve();
  const profile = mkdtempSync(join(tmpdir(), "wasm-devtools-"));
  using allowed = variant((manifest) => {
    manifest.host_permissions = manifest.optional_host_permissions;
    delete manifest.optional_host_permissions;
  });
  const manifest = JSON.parse(readFileSync(join(allowed.path, "manifest.json"), "utf8")) as Record<string, unknown>;
  try {
    for (const version of ["0.1.0", "0.2.0"]) {
      writeFileSync(join(allowed.path, "manifest.json"), JSON.stringify({ ...manifest, version }));
      await using browser = await launch(allowed.path, { profile });
      await until(`a hooked page, version ${version}`, async () => {
        await browser.page.goto(`${server.url}pages/empty.html`);
        return browser.page.evaluate<boolean>("Symbol.for('wasmrust.devtools') in globalThis");
      });
    }
  } finally {
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
});

test("another extension's hook beside ours", { skip, timeout: 120_000 }, async () => {
  const other = mkdtempSync(join(tmpdir(), "wasm-other-"));
  try {
    mkdirSync(other, { recursive: true });
    writeFileSync(join(other, "manifest.json"), JSON.stringify({
      manifest_version: 3, name: "other", version: "1",
      content_scripts: [{ matches: ["<all_urls>"], js: ["hook.js"], run_at: "document_start", world: "MAIN" }],
    }));
    writeFileSync(join(other, "hook.js"), "const real = WebAssembly.instantiateStreaming; globalThis.others = 0; WebAssembly.instantiateStreaming = (...args) => { globalThis.others++; return real(...args); };");
    await using of = await opened({ others: [other] });
    const { panel } = of;
    await panel.open("pages/probe.html");
    await panel.session.inPage("start('streaming').then(() => true)");
    await panel.memory("the memory", ({ name }) => name === "memory");
    assert.equal(await panel.session.inPage("others"), 1);
  } finally {
    rmSync(other, { recursive: true, force: true });
  }
});

test("the theme is that of the developer tools", { skip, timeout: 120_000 }, async () => {
  for (const dark of [false, true]) {
    await using of = await opened({ dark });
    await until("the theme", async () => (await of.panel.session.inPanel("recorder.theme")) === (dark ? "dark" : "light"));
  }
});
