// oxipng, a Rust program through wasm-bindgen.
import init, { optimise_raw } from "/npm/@jsquash/oxipng/codec/pkg/squoosh_oxipng.js";

globalThis.wasm = await init();
const noise = Uint8ClampedArray.from({ length: 64 * 64 * 4 }, (_, i) => (i * 7919) >> 3);
globalThis.optimise = () => optimise_raw(noise, 64, 64, 2, false, false).length;
document.getElementById("out").textContent = optimise() > 0 ? "ready" : "wrong";
