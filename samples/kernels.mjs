// What a hot path gains by moving to wasm: prints "kernel, what, milliseconds" for JavaScript and for what was built for
// speed; the least of many rounds in turn, in node.
import { existsSync } from "node:fs";

import { load } from "../crates/wasm/js/loader.mjs";
import { filter } from "./filter/kernel.mjs";
import { mandelbrot } from "./mandelbrot/kernel.mjs";
import { energyAfter } from "./nbody/kernel.mjs";
import { LANGUAGES, block, program, someBytes } from "./programs.mjs";
import { sha256 } from "./sha256/kernel.mjs";

const ROUNDS = 80;
const image = someBytes(512 * 512 * 4), megabyte = someBytes(1 << 20);

async function languages(name, input) {
  const runs = {};
  for (const language of LANGUAGES) {
    const path = program(name + language, "speed");
    if (!existsSync(path)) continue;
    const run = await block(path);
    runs[{ "": "Rust", ".c": "C", ".zig": "Zig", ".as": "AssemblyScript" }[language]] = () => run(input);
  }
  return runs;
}

const { exports: m } = await load(program("mandelbrot", "speed"));
const { exports: n } = await load(program("nbody", "speed"));
const kernels = {
  filter: { JavaScript: () => filter(image), ...await languages("filter", image) },
  sha256: { JavaScript: () => sha256(megabyte), ...await languages("sha256", megabyte) },
  mandelbrot: { JavaScript: () => mandelbrot(300, 200, 500), Rust: () => m.mandelbrot(300, 200, 500) },
  nbody: { JavaScript: () => energyAfter(50_000), Rust: () => n.energy_after(50_000) },
};

for (const [kernel, runs] of Object.entries(kernels)) {
  const best = {};
  for (let round = 0; round < ROUNDS; round++) {
    for (const [what, run] of Object.entries(runs)) {
      const start = performance.now();
      run();
      const time = performance.now() - start;
      if (round >= 5) best[what] = Math.min(best[what] ?? Infinity, time);
    }
  }
  for (const [what, time] of Object.entries(best)) console.log([kernel, what, time.toFixed(2)].join("\t"));
}
