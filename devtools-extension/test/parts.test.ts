// The parts that need no browser.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { inflateSync } from "node:zlib";
import { fromBase64, toBase64 } from "../src/hook/base64.ts";
import { hashOf, hashWords, isZero } from "../src/hook/hash.ts";
import { readShape } from "../src/hook/wasm.ts";
import { lookAnswer, pagesOf } from "../src/panel/answers.ts";
import { Unreadable, list, number, parse, record, text } from "../src/panel/checked.ts";
import { Decoder, type Event, bitsOf, encode } from "../src/panel/protocol.ts";
import { LANGUAGES, type Strings, languageOf } from "../src/strings.ts";
import { MemoryWriter, SNAPSHOT_PAGE, snapshotFile } from "../src/panel/snapshot.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const modules = (dir: string): string[] => readdirSync(dir, { recursive: true }).map(String).filter((name) => name.endsWith(".wasm")).map((name) => join(dir, name));
const FILES = [...modules(join(root, "dist/pages")), ...modules(join(root, "node_modules/sql.js/dist")), ...modules(join(root, "node_modules/@jsquash/oxipng/codec")), ...modules(join(root, "node_modules/@bytecodealliance/jco-transpile/vendor"))];

test("modules are read as the engine reads them", () => {
  assert.ok(FILES.length > 8);
  for (const file of FILES) {
    const bytes = readFileSync(file);
    // Older releases of node have no memories of 64 bits, and one memory only.
    if (!WebAssembly.validate(bytes)) continue;
    const module = new WebAssembly.Module(bytes);
    const shape = readShape(bytes);
    assert.deepEqual(shape.imports, WebAssembly.Module.imports(module).map(({ module, name, kind }) => ({ module, name, kind })), file);
    assert.deepEqual(shape.exports.map(({ name, kind }) => ({ name, kind })), WebAssembly.Module.exports(module), file);
    for (const name of new Set(shape.custom_sections.map(({ name }) => name))) {
      const sizes = WebAssembly.Module.customSections(module, name).map(({ byteLength }) => byteLength);
      assert.deepEqual(shape.custom_sections.filter((section) => section.name === name).map(({ bytes }) => bytes), sizes, `${file} ${name}`);
    }
  }
});

test("memories, tables, globals and functions have their types", () => {
  const shape = readShape(readFileSync(join(root, "dist/pages/probe.wasm")));
  assert.deepEqual(shape.memories, [{ minimum_bytes: 131072, maximum_bytes: 6553600, shared: false, is_64: false }]);
  assert.deepEqual(shape.tables, [{ element: "externref" }, { element: "funcref" }]);
  assert.deepEqual(shape.globals, ["i32", "i64"]);
  assert.equal(shape.name, "probe");
  // tick, fail, poke, peek, grow, ticks, fails
  assert.deepEqual(shape.function_bytes, [8, 0, 8, 8, 8, 12, 0]);
  const wide = readShape(readFileSync(join(root, "dist/pages/wide.wasm")));
  assert.ok(wide.memories[0]!.is_64);
  const threads = readShape(readFileSync(join(root, "node_modules/@jsquash/oxipng/codec/pkg-parallel/squoosh_oxipng_bg.wasm")));
  assert.ok(threads.memories[0]!.shared);
});

test("damaged modules are read as far as they go", () => {
  const bytes = readFileSync(join(root, "dist/pages/probe.wasm"));
  for (let length = 0; length < bytes.length; length++) readShape(bytes.subarray(0, length));
  let seed = 1;
  for (let i = 0; i < 20_000; i++) {
    const mutant = bytes.slice();
    for (let j = 0; j < 3; j++) {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      mutant[8 + (seed >>> 8) % (mutant.length - 8)] = seed & 0xff;
    }
    readShape(mutant);
  }
});

