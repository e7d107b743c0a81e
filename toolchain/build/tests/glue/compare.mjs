// node compare.mjs PROGRAM MODULE GLUE LOADER: the same answers through both.
import assert from "node:assert/strict";
import { programs } from "./exercise.mjs";

const [program, module, glue, loader] = process.argv.slice(2);
const [{ default: init }, { load }] = [await import(glue), await import(loader)];
const expected = await programs[program]((imports, options) => load(module, imports, options));
assert.deepEqual(await programs[program]((imports, options) => init(imports, undefined, options)), expected);
const bytes = (await import("node:fs")).readFileSync(module);
for (const source of [module, new URL(`file://${module}`), bytes, new Uint8Array(bytes).buffer, new Response(bytes)]) {
  assert.deepEqual(await programs[program]((imports, options) => init(imports, source, options)), expected);
}
if (program === "strings") {
  const { exports } = await init({ env: { log() {}, lookup: (key) => key } });
  assert.equal(exports.found("\ufeffx"), "\ufeffx", "a byte order mark is a character");
}
await assert.rejects(init({}, new Response("", { status: 404 })), /404|not given/);
