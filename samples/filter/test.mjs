import assert from "node:assert/strict";
import { createHash } from "node:crypto";

import { LANGUAGES, block, someBytes, tests } from "../programs.mjs";
import { filter } from "./kernel.mjs";

const image = someBytes(512 * 512 * 4);

tests("filter", async (path) => {
  const run = await block(path);
  const filtered = run(image);
  assert.equal(createHash("sha256").update(filtered).digest("hex"), "c7f5a7a8ca56710314250f6ffe0ebbee5b746cecc2973ab735b8838ea28711d4");
  assert.deepEqual(filtered, filter(image));
  assert.deepEqual(run(image.subarray(0, 2048)), filter(image.subarray(0, 2048)), "one row");
  assert.equal(run(new Uint8Array(0)).length, 0);
}, { languages: LANGUAGES });
