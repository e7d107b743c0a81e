// What the tests and benches of the samples share: where programs are, and how those are run that take and give bytes
// or talk to WASI.
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const built = join(process.env.CARGO_TARGET_DIR ?? join(root, "target"), "samples");

/** The file of a program, as `samples/build programs` made it. */
export const program = (name, profile = "release") => join(built, profile, `${name}.wasm`);

/** Tests `run(path)` on the builds of `name`: stripped and with DWARF; of a benchmark in all its languages. */
export function tests(name, run, { languages = [""] } = {}) {
  for (const language of languages) {
    for (const profile of ["release", "dwarf"]) {
      const path = program(name + language, profile);
      test(`${name}${language} ${profile}`, { skip: !existsSync(path) && "not built here" }, () => run(path, language));
    }
  }
}

export const LANGUAGES = ["", ".c", ".zig", ".as"];

/** The host of the benchmark programs (block.rs says how bytes cross): a function of bytes. */
export async function block(path) {
  const imports = { env: { abort() { throw new Error("abort"); } } };
  const { instance } = await WebAssembly.instantiate(readFileSync(path), await withWasi(path, imports));
  const { alloc, run, free, memory, _initialize } = instance.exports;
  _initialize?.();
  return (input) => {
    const at = alloc(input.length) >>> 0;
    if (input.length) new Uint8Array(memory.buffer).set(input, at);
    const out = run(at, input.length) >>> 0;
    const length = new DataView(memory.buffer).getUint32(out, true);
    const bytes = new Uint8Array(memory.buffer).slice(out + 4, out + 4 + length);
    free(out, length + 4);
    free(at, input.length);
    return bytes;
  };
}

/** The C library wants functions of WASI for its standard streams: no program here calls them. */
async function withWasi(path, imports) {
  const wanted = WebAssembly.Module.imports(await WebAssembly.compile(readFileSync(path)));
  const wasi = wanted.filter(({ module }) => module === "wasi_snapshot_preview1");
  const refuse = (name) => () => { throw new Error(`${name} was called`); };
  return { ...imports, wasi_snapshot_preview1: Object.fromEntries(wasi.map(({ name }) => [name, refuse(name)])) };
}

/** Runs a command of WASI; what it prints. */
export async function command(path) {
  process.removeAllListeners("warning");
  const { WASI } = await import("node:wasi");
  const folder = mkdtempSync(join(tmpdir(), "wasm-sample-"));
  const stdout = openSync(join(folder, "stdout"), "w");
  try {
    const wasi = new WASI({ version: "preview1", stdout, returnOnExit: true });
    const { instance } = await WebAssembly.instantiate(readFileSync(path), wasi.getImportObject());
    wasi.start(instance);
    return readFileSync(join(folder, "stdout"), "utf8");
  } finally {
    closeSync(stdout);
    rmSync(folder, { recursive: true });
  }
}

/** Pseudo-random bytes, always the same. */
export function someBytes(length) {
  let state = 1;
  return Uint8Array.from({ length }, () => ((state = (Math.imul(state, 1103515245) + 12345) | 0) >>> 16) & 255);
}

export const hex = (bytes) => Buffer.from(bytes).toString("hex");
