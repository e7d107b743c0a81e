import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

process.removeAllListeners("warning");
const { WASI } = await import("node:wasi");
// The stream of errors goes into a file of our own.
const { openSync, mkdtempSync, readFileSync: read, rmSync } = await import("node:fs");
const { tmpdir } = await import("node:os");
const dir = mkdtempSync(`${tmpdir()}/wasm-`);
const stderr = openSync(`${dir}/stderr`, "w");
const wasi = new WASI({ version: "preview1", stderr, returnOnExit: true });
const instance = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(process.argv[2])), wasi.getImportObject());
assert.throws(() => wasi.start(instance), WebAssembly.RuntimeError);
assert.match(read(`${dir}/stderr`, "utf8"), /^panicked at .*panic_wasi\.rs:15:5:\nat the end\n$/);
rmSync(dir, { recursive: true });
