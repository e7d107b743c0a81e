// Prints "engine, way, call, nanoseconds" for node and headless Chromium; of each way what is built: calls.mjs (the glue),
// calls-wat.wasm and calls.bindgen.wasm beside calls.wasm.
import { existsSync, readFileSync } from "node:fs";

import { chromium, inBrowser } from "../browser.mjs";
import { program } from "../programs.mjs";
import { measure } from "./measure.mjs";

const path = (name) => program(name, "speed");
const FILES = { rust: "calls", wat: "calls-wat", bindgen: "calls.bindgen", glue: "calls" };
const scripts = ["glue", "bindgen"].filter((name) => existsSync(path(FILES[name]).replace(".wasm", ".mjs")));
const modules = ["rust", "wat", "bindgen"].filter((name) => existsSync(path(FILES[name])));

const print = (engine, ways) => {
  for (const [way, calls] of Object.entries(ways)) {
    for (const [call, ns] of Object.entries(calls)) console.log([engine, way, call, ns.toFixed(2)].join("\t"));
  }
};
const imported = async (name) => [name, await import(path(FILES[name]).replace(".wasm", ".mjs"))];
const bytes = Object.fromEntries(modules.map((name) => [name, readFileSync(path(FILES[name]))]));
print("node", await measure(bytes, Object.fromEntries(await Promise.all(scripts.map(imported)))));
if (chromium) {
  const files = (names, end) => names.map((name) => `${name}=/speed/${FILES[name]}${end}`).join("&");
  const { error, ...ways } = await inBrowser(`calls/bench.html?${files(modules, ".wasm")}#${files(scripts, ".mjs")}`, 300_000);
  if (error) throw new Error(error);
  print("Chromium", ways);
}
