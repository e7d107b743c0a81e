import assert from "node:assert/strict";
import { contract, load } from "../../js/loader.mjs";

const { exports: e, module } = await load(process.argv[2]);
assert.deepEqual(contract(module).map((record) => record.join(";")).sort(), [
  "compile_hints;records::ui::draw;critical",
  "compile_hints;records::ui;lazy,group=\"ui\"",
  "compile_hints;records;priority=2",
  "effect;records::cache::fetch_and_cache;network,storage(read)",
  "effect;records::cache::square;pure",
  "pod;Pixel;8;rgba:h@0*4;depth:f@4",
]);
assert.equal(e.fetch_and_cache(5), 25);
assert.equal(e.draw({ rgba: [7, 0, 0, 0], depth: 1 }), 7);
