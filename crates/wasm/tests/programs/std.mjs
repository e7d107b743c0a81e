import assert from "node:assert/strict";
import { load } from "../../js/loader.mjs";

let said = "";
const { exports: e } = await load(process.argv[2], {}, { print: (stream, text) => { if (stream === 2) said += text; } });
e.init();
assert.equal(e.lookup("b"), "second");
assert.equal(e.lookup("c"), undefined);
assert.equal(e.absent, undefined);
assert.equal(e.same_number(4294967295), 4294967295);
assert.equal(e.same_text("ß"), "ß");
assert.deepEqual(e.same_list([-1n, 2n ** 62n]), BigInt64Array.of(-1n, 2n ** 62n));
assert.equal(e.lanes([1, 2]), 18);
assert.throws(() => e.fail("no"), WebAssembly.RuntimeError);
assert.match(said, /panicked at .*std\.rs:17:5:\nrefused: no\n/);
