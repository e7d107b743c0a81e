import assert from "node:assert/strict";

import { load } from "../../crates/wasm/js/loader.mjs";
import { tests } from "../programs.mjs";

function next(cells, width) {
  const height = cells.length / width;
  return cells.map((cell, i) => {
    let living = -cell;
    for (const dy of [-1, 0, 1]) {
      for (const dx of [-1, 0, 1]) {
        living += cells[((Math.floor(i / width) + dy + height) % height) * width + ((i % width) + dx + width) % width];
      }
    }
    return living === 3 || (cell && living === 2) ? 1 : 0;
  });
}

tests("life", async (path) => {
  const shown = [];
  const screen = {};
  const { exports, refs } = await load(path, {
    page: { show: (to, cells, width) => { assert.equal(to, screen); shown.push([...cells]); assert.equal(width, 64); } },
  });
  const living = exports.play(screen, 64, 64, 50);
  let cells = Array.from({ length: 64 * 64 }, (_, i) => (i % 2 === 0 || i % 7 === 0 ? 1 : 0));
  for (const generation of shown) assert.deepEqual(generation, (cells = next(cells, 64)));
  assert.equal(shown.length, 50);
  assert.equal(living, cells.reduce((a, b) => a + b));
  assert.equal(refs.live, 0);
});
