// Prints the types whose values the module forgets.
import { readFileSync } from "node:fs";

const module = new WebAssembly.Module(readFileSync(process.argv[2]));
for (const { module: from, name } of WebAssembly.Module.imports(module)) if (from === "wasmrust:linear") console.log(name);
