import assert from "node:assert/strict";

import { load } from "../../crates/wasm/js/loader.mjs";
import { tests } from "../programs.mjs";
import { canvasImports } from "./page.mjs";

tests("canvas", async (path) => {
  const calls = [];
  let open = 0;
  const context = {
    save: () => { open++; },
    restore: () => { open--; },
    set fillStyle(color) { calls.push(color); },
    fillRect: (...rect) => calls.push(rect.join(" ")),
  };
  const find = (selector) => (selector === "#bars" ? { getContext: () => context } : null);
  const { exports, refs } = await load(path, canvasImports(find));
  assert.equal(exports.draw_bars("#bars", [0.5, 1], 100, 40), 3);
  assert.deepEqual(calls, ["#ffffff", "0 0 100 40", "rgb(128, 127, 64)", "0 20 49 20", "rgb(0, 255, 64)", "50 0 49 40"]);
  assert.throws(() => exports.draw_bars("#none", [], 1, 1), { message: "no canvas #none" });
  assert.deepEqual([open, refs.live], [0, 0], "what was begun was finished");
});
