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
  long: (n) => (n ? -(2n ** 63n) + BigInt(n) : undefined),
  ratio: (n) => { if (n < 0) throw 2n ** 64n - 1n; return n / 2; },
  count: (name, n) => {
    if (!/^[\0-\x7f]*$/.test(name)) throw new Error(`not ASCII: ${name}`);
    // Another export fails within, which is none of this one's business.
    if (name === "nested") assert.throws(() => program.exports.counted("é"), { message: "not ASCII: é" });
    return n + BigInt(name.length);
  },
  flag: (n) => [false, true, null][n],
  initial: (text, skip, by) => [...text].slice(skip, by)[0],
  fill: (values, by) => { values[0] = by; if (by < 10) throw by; values[1] = by; return by; },
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
assert.deepEqual([e.halved(-(2n ** 63n)), e.halved(0n), e.halved(1n)], [-(2n ** 62n), 0n, undefined]);
assert.equal(e.root(3), 1.5);
assert.throws(() => e.root(-1), (error) => error.value === -(2n ** 63n));
assert.deepEqual([e.is_letter("a"), e.is_letter("1")], [true, false]);
assert.throws(() => e.is_letter("😀"), { value: "😀" });
assert.deepEqual([e.unsigned(2 ** 32 - 1), e.unsigned(0)], [2 ** 32 - 1, undefined]);
const changed = [1, 2], moved = { x: 1, y: 0 };
assert.equal(e.negate(changed, moved, 2), 2);
assert.throws(() => e.negate(changed, moved, 0), { message: "by 0" });
assert.deepEqual([changed, moved], [[1, 2], { x: 3, y: 0 }]);
const setter = { y: 0, get x() { return 0; }, set x(_) { assert.equal(e.halved(1n), undefined); } };
assert.throws(() => e.negate([], setter, 0), { message: "by 0" });
assert.equal(e.negate([], setter, 1), 1);
assert.equal(e.counted("nested"), 6n);
assert.throws(() => e.counted("ä".repeat(200)), { message: `not ASCII: ${"ä".repeat(200)}` });

// Text of all lengths, ASCII but for one character, or all of it.
const alphabet = Array.from({ length: 128 }, (_, i) => String.fromCharCode(i)).join("");
for (let length = 0; length < 128; length++) {
  const text = alphabet.slice(0, length);
  assert.equal(e.echo(text), text);
  for (const other of ["\x80", "é", "\ufeff", "😀"]) {
    const at = (length * 7) % (length + 1);
    assert.equal(e.echo(text.slice(0, at) + other + text.slice(at)), text.slice(0, at) + other + text.slice(at));
  }
}
// Lone surrogates have no UTF-8.
assert.equal(e.echo("a\ud800b\udc00"), "a\ufffdb\ufffd");
const long = "lange Straße ".repeat(100_000);
assert.equal(e.echo(long), long);
// Memory that grows between the text's arrival and its way back.
for (const bytes of [1, 1 << 22, 1 << 24]) assert.equal(e.echo_after(bytes, "still here"), "still here");
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
