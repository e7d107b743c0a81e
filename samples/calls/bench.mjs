// Prints "engine, what, nanoseconds a call" for node and headless Chromium: calls/bench.mjs [WAT-MODULE]
import { readFileSync } from "node:fs";

import { chromium, inBrowser } from "../browser.mjs";
import { program } from "../programs.mjs";
import { measure } from "./measure.mjs";

const [wat] = process.argv.slice(2);
const print = (engine, times) => Object.entries(times).forEach(([what, ns]) => console.log([engine, what, ns.toFixed(2)].join("\t")));

print("node", await measure(program("calls", "speed"), wat && readFileSync(wat)));
if (chromium) {
  const { error, ...times } = await inBrowser(`calls/bench.html${wat ? "?wat" : ""}`);
  if (error) throw new Error(error);
  print("Chromium", times);
}
