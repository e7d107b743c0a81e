import assert from "node:assert/strict";
import { load } from "../../js/loader.mjs";

let open = 0, drawn = 0, fail = false;
const env = {
  acquire: () => (open++, {}),
  draw: () => { drawn++; },
  finish: () => (open--, 100),
  may_fail: () => fail,
};
const { exports: e, refs } = await load(process.argv[2], { env });
assert.equal(e.straight(), 101);
assert.equal(e.branches(5), 100);
assert.equal(e.branches(2), 103);
assert.equal(e.questions(), 100);
fail = true;
assert.throws(() => e.questions(), (error) => error.value === 3);
assert.equal(e.boxed(), 100);
assert.equal(e.generic(1), 102);
assert.equal(open, 0);
assert.equal(drawn, 3);
assert.equal(refs.live, 0);
