import assert from "node:assert/strict";

import { load } from "../../crates/wasm/js/loader.mjs";
import { tests } from "../programs.mjs";

tests("calls", async (path) => {
  const env = {
    plus: (a, b) => a + b, value: ({ value }) => value, length: (text) => text.length, make: (value) => ({ value }),
    consume: ({ value }) => value,
    checked(a) { if (a === stop) throw new Error("stopped"); return a; },
  };
  let stop = -1;
  const { exports, refs } = await load(path, { env });
  assert.equal(exports.scalars(10), 45);
  assert.equal(exports.references(10, { value: 3 }), 30);
  assert.equal(exports.owned(10), 5);
  assert.equal(exports.strings(3), 96);
  assert.equal(exports.measure("zwölf"), 6);
  assert.equal(exports.results(10), 5);
  stop = 1;
  assert.throws(() => exports.results(10), { message: "stopped" });
  assert.equal(exports.halve(8), 4);
  assert.throws(() => exports.halve(7), { message: "odd" });
  assert.equal(refs.live, 0, "owned references were given back");
});
