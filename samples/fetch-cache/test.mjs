import assert from "node:assert/strict";

import { contract, load } from "../../crates/wasm/js/loader.mjs";
import { tests } from "../programs.mjs";

tests("fetch-cache", async (path) => {
  const stored = new Map(), fetched = [];
  const host = {
    fetch(url) {
      fetched.push(url);
      if (url.endsWith("/missing")) throw new Error("404");
      return `page ${url}`;
    },
    cached: (key) => stored.get(key),
    cache: (key, value) => stored.set(key, value),
  };
  const { exports, module } = await load(path, { host });
  assert.equal(exports.fetch_and_cache("http://a/b"), 15);
  assert.equal(exports.fetch_and_cache("http://a/b"), 15);
  assert.throws(() => exports.fetch_and_cache("http://a/missing"), { message: "404" });
  assert.deepEqual(fetched, ["http://a/b", "http://a/missing"]);
  assert.deepEqual([...stored], [[fnv("http://a/b"), 15]]);
  assert.equal(exports.title(), "Lengths");
  assert.equal(exports.settings(3), "3 entries in the cache");
  const records = contract(module).filter(([kind]) => kind !== "pod").map((record) => record.join(" ")).sort();
  assert.deepEqual(records, [
    "compile_hints fetch_cache::startup critical",
    'compile_hints fetch_cache::ui lazy,group="ui"',
    "effect fetch_cache::fetch_and_cache network,storage",
    "effect fetch_cache::key_of pure",
  ]);
});

function fnv(text) {
  let hash = 0xcbf29ce484222325n;
  for (const byte of Buffer.from(text)) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash.toString(16).padStart(16, "0");
}
