// The page of the sample.
const { instance } = await WebAssembly.instantiateStreaming(fetch("leak.wasm"));
const out = document.getElementById("out");
globalThis.memoryBytes = () => instance.exports.memory.buffer.byteLength;
let next = 1;
globalThis.serve = (count) => {
  const served = instance.exports.serve(next, count);
  next += count;
  out.textContent = `${next - 1} orders taken, ${served} articles served just now`;
  return served;
};
document.getElementById("serve").addEventListener("click", () => serve(1000));
out.textContent = "ready";
