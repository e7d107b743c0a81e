import assert from "node:assert/strict";
import { load } from "../../js/loader.mjs";

class Canvas { constructor(n) { this.n = n; } }
const kept = [];
let program;
const env = {
  scalars(...all) {
    assert.deepEqual(all, [-3, 60000, 4294967295, -(2n ** 63n), 2n ** 64n - 1n, 1.5, -2.5, true, "ß"]);
    return 2n ** 64n - 2n;
  },
  small: () => 300,
  yes: () => true,
  letter: () => "😀",
  join: (a, b) => a + b,
  sum: (values) => { assert(values instanceof Float32Array); return values.reduce((a, b) => a + b, 0); },
  double: (values) => values.forEach((v, i) => { values[i] = v * 2; }),
  move_by: (point, by) => { point.x += by.x; point.y += by.y; },
  mirror: (points) => points.forEach((p) => { [p.x, p.y] = [p.y, p.x]; }),
  center: ([a, b]) => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 }),
  shape: ({ id, corners, colour, kind }) => ({
    id: id + 1n, kind: -kind, colour: colour.reverse(),
    corners: [{ 0: corners[1][0], 1: corners[1][1] }, { 0: corners[0][0], 1: corners[0][1] }],
  }),
  range: (n) => Array.from({ length: n }, (_, i) => i),
  find: (name) => ({ a: 7 })[name],
  parse: (text) => { if (isNaN(text)) throw new Error(`no number: ${text}`); return +text; },
  check: (ok) => { if (!ok) throw 77; },
  open: (name) => { if (!name) throw new Canvas(5); return new Canvas(1); },
  make: (n) => new Canvas(n),
  use_it: (canvas) => canvas.n,
  keep: (canvas) => kept.push(canvas),
  call: (f, n) => f(n),
  pass: (handle) => handle,
  toFixed: (n, digits) => n.toFixed(digits),
  type: (text) => { program && assert.equal(program.exports.greet("n", 2, "!"), "nn!"); return `type ${text}`; },
};
const other = { sum: (values) => -values.reduce((a, b) => a + b, 0), plain: (n) => n + 1 };

program = await load(process.argv[2], { env, other });
const { exports: e, refs } = program;
e.imports();
e.imports();
assert.deepEqual(kept, [new Canvas(1), new Canvas(1)]);
assert.equal(refs.live, 0);

assert.equal(e.add(2, 3), 5);
assert.equal(program.instance.exports.add, e.add, "numbers need no conversion");
assert.equal(e.max(), 4294967295);
assert.equal(e.narrow(300, -1, true, "a", 2n ** 64n - 1n), BigInt(44 - 1 + 1 + 97 - 1));
assert.equal(e.upper("x"), "X");
assert.equal(e.is_even(4), true);
assert.equal(e.greet("Zoë 😀", 2, "."), "Zoë 😀Zoë 😀.");
assert.equal(e.greet("", 2, ""), "");
assert.deepEqual(e.reversed(Uint8Array.of(1, 2, 3)), Uint8Array.of(3, 2, 1));
const big = new Uint8Array(300_000).map((_, i) => i);
assert.deepEqual(e.reversed(big), big.slice().reverse());
const values = [1, 2.5];
assert.equal(e.scale(values, 2), 2);
assert.deepEqual(values, [2, 5]);
const array = Float64Array.of(1, 2);
e.scale(array, 3);
assert.deepEqual(array, Float64Array.of(3, 6));
assert.deepEqual(e.longest([{ x: 1, y: 2 }, { x: 5, y: 0 }]), { x: 5, y: 0 });
assert.equal(e.longest([]), undefined);
const point = { x: 1, y: 1 };
e.shift(point, { x: 2, y: -1 });
assert.deepEqual(point, { x: 3, y: 0 });
assert.equal(e["parse-number"]("-7"), -7);
assert.throws(() => e["parse-number"]("seven"), { message: 'not a number: "seven"' });
assert.equal(e.divide(7, 2), 3);
assert.throws(() => e.divide(7, 0), (error) => error.value.x === 7 && error.value.y === 0);
assert.equal(e.nothing(false), undefined);
assert.throws(() => e.nothing(true));
assert.equal(e.borrow(new Canvas(9)), 9);
assert.equal(refs.live, 0);
const [a, b] = [new Canvas(1), new Canvas(2)];
assert.equal(e.swap(a, b, true), b);
assert.equal(e.swap(a, b, false), a);
assert.equal(refs.live, 0);
assert.throws(() => e.refuse(a), (error) => error === a);
assert.equal(refs.live, 0);
const table = e.table();
assert.deepEqual([...table], [1, 2, 3, 4294967295]);
assert.equal(table.buffer, program.memory.buffer, "a view is no copy");
assert.equal(e.name(), "boundary");
assert.equal(e.nested("n"), "type n");
assert.equal(e.abilities(), 0b0111);

await assert.rejects(load(process.argv[2], { env: {} }), /imports what is not given: .*`env` `scalars`/);
await assert.rejects(load({ "nothing-like-it": "x.wasm" }), /can run none of the builds: nothing-like-it/);
