import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

import { load } from "../../crates/wasm/js/loader.mjs";
import { command, tests } from "../programs.mjs";

const HELLO = "Hello, world!\n";

tests("hello-import", async (path) => {
  let said = "";
  const { exports } = await load(path, { env: { print: (text) => { said += text; } } });
  exports.main();
  assert.equal(said, HELLO);
});

for (const name of ["hello-fd-write", "hello-wasm", "hello-std", "hello.c", "hello.zig"]) {
  tests(name, async (path) => assert.equal(await command(path), HELLO));
}

tests("hello.as", async (path) => {
  let said = "";
  const { instance } = await WebAssembly.instantiate(readFileSync(path), {
    env: {
      // A pointer to UTF-16; its length in bytes stands before it.
      print(at) {
        const { buffer } = instance.exports.memory;
        said += String.fromCharCode(...new Uint16Array(buffer, at, new Uint32Array(buffer)[(at - 4) >>> 2] >>> 1));
      },
    },
  });
  instance.exports.main();
  assert.equal(said, HELLO);
});
