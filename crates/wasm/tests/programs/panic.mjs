import assert from "node:assert/strict";
import { load } from "../../js/loader.mjs";

let said = ["", "", ""];
const print = (stream, text) => { said[stream] += text; };
const { exports: e } = await load(process.argv[2], {}, { print });
assert.equal(e.at(1), 2);
assert.equal(said[1], "at 1\n");
assert.throws(() => e.at(7), WebAssembly.RuntimeError);
assert.match(said[2], /^panicked at .*panic\.rs:16:5:\nseven is refused, got 7\n$/);
said = ["", "", ""];
assert.throws(() => e.at(3), WebAssembly.RuntimeError);
assert.match(said[2], /panic\.rs:17:5:\nindex out of bounds: the len is 3 but the index is 3\n/);
