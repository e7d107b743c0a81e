// node's side of `cargo wasm run` and `test`: node node.mjs SETTINGS

import { readFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import { WASI } from "node:wasi";
import { run, told, TRAPPED } from "./run.mjs";

const settings = JSON.parse(process.argv[2]);
class Exit extends Error {
  constructor(code) {
    super(`exit ${code}`);
    this.code = code;
  }
}

const wasi = (module, memory) => {
  const system = new WASI({
    version: "preview1", args: settings.args, env: settings.env, preopens: settings.dirs, returnOnExit: true,
  });
  const functions = { ...system.wasiImport };
  // node binds its functions to a memory in `start`, which wants to call the
  // program itself, or for a program without one: this is done at the first call.
  let bound = false;
  for (const [name, call] of Object.entries(functions)) {
    functions[name] = (...values) => {
      if (!bound) {
        bound = true;
        system.initialize({ exports: { memory: memory() } });
      }
      return call(...values);
    };
  }
  functions.proc_exit = (code) => { throw new Exit(code); };
  return functions;
};

try {
  const imports = settings.imports && pathToFileURL(settings.imports).href;
  const { missingTrap, launched } = settings;
  const starts = (text) => process.stderr.write(text);
  process.exitCode = await run(await readFile(settings.wasm), { wasi, imports, missingTrap, launched, starts });
} catch (error) {
  process.stderr.write(`${told(error)}\n`);
  process.exitCode = error instanceof WebAssembly.RuntimeError ? TRAPPED : 2;
}
