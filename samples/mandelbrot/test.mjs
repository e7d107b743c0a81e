import assert from "node:assert/strict";

import { load } from "../../crates/wasm/js/loader.mjs";
import { tests } from "../programs.mjs";
import { mandelbrot } from "./kernel.mjs";

tests("mandelbrot", async (path) => {
  const { exports } = await load(path);
  const picture = exports.mandelbrot(300, 200, 500);
  assert.deepEqual(picture, mandelbrot(300, 200, 500));
  // The area of the set is 1.5066: so many of the 60,000 points of 6 stay.
  const inside = picture.filter((steps) => steps === 0).length;
  assert.ok(Math.abs((inside / 60_000) * 6 - 1.5066) < 0.02, `${inside}`);
});
