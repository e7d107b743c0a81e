import assert from "node:assert/strict";
import { load } from "../../js/loader.mjs";

const asked = [];
const eu = (intent) => (asked.push(intent), new ArrayBuffer(131072));
const { exports: e } = await load(process.argv[2], {}, { regions: { eu } });
assert.deepEqual(asked, [{ name: "EU_DATA", region: "eu", encryption: "at-rest", bytes: "100000" }]);
e.fill(1000);
assert.equal(e.sums(1000), (499500n << 32n) | 1000n);
assert.equal(e.numbers(), true);
assert.throws(() => e.outside(), RangeError);
await assert.rejects(load(process.argv[2]), /`EU_DATA` wants encryption "at-rest" in region "eu"/);
