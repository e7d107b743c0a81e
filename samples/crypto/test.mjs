import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";

import { load } from "../../crates/wasm/js/loader.mjs";
import { tests } from "../programs.mjs";

const keys = { mail: "a key" };
const crypto = {
  hash: (data, algorithm) => createHash(["sha256", "sha512"][algorithm]).update(data).digest(),
  sign(name, data) {
    if (!(name in keys)) throw new Error(`no key ${name}`);
    return createHmac("sha256", keys[name]).update(data).digest();
  },
};

tests("crypto", async (path) => {
  const { exports } = await load(path, { crypto });
  const [subject, digest, signature] = exports.token("mail", "abc").split(".");
  assert.equal(subject, "abc");
  assert.equal(digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  assert.equal(signature, createHmac("sha256", "a key").update(Buffer.from(digest, "hex")).digest("hex"));
  assert.throws(() => exports.token("post", "abc"), { message: "no key post" });
});
