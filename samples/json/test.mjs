import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

import { LANGUAGES, block, tests } from "../programs.mjs";

const orders = readFileSync(new URL("orders.json", import.meta.url));

/** The same in JavaScript. */
function canonical(value) {
  const text = (s) => `"${s.replace(/["\\]/g, "\\$&").replace(/[\0-\x1f]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`)}"`;
  const inBytes = (a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b));
  if (typeof value === "number") return value.toFixed(3);
  if (typeof value === "string") return text(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (!value || typeof value !== "object") return String(value);
  return `{${Object.keys(value).sort(inBytes).map((key) => `${text(key)}:${canonical(value[key])}`).join()}}`;
}

// Of what is no JSON: where.
const wrong = {
  "": 0, " ": 1, "[1,2": 4, "[1,]": 3, '{"a" 1}': 5, '{"a":1,}': 7, "{a:1}": 1, "[01]": 2, "1.": 2, "1e": 2, "-": 1, "+1": 0,
  tru: 3, nul1: 3, '"a': 2, '"a\nb"': 2, '"\\x"': 2, '"\\u12g4"': 5, '"\\ud800x"': 7, '"\\ude00"': 7, "[[]]x": 4, "NaN": 0,
};

tests("json", async (path) => {
  const run = await block(path);
  const convert = (text) => new TextDecoder().decode(run(Buffer.from(text)));
  for (let i = 0; i < 3; i++) assert.equal(convert(orders), canonical(JSON.parse(orders)));
  assert.equal(createHash("sha256").update(convert(orders)).digest("hex"), "aadb165e867fee4ddadc2d8cdfee6a41a8a0ce38c7fa18089cc99253a0effc25");
  assert.equal(convert('{"b":1,"a":[],"b":{"":null}}'), '{"a":[],"b":{"":null}}');
  assert.equal(convert(` ${"[".repeat(90)}${"]".repeat(90)}\n`), "[".repeat(90) + "]".repeat(90));
  assert.match(convert("[".repeat(5000)), /^error at 101$/);
  for (const [text, at] of Object.entries(wrong)) assert.equal(convert(text), `error at ${at}`, text);
}, { languages: LANGUAGES });
