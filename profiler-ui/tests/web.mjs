// The app as a page, in headless Chromium: node profiler-ui/tests/web.mjs, after `cargo xtask app`.
// CHROMIUM names the browser if it is not where distributions put it. UPDATE_SNAPSHOTS=1 writes the documentation's
// picture anew: look at it.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { extname, join, normalize } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { deflateSync } from "node:zlib";

const root = fileURLToPath(new URL("../..", import.meta.url));
const app = join(process.env.CARGO_TARGET_DIR ?? join(root, "target"), "app");
const SAMPLE = readFileSync(join(root, "samples/rust-markdown/rust-markdown.wasm"));
const PROFILES = join(root, "toolchain/profile/tests/files");

const executablePath = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) => path && existsSync(path));
assert.ok(executablePath, "no Chromium: install it, or name it in CHROMIUM");
const viewer = join(root, "analyzer/viewer");
if (!existsSync(join(viewer, "node_modules/playwright-core"))) execFileSync("npm", ["ci", "--no-audit", "--no-fund"], { cwd: viewer, stdio: "inherit" });
const { chromium } = createRequire(join(viewer, "package.json"))("playwright-core");
const ARGS = ["--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".wasm": "application/wasm" };
const server = createServer((request, response) => {
  const path = normalize(decodeURIComponent(new URL(request.url, "http://localhost").pathname));
  const file = join(app, path.endsWith("/") ? "index.html" : path);
  if (!existsSync(file)) return response.writeHead(404).end();
  response.writeHead(200, { "Content-Type": TYPES[extname(file)] ?? "application/octet-stream" }).end(readFileSync(file));
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const origin = `http://127.0.0.1:${server.address().port}`;
const browser = await chromium.launch({ executablePath, args: [...ARGS, "--use-angle=swiftshader", "--enable-unsafe-swiftshader"] });
after(async () => {
  await browser.close();
  server.close();
  server.closeAllConnections();
});

/** Opens the page, and holds it to what holds for all: nothing is asked of another server, no error is on the console. */
async function open(address, run, { colorScheme = "light", width = 1100, height = 700, quiet = true, script, locale = "en" } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme, reducedMotion: "reduce", locale });
  const page = await context.newPage();
  const noise = [];
  page.on("request", (request) => !request.url().startsWith(origin) && !/^(data|blob):/.test(request.url()) && noise.push(`request ${request.url()}`));
  page.on("console", (message) => message.type() === "error" && noise.push(message.text()));
  page.on("pageerror", (error) => noise.push(error.stack));
  page.setDefaultTimeout(20_000);
  if (script) await page.addInitScript(script);
  try {
    await page.goto(origin + address);
    await run(page, context);
    if (quiet) assert.deepEqual(noise, []);
  } finally {
    await context.close();
  }
}

const state = async (page) => JSON.parse((await page.evaluate(() => globalThis.wasmrust?.state_json?.())) ?? "null");

/** Waits until the app runs, does nothing more, and `is` holds; its state. */
async function settled(page, is = () => true) {
  let now;
  for (let round = 0; round < 200; round++) {
    now = await state(page);
    if (now && !now.busy && is(now)) {
      await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(drawn, 120)))));
      const later = await state(page);
      if (JSON.stringify(later) === JSON.stringify(now)) return now;
    }
    await new Promise((later) => setTimeout(later, 50));
  }
  assert.fail(`the app does not settle: ${JSON.stringify(now)}; ${await page.locator("body").innerText()}`);
}

/** Drops files on the canvas. */
async function drop(page, ...files) {
  const given = files.map(([name, bytes]) => [name, Buffer.from(bytes).toString("base64")]);
  const data = await page.evaluateHandle((files) => {
    const data = new DataTransfer();
    for (const [name, base64] of files) data.items.add(new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], name));
    return data;
  }, given);
  await page.dispatchEvent("canvas", "dragover", { dataTransfer: data });
  await page.dispatchEvent("canvas", "drop", { dataTransfer: data });
}

const picture = (page) => page.locator("canvas").screenshot({ animations: "disabled" });