test("a hash changes with each bit, and zeros are zeros", () => {
  const words = new Uint32Array(1024);
  const zero = hashWords(words, 0, 1024);
  const seen = new Set([zero]);
  for (let bit = 0; bit < 32768; bit += 7) {
    words[bit >> 5] = 1 << (bit & 31);
    assert.ok(!isZero(words, 0, 1024));
    seen.add(hashWords(words, 0, 1024));
    words[bit >> 5] = 0;
  }
  assert.equal(seen.size, 1 + Math.ceil(32768 / 7));
  assert.ok(isZero(words, 0, 1024));
  assert.notEqual(hashOf(new Uint8Array(5)), hashOf(new Uint8Array(6)));
  assert.equal(hashOf(new Uint8Array([1, 2, 3, 4, 5])), hashOf(new Uint8Array([0, 1, 2, 3, 4, 5]).subarray(1)));
});

test("base64 is base64", () => {
  const bytes = Uint8Array.from({ length: 100_003 }, (_, i) => i * 7);
  assert.equal(toBase64(bytes), Buffer.from(bytes).toString("base64"));
  assert.deepEqual(fromBase64(toBase64(bytes)), bytes);
  assert.throws(() => fromBase64("!!"));
});

test("frames come in any parts", () => {
  const told: Event[] = [{ event: "done" }, { event: "bytes", memory: 0, address: 64 }, { event: "error", message: "ä" }];
  const all = Buffer.concat(told.map((event, i) => encode(i === 0 ? null : i, event, new Uint8Array(i))));
  for (const step of [1, 3, 1000]) {
    const decoder = new Decoder<Event>();
    const frames = [];
    for (let at = 0; at < all.length; at += step) frames.push(...decoder.push(all.subarray(at, at + step)));
    assert.deepEqual(frames.map(({ id, message, bytes }) => [id, message, bytes.length]), told.map((event, i) => [i === 0 ? null : i, event, i]));
  }
  assert.throws(() => new Decoder<Event>().push(new Uint8Array(8).fill(255)));
});

test("pages are bits", () => {
  assert.deepEqual([...bitsOf([1, 2, 15], 17)], [0b110, 0b1000_0000, 0]);
  assert.deepEqual(pagesOf([3, 1, 8, 2], 10), [3, 8, 9]);
  for (const bad of [[0, 1e9], [100, 1], [3, 1, 3, 1], [3, 1, 2, 1]]) assert.throws(() => pagesOf(bad, 100), Unreadable);
});

test("a snapshot holds pages in runs, packed", async () => {
  const writer = new MemoryWriter();
  const pages = [0, 1, 5, ...Array.from({ length: 300 }, (_, i) => 10 + i)];
  const contents = new Uint8Array(pages.length * SNAPSHOT_PAGE);
  pages.forEach((page, i) => contents.fill(page & 0xff, i * SNAPSHOT_PAGE, (i + 1) * SNAPSHOT_PAGE));
  await writer.add(pages.slice(0, 2), contents);
  await writer.add(pages.slice(2), contents.subarray(2 * SNAPSHOT_PAGE));
  const type = { name: null, import: null, minimum_bytes: 0, maximum_bytes: null, is_64: false, shared: false };
  const header = { module: { build_id: "", name: null }, taken_at_ms: 1, label: null, engine: "test", memories: [{ type, bytes: 400 * SNAPSHOT_PAGE }], globals: [], growth: [] };
  const file = Buffer.from(snapshotFile(header, [await writer.finish()]));
  assert.equal(file.subarray(0, 8).toString("latin1"), "\x89MEMVIZ\n");
  let at = 16 + file.readUInt32LE(12);
  assert.deepEqual(JSON.parse(file.subarray(16, at).toString()), header);
  const blocks: [number, number][] = [];
  const count = file.readUInt32LE(at);
  at += 4;
  for (let i = 0; i < count; i++) {
    const [first, length, packed] = [Number(file.readBigUInt64LE(at)), file.readUInt32LE(at + 8), file.readUInt32LE(at + 12)];
    const bytes = inflateSync(file.subarray(at + 16, at + 16 + packed));
    assert.equal(bytes.length, length * SNAPSHOT_PAGE);
    for (let page = 0; page < length; page++) assert.equal(bytes[page * SNAPSHOT_PAGE], (first + page) & 0xff);
    blocks.push([first, length]);
    at += 16 + packed;
  }
  assert.deepEqual(blocks, [[0, 2], [5, 1], [10, 256], [266, 44]]);
  assert.equal(at, file.length);
});

