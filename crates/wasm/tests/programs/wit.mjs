import assert from "node:assert/strict";
import { load } from "../../js/loader.mjs";

let signs = true;
const crypto = {
  digest: (data, algorithm) => { assert.equal(algorithm, 0); return [...data, 0, 0]; },
  generate: (seed) => ({ public: BigInt(seed), secret: 2n }),
  sign: (pair, message) => { if (!signs) throw new Error("locked"); return Uint8Array.of(Number(pair.secret), message.length); },
  check: (pairs, strict) => { assert.equal(pairs.length, 2); if (!strict) throw 0; },
  lookup: (name) => ({ public: 0n, secret: 3n }),
  may: (entries) => {
    assert.deepEqual(entries, Array(2).fill({ id: 1n << 40n, rights: 5, algorithm: 1 }));
    if (!allows) throw 1;
    return 2;
  },
  "forget-all": () => {},
};
let allows = true;
const lists = { "sum-of": (pair, name) => { assert.equal(name, "host"); return BigInt(pair.left) * 100n; } };
const { exports: e } = await load(process.argv[2], { crypto, lists });
assert.equal(e.with_host(), 31254n);
assert.equal(e.with_own(), 1034n);
signs = false;
assert.throws(() => e.with_host(), { message: "locked" });
allows = false;
signs = true;
assert.equal(e.with_host(), 31254n);

// What the guest exports.
assert.equal(e.verbs.say("walk", 0), "walked");
assert.equal(e.verbs.say("walk", 1), "will walk");
assert.equal(e.verbs.say("walk", 7), "walk?7");
assert.equal(e.verbs.next(0), 1);
assert.equal(e.verbs.next(1), undefined);
assert.deepEqual(e.verbs.conjugate([{ count: 3, tense: 1 }]), { count: 3, tense: 1 });
assert.throws(() => e.verbs.conjugate([]), (error) => error.value === 1);
assert.equal(e.verbs.plain(-3), -2);
assert.deepEqual(e.shapes.corner({ x: 1.5, y: 4 }, 3), { x: 3, y: 4 });
assert.throws(() => e.shapes.corner({ x: 1.5, y: 4 }, 4), { message: "none" });
assert.deepEqual(e.lists.swapped([{ left: 1, right: 2 }]), [{ left: 2, right: 101 }]);
assert.equal(e.lists["sum-of"]({ left: 4294967295, right: 2 }, "x"), 4294967297n);
assert.throws(() => e.lists["sum-of"]({ left: 0, right: 2 }, ""), { message: `interface lists {
    record pair {
        left: u32,
        right: u32,
    }
    swapped: func(pairs: list<pair>) -> list<pair>;
    sum-of: func(pair: pair, name: string) -> result<u64, string>;
}
` });
