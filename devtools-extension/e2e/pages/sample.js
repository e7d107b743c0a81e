// samples/canvas, a program of the `wasm` crate; the page holds some references in its table.
import { load } from "/repo/crates/wasm/js/loader.mjs";
import { canvasImports } from "/repo/samples/canvas/page.mjs";

globalThis.canvas = await load("/samples/canvas.wasm", canvasImports((selector) => document.querySelector(selector)));
for (let i = 0; i < 3; i++) canvas.refs.put({});
canvas.exports.draw_bars("#bars", [0.1, 0.5, 0.25], 200, 100);
document.getElementById("out").textContent = "ready";
