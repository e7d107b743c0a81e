// node --cpu-prof --cpu-prof-interval 1000 --cpu-prof-name OUT.cpuprofile run.mjs MODULE FUNCTION COUNT...
import { readFileSync } from "node:fs";

function tick(value) {
  return Math.imul(value, 31) + String(value).length;
}
const { instance } = await WebAssembly.instantiate(readFileSync(new URL(process.argv[2], import.meta.url)), { env: { tick } });
for (let at = 3; at + 1 < process.argv.length; at += 2) instance.exports[process.argv[at]](Number(process.argv[at + 1]));
