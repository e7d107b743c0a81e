import assert from "node:assert/strict";

import { load } from "../../crates/wasm/js/loader.mjs";
import { tests } from "../programs.mjs";

const numbers = Float64Array.from({ length: 100_000 }, (_, i) => (i + 0.5) / 100_000);
const expected = numbers.map((x) => {
  for (let i = 0; i < 20; i++) x = 3.9 * x * (1 - x);
  return x;
});

tests("parallel-transform", async (plain) => {
  const alone = await load(plain);
  assert.equal(alone.exports.workers(), 0);
  assert.deepEqual(alone.exports.parallel_transform(numbers, 20, 4), expected);

  const builds = { plain, threads: plain.replace(".wasm", ".mt.wasm") };
  for (const workers of [1, 2, 4]) {
    const many = await load(builds, {}, { threads: { workers }, print() {} });
    assert.equal(many.exports.workers(), workers);
    for (let i = 0; i < 3; i++) assert.deepEqual(many.exports.parallel_transform(numbers, 20, 8), expected);
    const { error } = console;
    console.error = () => {};
    assert.throws(() => many.exports.with_a_trap(5), (error) => error.value === 1);
    console.error = error;
    assert.deepEqual(many.exports.parallel_transform(numbers, 20, 8), expected, "after a trap");
    await many.stop();
  }
});
