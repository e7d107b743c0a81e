import assert from "node:assert/strict";
import { load } from "../../js/loader.mjs";

const [, , single, threads] = process.argv;
const env = { leave: () => { throw new Error("the first thread stays"); } };
const bytes = new Uint8Array(400_000).map((_, i) => i * 7);
const print = () => {};
console.error = () => {};

const alone = await load(single, { env });
const expected = alone.exports.parallel_transform(bytes, 8);
const sums = alone.exports.nested(60);
assert.equal(sums, Array.from({ length: 60 }, (_, i) => (i * (i + 1)) / 2).reduce((a, b) => a + b));
assert.equal(alone.exports.cancelled(), 1000);
assert.equal(alone.exports.workers(), 0);

for (const workers of [0, 1, 2, 4]) {
  const many = await load({ threads, plain: single }, { env }, { print, threads: { workers, imports: new URL("threads_imports.mjs", import.meta.url) } });
  assert.equal(many.exports.workers(), 100 + workers);
  for (let i = 0; i < 5; i++) {
    assert.deepEqual(many.exports.parallel_transform(bytes, 8), expected);
    assert.equal(many.exports.nested(60), sums);
  }
  assert.equal(many.exports.cancelled(), 1000);
  // Ten of thirty jobs fail, whoever runs them, and the threads live on.
  for (let i = 0; i < 3; i++) assert.throws(() => many.exports.failing(30), (error) => error.value === 1020);
  assert.equal(many.exports.failing(2), 2);
  for (let i = 0; i < 3; i++) assert.equal(many.exports.failing_with_open_scope(20), 10 * 1_000_000 + 64 * 190);
  if (workers) {
    // Each time a worker takes the job, so lost ones were replaced.
    for (let i = 0; i < workers + 2; i++) assert.throws(() => many.exports.losing(), (error) => error.value === 1);
    assert.deepEqual(many.exports.parallel_transform(bytes, 8), expected);
  }
  await many.stop?.();
}
