// Prints "engine, what, nanoseconds a call" for node and headless Chromium: calls/bench.mjs [WAT-MODULE]
import { existsSync, readFileSync } from "node:fs";

import { chromium, inBrowser } from "../browser.mjs";
import { program } from "../programs.mjs";
import { measure } from "./measure.mjs";

const [wat] = process.argv.slice(2);
const print = (engine, times) => Object.entries(times).forEach(([what, ns]) => console.log([engine, what, ns.toFixed(2)].join("\t")));

const glue = program("calls.bindgen", "speed").replace(".wasm", ".mjs");
const bindgen = existsSync(glue) && { glue: await import(glue), bytes: readFileSync(program("calls.bindgen", "speed")) };
print("node", await measure(program("calls", "speed"), wat && readFileSync(wat), bindgen));
if (chromium) {
  const { error, ...times } = await inBrowser(`calls/bench.html?${wat ? "wat" : ""}${bindgen ? "bindgen" : ""}`);
  if (error) throw new Error(error);
  print("Chromium", times);
}
