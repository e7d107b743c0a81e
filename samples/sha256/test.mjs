import assert from "node:assert/strict";
import { createHash } from "node:crypto";

import { LANGUAGES, block, hex, someBytes, tests } from "../programs.mjs";
import { sha256 } from "./kernel.mjs";

const reference = (bytes) => createHash("sha256").update(bytes).digest("hex");

tests("sha256", async (path) => {
  const run = await block(path);
  // The vectors of FIPS 180.
  assert.equal(hex(run(Buffer.from("abc"))), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  assert.equal(hex(run(Buffer.alloc(1_000_000, "a"))), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  for (const length of [0, 1, 55, 56, 63, 64, 65, 119, 120, 1 << 20]) {
    const bytes = someBytes(length);
    assert.equal(hex(run(bytes)), reference(bytes), `${length} bytes`);
    assert.equal(hex(sha256(bytes)), reference(bytes), `${length} bytes in JavaScript`);
  }
}, { languages: LANGUAGES });
