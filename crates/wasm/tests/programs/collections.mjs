import assert from "node:assert/strict";
import { load } from "../../js/loader.mjs";

const { exports: e, memory } = await load(process.argv[2]);
const text = Array.from({ length: 5000 }, (_, i) => `w${i % 97} the`).join(" ");
const first = e.words(text);
assert(first.startsWith("the=5000 w0=52 "));
for (let i = 0; i < 5; i++) e.words(text);
const pages = memory.buffer.byteLength;
for (let i = 0; i < 20; i++) assert.equal(e.words(text), first);
assert.equal(memory.buffer.byteLength, pages, "freed memory is used again");
assert.equal(e.arena(200), Array.from({ length: 200 }, (_, r) => Array.from({ length: 10 }, (_, i) => `${r + i},`).join("").length).reduce((a, b) => a + b));
assert.equal(memory.buffer.byteLength, pages);