const text = (string) => Buffer.from(string);
const leb = (value) => (value < 128 ? [value] : [value & 127 | 128, ...leb(value >> 7)]);
const vector = (bytes) => [...leb(bytes.length), ...bytes];
const section = (id, bytes) => [id, ...vector([...bytes])];

/** A module whose functions have these names. */
function named(names) {
  const all = names.map((_, index) => index);
  const functionNames = [...leb(names.length), ...names.flatMap((name, index) => [...leb(index), ...vector(text(name))])];
  return Buffer.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, 0, 0]),
    ...section(3, [...leb(names.length), ...all.map(() => 0)]),
    ...section(10, [...leb(names.length), ...all.flatMap(() => vector([0, ...Array(60).fill(1), 0x0b]))]),
    ...section(0, [...vector(text("name")), ...section(1, functionNames)]),
  ]);
}

/** A snapshot as docs/memory.md describes the file, of one memory that starts with `bytes`. */
function snapshot(bytes) {
  const page = Buffer.concat([bytes, Buffer.alloc(4096 - bytes.length)]);
  const size = 65_536;
  const header = text(JSON.stringify({ label: "by hand", taken_at_ms: 1, memories: [{ type: { minimum_bytes: size, is_64: false, shared: false }, bytes: size }] }));
  const u32 = (value) => { const out = Buffer.alloc(4); out.writeUInt32LE(value); return out; };
  const packed = deflateSync(page);
  return Buffer.concat([Buffer.from("\x89MEMVIZ\n", "latin1"), u32(1), u32(header.length), header, u32(1), Buffer.alloc(8), u32(1), u32(packed.length), packed]);
}

test("an empty window invites; the sample opens, zooms, and is searched", () => open("/", async (page) => {
  assert.equal((await settled(page)).open, null);
  assert.equal(await page.locator("#status").count(), 0);
  await drop(page, ["markdown.wasm", SAMPLE]);
  const opened = await settled(page, (now) => now.open);
  assert.deepEqual({ name: opened.open.name, bytes: opened.open.bytes }, { name: "markdown.wasm", bytes: SAMPLE.length });
  assert.deepEqual(opened.notices, []);
  const first = await picture(page);
  await page.mouse.dblclick(200, 400);
  const zoomed = await settled(page, (now) => now.state.location?.zoom?.length);
  assert.notDeepEqual(await picture(page), first);
  await page.keyboard.press("Control+f");
  await settled(page);
  await page.keyboard.type("kind:function core");
  const searched = await settled(page, (now) => now.state.search === "kind:function core");
  assert.deepEqual(searched.state.location.zoom, zoomed.state.location.zoom);
  // All of that is in the address.
  assert.equal(new URL(page.url()).hash, `#${searched.link}`);
  await page.keyboard.press("Escape");
  await settled(page, (now) => !now.state.search);
  await page.keyboard.press("Backspace");
  await settled(page, (now) => !now.state.location?.zoom?.length);
}));

test("a link restores the same picture", async () => {
  let link, shown, seen;
  await open("/?open=samples/rust-markdown.wasm", async (page) => {
    await settled(page, (now) => now.open);
    await page.mouse.dblclick(200, 400);
    await settled(page, (now) => now.state.location?.zoom?.length);
    await page.mouse.click(300, 300);
    await settled(page, (now) => now.selected);
    await page.mouse.move(1, 699);
    shown = await settled(page);
    seen = await picture(page);
    link = page.url().slice(origin.length);
  });
  await open(link, async (page) => {
    await page.mouse.move(1, 699);
    assert.deepEqual(await settled(page, (now) => now.open), shown);
    const again = await picture(page);
    if (!seen.equals(again)) for (const [name, png] of [["first", seen], ["again", again]]) writeFileSync(join(app, "..", `app-${name}.png`), png);
    assert.ok(seen.equals(again), "the picture is another: target/app-first.png, target/app-again.png");
    // An address that is edited while the app runs is followed.
    await page.evaluate(() => { location.hash = '{"focus":"code"}'; });
    assert.deepEqual((await settled(page, (now) => now.state.focus)).state, { focus: "code" });
  });
  await open(link.replace("#", "#%%%"), async (page) => {
    const now = await settled(page, (now) => now.open);
    assert.match(now.notices.join(), /neither JSON nor/);
  });
});

