// oxipng with rayon: a Rust program through wasm-bindgen, a shared memory, two workers.
import init, { initThreadPool } from "/npm/@jsquash/oxipng/codec/pkg-parallel/squoosh_oxipng.js";

globalThis.wasm = await init();
await initThreadPool(2);
/** Its work itself would have to wait for the workers, which this thread must not. */
globalThis.allocate = (bytes) => {
  const at = wasm.__wbindgen_malloc(bytes, 1);
  new Uint8Array(wasm.memory.buffer).fill(7, at, at + bytes);
  return at;
};
document.getElementById("out").textContent = "ready";
