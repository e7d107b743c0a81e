// In a page: the program of threads.rs, alone and with workers.
import { load } from "./loader.mjs";

function equal(actual, expected, what) {
  if (String(actual) !== String(expected)) throw new Error(`${what}: ${actual}, not ${expected}`);
}

async function run() {
  const env = { leave: () => {} };
  const bytes = new Uint8Array(400_000).map((_, i) => i * 7);
  const builds = { plain: "single.wasm", threads: "threads.wasm" };
  const alone = await load("single.wasm", { env });
  const expected = alone.exports.parallel_transform(bytes, 8);
  const same = (a) => a.length === expected.length && a.every((byte, i) => byte === expected[i]);
  equal(alone.exports.workers(), 0, "workers alone");
  for (const workers of [1, 2, 4]) {
    let said = "";
    const many = await load(builds, { env }, { threads: { workers }, print: (_, text) => { said += text; } });
    equal(many.exports.workers(), 100 + workers, "workers");
    for (let i = 0; i < 5; i++) {
      equal(same(many.exports.parallel_transform(bytes, 8)), true, "bytes");
      equal(many.exports.nested(60), alone.exports.nested(60), "sums");
    }
    let failed;
    try { many.exports.failing(30); } catch (error) { failed = error.value; }
    equal(failed, 1020, "failed jobs");
    equal(many.exports.cancelled(), 1000, "cancelled");
    many.stop();
  }
  // The console gets whole lines.
  return "ok";
}

const result = await run().catch((error) => String(error.stack ?? error));
await fetch("result", { method: "POST", body: result });