test("an address names no file that is not open any more", () => open("/?open=samples/rust-markdown.wasm", async (page) => {
  await settled(page, (now) => now.open);
  await page.mouse.dblclick(200, 400);
  await settled(page, (now) => now.state.location?.zoom?.length);
  assert.match(page.url(), /\?open=samples\/rust-markdown\.wasm#/);
  await drop(page, ["work.wasm", readFileSync(join(PROFILES, "work.wasm"))]);
  await settled(page, (now) => now.open?.name === "work.wasm");
  assert.doesNotMatch(page.url(), /open=/);
}));

test("profiles and snapshots open; what is broken is told", () => open("/", async (page) => {
  await settled(page);
  await drop(page, ["work.wasm", readFileSync(join(PROFILES, "work.wasm"))], ["run.cpuprofile", readFileSync(join(PROFILES, "node-named.cpuprofile"))]);
  const timed = await settled(page, (now) => now.open && now.profile?.matched);
  assert.equal(timed.state.focus, "time");
  await drop(page, ["moment.memviz", snapshot(text("written in the page"))]);
  await settled(page, (now) => now.state.focus === "memory");
  await drop(page, ["broken.wasm", SAMPLE.subarray(0, 5)], ["notes.txt", text("nothing of interest, ")], ["empty.wasm", []], ["cut.memviz", snapshot(text("x")).subarray(0, 80)]);
  const { notices } = await settled(page, (now) => now.notices.length >= 3);
  for (const name of ["notes.txt is none of what opens here", "empty.wasm is empty", "cut.memviz: "]) {
    assert.ok(notices.some((notice) => notice.startsWith(name)), `${name}: ${notices}`);
  }
}));

test("what describes a program is laid over it", () => open("/", async (page) => {
  await settled(page);
  await drop(page, ["app.wasm", named(["run"])], ["app.wasm.map", text('{"version": 3, "sources": ["app.ts"], "mappings": "AAAA"}')]);
  const { open: opened, notices } = await settled(page, (now) => now.notices.length > 0);
  assert.equal(opened.name, "app.wasm");
  assert.deepEqual(notices, ["app.wasm.map: used as debug information of app.wasm"]);
}));

test("the file chooser and downloads are the browser's own", () => open("/", async (page) => {
  await settled(page);
  const chooser = page.waitForEvent("filechooser");
  // The browser learns that its chooser is awaited before the key comes.
  await settled(page);
  await page.keyboard.press("Control+o");
  await (await chooser).setFiles([{ name: "picked.wasm", mimeType: "application/wasm", buffer: SAMPLE }]);
  await settled(page, (now) => now.open?.name === "picked.wasm");
  const download = page.waitForEvent("download");
  await page.keyboard.press("Control+p");
  await settled(page);
  await page.keyboard.type("exportcsv");
  await page.keyboard.press("Enter");
  const saved = await download;
  assert.equal(saved.suggestedFilename(), "sizes.csv");
  assert.match(readFileSync(await saved.path(), "utf8"), /^path,name,size_bytes,before_bytes,delta_bytes,change\ncustom sections,/);
}));

const hasLetters = ["zh", "hi"].every((language) => spawnSync("fc-list", [`:lang=${language}`]).stdout?.length > 0);
test("names in Chinese and Hindi are drawn, not boxes", { skip: !hasLetters && !process.env.CI && "this machine has no fonts for them (tools/setup chromium)" }, async () => {
  const pictures = [];
  // As many letters, other letters: boxes would look the same.
  for (const names of [["解析器数据", "渲染页面"], ["序列化模块", "读取文件"], ["विश्लेषण", "संख्या"], ["पृष्ठभूमि", "संपादक"]]) {
    await open("/", async (page) => {
      await settled(page);
      await drop(page, ["names.wasm", named(names)]);
      const now = await settled(page, (now) => now.open);
      assert.deepEqual(now.notices, []);
      pictures.push(await picture(page));
    });
  }
  assert.ok(!pictures[0].equals(pictures[1]), "Chinese names are boxes");
  assert.ok(!pictures[2].equals(pictures[3]), "Hindi names are boxes");
  writeFileSync(join(app, "..", "app-names.png"), pictures[2]);
});

test("light and dark follow the browser", async () => {
  const brightness = async (colorScheme) => {
    let seen;
    await open("/?open=samples/rust-markdown.wasm", async (page) => {
      await settled(page, (now) => now.open);
      const png = await picture(page);
      if (process.env.UPDATE_SNAPSHOTS && colorScheme === "dark") writeFileSync(join(root, "docs/profiler-ui-web.png"), png);
      seen = await page.evaluate(async (png) => {
        const bitmap = await createImageBitmap(new Blob([Uint8Array.from(atob(png), (c) => c.charCodeAt(0))]));
        const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
        context.drawImage(bitmap, 0, 0);
        // The bar of menus, right of its last word.
        return context.getImageData(400, 4, 1, 1).data[0];
      }, png.toString("base64"));
    }, { colorScheme });
    return seen;
  };
  const [light, dark] = [await brightness("light"), await brightness("dark")];
  assert.ok(light > 200 && dark < 60, `${light} ${dark}`);
});

test("a browser without WebGL says so in plain words", async () => {
  const without = await chromium.launch({ executablePath, args: [...ARGS, "--disable-gpu", "--disable-3d-apis"] });
  try {
    const page = await without.newPage();
    await page.goto(origin);
    const status = page.getByRole("alert");
    await status.waitFor({ timeout: 20_000 });
    assert.match(await status.innerText(), /can't start.*WebGL/);
  } finally {
    await without.close();
  }
});

test("an app that failed says so, and offers to begin anew", async () => {
  const lose = (page) => page.evaluate(() => document.querySelector("canvas").getContext("webgl2").getExtension("WEBGL_lose_context").loseContext());
  const fail = (page) => page.evaluate(() => { WebGL2RenderingContext.prototype.drawElements = () => { throw new Error("planted"); }; wasmrust.wake(); });
  for (const [harm, reason] of [[lose, /taken the graphics away/], [fail, /has failed.*planted/s]]) {
    await open("/", async (page) => {
      await settled(page);
      await harm(page);
      const status = page.getByRole("alert");
      await status.waitFor();
      assert.match(await status.innerText(), reason);
      await status.getByRole("button", { name: "Reload" }).click();
      await settled(page);
      assert.equal(await status.count(), 0);
    }, { quiet: false });
  }
});

test("the page around the app speaks its language, and the next start does", () => open("/", async (page) => {
  assert.equal((await settled(page)).state.language, "spanish");
  await page.evaluate(() => { location.hash = encodeURIComponent('{"language":"hindi"}'); });
  await settled(page, ({ state }) => state.language === "hindi");
  assert.equal(await page.evaluate(() => document.documentElement.lang), "hi");
  await page.evaluate(() => wasmrust.open_beside("samples/nothing.wasm"));
  assert.match((await settled(page, ({ notices }) => notices.length > 0)).notices[0], /सर्वर का उत्तर: 404/);
  await page.goto("about:blank");
  await page.goto(origin);
  assert.equal((await settled(page)).state.language, "hindi");
  await page.evaluate(() => { WebGL2RenderingContext.prototype.drawElements = () => { throw new Error("planted"); }; wasmrust.wake(); });
  await page.getByRole("button", { name: "पुनः लोड करें" }).waitFor();
  assert.match(await page.getByRole("alert").innerText(), /विफल/);
}, { locale: "es-MX", quiet: false }));

test("the app is up soon", () => open("/", async (page) => {
  await settled(page);
  const up = await page.evaluate(() => performance.getEntriesByName("app started")[0]?.startTime);
  console.log(`up after ${Math.round(up)} ms`);
  // Far more than it takes, for machines that are busy.
  assert.ok(up < 3000, `${up} ms`);
}));