test("answers of a page are taken in their form only", () => {
  const read = record<{ name: string; sizes: number[] }>({ name: text(5), sizes: list(number, 3) });
  assert.deepEqual(parse('{"name":"a","sizes":[1],"more":{}}', read, "x"), { name: "a", sizes: [1] });
  for (const bad of ["", "null", "[]", '{"name":"toolong","sizes":[]}', '{"name":"a","sizes":[-1]}', '{"name":"a","sizes":[1,2,3,4]}', '{"name":"a","sizes":[null]}', '{"name":"a"}']) {
    assert.throws(() => parse(bad, read, "x"), Unreadable, bad);
  }
  assert.throws(() => parse({ toString: () => "{}" }, read, "x"), Unreadable);
  assert.throws(() => parse("{}", lookAnswer, "look"), Unreadable);
});

test("all languages say all, and each in its own words", () => {
  for (const [language, texts] of Object.entries<Strings>(LANGUAGES)) {
    const seen = new Set<string>();
    const check = (path: string, text: unknown, english: unknown): void => {
      if (typeof english === "object") {
        assert.deepEqual(Object.keys(text as object), Object.keys(english as object), `${language}: ${path}`);
        for (const [key, value] of Object.entries(text as object)) check(`${path}.${key}`, value, (english as Record<string, unknown>)[key]);
        return;
      }
      assert.equal(typeof text, typeof english, `${language}: ${path}`);
      const said = typeof text === "function" ? (text as (...args: unknown[]) => string)(7351, 9462) : text as string;
      assert.ok(said.trim().length > 1, `${language}: ${path}`);
      // The same words would be a text that was forgotten.
      assert.ok(!seen.has(said), `${language}: ${path} says what another one says`);
      seen.add(said);
      if (typeof text !== "function") {
        if (language !== "en") assert.notEqual(said, english, `${language}: ${path}`);
        return;
      }
      assert.deepEqual([said.includes("7351"), said.includes("9462")], [true, (english as { length: number }).length > 1], `${language}: ${path}`);
    };
    check("", texts, LANGUAGES.en);
  }
  assert.deepEqual(["es-MX", "zh-Hant-TW", "hi", "de", "ESPERANTO", ""].map(languageOf), ["es", "zh", "hi", "en", "en", "en"]);
});

test("pages and manifest say nothing but what is translated", () => {
  for (const page of readdirSync(join(root, "static")).filter((name) => name.endsWith(".html"))) {
    const html = readFileSync(join(root, "static", page), "utf8");
    for (const [, key] of html.matchAll(/data-text="(.*?)"/g)) assert.equal(typeof LANGUAGES.en[key as keyof Strings], "string", `${page}: ${key}`);
    assert.equal(html.replace(/<title>WASM<\/title>/, "").replace(/<[^>]*>/g, "").trim(), "", page);
  }
  const built = join(root, "dist/recorder");
  const manifest = readFileSync(join(built, "manifest.json"), "utf8");
  for (const locale of ["en", "zh_CN", "zh_TW", "hi", "es"]) {
    const messages = JSON.parse(readFileSync(join(built, "_locales", locale, "messages.json"), "utf8")) as Record<string, { message: string }>;
    for (const [, key] of manifest.matchAll(/__MSG_(\w+)__/g)) assert.ok(messages[key!]!.message.length > 20, `${locale}: ${key}`);
    // As long as the store takes.
    assert.ok(messages.description!.message.length <= 132, `${locale}: ${messages.description!.message.length}`);
  }
});
