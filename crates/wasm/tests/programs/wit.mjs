import assert from "node:assert/strict";
import { load } from "../../js/loader.mjs";

let signs = true;
const crypto = {
  digest: (data, algorithm) => { assert.equal(algorithm, 0); return [...data, 0, 0]; },
  generate: (seed) => ({ public: BigInt(seed), secret: 2n }),
  sign: (pair, message) => { if (!signs) throw new Error("locked"); return Uint8Array.of(Number(pair.secret), message.length); },
  check: (pairs, strict) => { assert.equal(pairs.length, 2); if (!strict) throw 0; },
  lookup: (name) => ({ public: 0n, secret: 3n }),
  "forget-all": () => {},
};
const { exports: e } = await load(process.argv[2], { crypto });
assert.equal(e.with_host(), 31254n);
assert.equal(e.with_own(), 1034n);
signs = false;
assert.throws(() => e.with_host(), { message: "locked" });
