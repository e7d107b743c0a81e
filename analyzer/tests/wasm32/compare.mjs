// node compare.mjs NATIVE MODULE FILE...: the report of the program NATIVE on each file is what the module gives, byte
// for byte.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { basename } from "node:path";

const [native, module, ...files] = process.argv.slice(2);
const compiled = await WebAssembly.compile(readFileSync(module));
let failed = 0;
for (const file of files) {
  // A fresh instance for each: what it allocates is not freed.
  const { memory, allocate, report } = (await WebAssembly.instantiate(compiled, {})).exports;
  const bytes = readFileSync(file);
  const address = allocate(bytes.length) >>> 0;
  new Uint8Array(memory.buffer).set(bytes, address);
  const found = BigInt.asUintN(64, report(address, bytes.length));
  const [start, length] = [Number(found & 0xffffffffn), Number(found >> 32n)];
  const ours = Buffer.from(memory.buffer, start, length);
  const theirs = execFileSync(native, [file], { maxBuffer: 1 << 30 });
  const at = ours.findIndex((byte, at) => byte !== theirs[at]);
  if (at >= 0 || ours.length !== theirs.length) {
    failed += 1;
    const around = (text) => text.subarray(Math.max(0, at - 100), at + 60).toString();
    console.log(`${basename(file)}: differs at byte ${at}:\n  wasm32 ${around(ours)}\n  native ${around(theirs)}`);
  } else {
    console.log(`${basename(file)}: the same ${length} bytes`);
  }
}
process.exit(failed || files.length === 0 ? 1 : 0);
