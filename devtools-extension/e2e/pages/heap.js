// Programs that allocate at random, with a log of what is allocated that the program itself keeps.
globalThis.start = async (name) => {
  const module = await WebAssembly.compileStreaming(fetch(`/repo/memviz/tests/fixtures/${name}.wasm`));
  const imports = {};
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
    if (kind === "function") (imports[from] ??= {})[name] = () => 0;
  }
  globalThis.program = (await WebAssembly.instantiate(module, imports)).exports;
  program._initialize?.();
  return true;
};
/** What is allocated: address and size, by address. */
globalThis.log = () => {
  const words = new Uint32Array(program.memory.buffer, program.log_address(), 4096 * 2);
  const entries = Array.from({ length: 4096 }, (_, i) => [words[i * 2], words[i * 2 + 1]]);
  return entries.filter(([address]) => address !== 0).sort(([a], [b]) => a - b);
};
document.getElementById("out").textContent = "ready";
