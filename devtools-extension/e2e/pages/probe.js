// Makes modules and memories in every way that there is; the tests call what it leaves in global variables.
const imports = { env: { tick: (n) => n + 1, fail() { throw new Error("as asked"); } } };
const fetched = (name) => fetch(`/built/${name}.wasm`);
const bytesOf = async (name) => (await fetched(name)).arrayBuffer();

globalThis.ways = {
  streaming: async () => (await WebAssembly.instantiateStreaming(fetched("probe"), imports)).instance,
  bytes: async () => (await WebAssembly.instantiate(await bytesOf("probe"), imports)).instance,
  module: async () => WebAssembly.instantiate(await WebAssembly.compile(await bytesOf("probe")), imports),
  compileStreaming: async () => WebAssembly.instantiate(await WebAssembly.compileStreaming(fetched("probe")), imports),
  sync: async () => new WebAssembly.Instance(new WebAssembly.Module(await bytesOf("probe")), imports),
};
globalThis.start = async (way) => (globalThis.probe = await ways[way]());
globalThis.instantiate = async (name) => (globalThis[name] = (await WebAssembly.instantiateStreaming(fetched(name), imports)).instance);
globalThis.growByJavaScript = (memory, pages) => memory.grow(pages);
globalThis.hexOf = (memory, at, length) => Array.from(new Uint8Array(memory.buffer, at, length), (byte) => byte.toString(16).padStart(2, "0")).join("");
document.getElementById("out").textContent = "ready";
