import assert from "node:assert/strict";

import { load } from "../../crates/wasm/js/loader.mjs";
import { tests } from "../programs.mjs";
import { energyAfter } from "./kernel.mjs";

tests("nbody", async (path) => {
  const { exports } = await load(path);
  // What the Benchmarks Game expects.
  assert.equal(exports.energy_after(0).toFixed(9), "-0.169075164");
  assert.equal(exports.energy_after(1000).toFixed(9), "-0.169087605");
  assert.equal(exports.energy_after(5000), energyAfter(5000));
});
