// Runs a program from its entry to its end: in node, in a worker of a page, or
// in the page. What is special to the place is in `host`.

import { load } from "./loader.mjs";

// A panic alone takes ten calls.
Error.stackTraceLimit = 100;

/**
 * @param bytes the module
 * @param host { wasi(module, memory), print(stream, text), imports: URL of a module that exports `imports`, missingTrap,
 *   launched: the time to count the start from, starts(text) that takes how long it took }
 * @returns its exit code
 */
export async function run(bytes, { wasi, print, imports, missingTrap = false, launched, starts }) {
  const module = await WebAssembly.compile(bytes);
  let program;
  const functions = imports ? { ...(await import(imports)).imports } : {};
  const wanted = WebAssembly.Module.imports(module);
  const memory = () => program.memory;
  if (wanted.some(({ module: from }) => from === "wasi_snapshot_preview1")) {
    functions.wasi_snapshot_preview1 = wasi(module, memory);
  }
  if (wanted.some(({ module: from }) => from.startsWith("__wbindgen"))) {
    throw new Error("this is a module for wasm-bindgen's glue: run it with that (cargo wasm build makes it), or serve it");
  }
  if (missingTrap) {
    for (const { module: from, name, kind } of wanted) {
      if (kind !== "function" || from.startsWith("wasmrust:")) continue;
      const plain = name.split(";")[0];
      const group = (functions[from] = { ...functions[from] });
      if (!group[name] && !group[plain]) {
        group[name] = () => { throw new Error(`\`${from}\` \`${plain}\` is not there`); };
      }
    }
  }
  program = await load(bytes, functions, { print, threads: { imports } });
  try {
    const { exports } = program;
    const entry = exports._start ?? exports.main;
    if (!entry) {
      const names = Object.entries(exports).filter(([, value]) => typeof value === "function").map(([name]) => `\`${name}\``);
      throw new Error(`nothing to run: the program has no function \`_start\` or \`main\`${names.length ? `; it exports ${names.join(", ")}` : " and exports no function"}`);
    }
    if (launched) starts(`${"  start".padEnd(34)}${((Date.now() - launched) / 1000).toFixed(3).padStart(9)} s\n`);
    // C's `main` takes a count and an array of arguments; these are none.
    return Number(entry(0, 0) ?? 0);
  } catch (error) {
    if (typeof error?.code === "number" && error.constructor.name === "Exit") return error.code;
    throw error;
  } finally {
    await program.stop?.();
  }
}

/** What to say of an error that ended the program. */
export function told(error) {
  if (!(error instanceof WebAssembly.RuntimeError)) return String(error?.message ?? error);
  const message = error.message === "unreachable" ? "unreachable code was reached (in Rust: a panic or an abort)" : error.message;
  const frames = String(error.stack).matchAll(/at (?:(\S+) \()?wasm:\/\/.*:wasm-function\[(\d+)\]:(0x[0-9a-f]+)/g);
  return [`trap: ${message}`, ...Array.from(frames, ([, name, index, at]) => `  at ${name ?? `function ${index}`} (offset ${at})`)].join("\n");
}

/** The exit code of a program that trapped. */
export const TRAPPED = 134;
