import assert from "node:assert/strict";

import { load } from "../../crates/wasm/js/loader.mjs";
import { tests } from "../programs.mjs";

tests("regions", async (path) => {
  // The host keeps the people's data: here is all of it, and not in the program's memory.
  const asked = [];
  let kept;
  const regions = { "eu-west": (intent) => { asked.push(intent); return (kept = new ArrayBuffer(8_060_928)); } };
  const { exports, memory } = await load(path, {}, { regions });
  assert.deepEqual(asked, [{ name: "EU_DATA", region: "eu-west", encryption: "at-rest", bytes: "8000000" }]);
  const people = [[34, 100], [38, 250], [7, 5], [71, 1_234_567], [79, 1]];
  people.forEach(([age, amount], i) => exports.store(i, age, amount));
  assert.deepEqual([...exports.amounts_by_decade(5)], [0, 0, 0, 350, 0, 0, 0, 1_234_568, 0, 0, 0, 0]);
  assert.equal(new Uint32Array(kept)[7], 1_234_567);
  assert.equal(new Uint32Array(memory.buffer).indexOf(1_234_567), -1, "no copy stays behind");
  assert.throws(() => exports.store(2_000_000, 1, 1), "outside of the region");
  await assert.rejects(load(path), /`EU_DATA` wants encryption "at-rest" in region "eu-west"/);
});
