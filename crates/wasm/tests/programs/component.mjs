// Plays the host of a component by hand: lifts and lowers by the canonical ABI.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

const module = new WebAssembly.Module(readFileSync(process.argv[2]));
let e;
const view = () => new DataView(e.memory.buffer);
const bytes = (at, length) => new Uint8Array(e.memory.buffer).slice(at, at + length);
const text = (at, length) => new TextDecoder().decode(bytes(at, length));
let allocated = 0;
const put = (array, align = 1) => {
  const at = e.cabi_realloc(0, 0, align, array.length);
  assert.equal(at % align, 0);
  new Uint8Array(e.memory.buffer).set(array, at);
  allocated++;
  return at;
};
const putText = (value) => { const array = new TextEncoder().encode(value); return [put(array), array.length]; };
const string = (at) => text(view().getUint32(at, true), view().getUint32(at + 4, true));

const log = [], isReady = [true];
let setting = "Good day", tableFails = false;
const imports = {
  "acme:log/logger@0.1.0": {
    log: (level, at, length) => { log.push([level, text(at, length)]); },
    setting: (at, length, some, fallback, fallbackLength, out) => {
      assert.equal(text(at, length), "greeting");
      assert.equal(some, 1);
      assert.equal(text(fallback, fallbackLength), "Hello");
      const [to, count] = setting === undefined ? [0, 0] : putText(setting);
      view().setUint8(out, setting === undefined ? 0 : 1);
      view().setUint32(out + 4, to, true);
      view().setUint32(out + 8, count, true);
    },
    table: (width, height, out) => {
      const [to, count] = tableFails ? putText("no table") : [put(Uint8Array.of(width, 0, 0, 0, 255, 255, 7, 0, height, 0, 0, 0, 2, 0, 0, 1), 4), 2];
      view().setUint8(out, tableFails ? 1 : 0);
      view().setUint32(out + 4, to, true);
      view().setUint32(out + 8, count, true);
    },
    mean: (at, count, some, scale) => {
      const all = new Float64Array(e.memory.buffer, at, count);
      return (all.reduce((a, b) => a + b, 0) / count) * (some ? scale : 1);
    },
    ready: () => (isReady[0] ? 0 : 1),
    largest: (width, height, out) => {
      view().setUint32(out, width + 1, true);
      view().setUint32(out + 4, height + 1, true);
    },
  },
};
e = new WebAssembly.Instance(module, imports).exports;
const of = (name) => e[`acme:image-filter/filter@1.2.0#${name}`];
const post = (name, at) => e[`cabi_post_acme:image-filter/filter@1.2.0#${name}`](at);

for (let round = 0; round < 200; round++) {
  const size = 100_000;
  let at = of("invert")(put(new Uint8Array(4 * size).fill(1)), 4 * size, 250, 400);
  assert.equal(view().getUint8(at), 0);
  assert.deepEqual(bytes(view().getUint32(at + 4, true), 3), Uint8Array.of(254, 254, 254));
  assert.equal(view().getUint32(at + 8, true), 4 * size);
  post("invert", at);
}
// All of it was freed, each time.
assert.ok(e.memory.buffer.byteLength < 3_000_000, `${e.memory.buffer.byteLength}`);

let at = of("invert")(0, 0, 2, 3);
assert.equal(view().getUint8(at), 1);
assert.equal(string(at + 4), "not 2 x 3");
post("invert", at);
assert.deepEqual(log, [[2, "a bad image"]]);

at = of("report")(put(Uint8Array.of(100, 200)), 2, 1, 2);
assert.equal(view().getUint8(at), 1);
assert.equal(view().getBigUint64(at + 8, true), 2n);
assert.equal(String.fromCodePoint(view().getUint32(at + 16, true)), "π");
assert.equal(view().getFloat32(at + 20, true), 300);
at = of("report")(0, 0, 0, 0);
assert.equal(view().getUint8(at), 0);

at = of("greet")(...putText("Ödön"), 1, ...putText("Dr."));
assert.equal(string(at), "Good day, Dr. Ödön");
post("greet", at);
setting = undefined;
at = of("greet")(...putText("x"), 0, 0, 0);
assert.equal(string(at), "Hi, x");
post("greet", at);

at = of("spans")(5, 6);
assert.equal(view().getUint8(at), 0);
assert.equal(view().getUint32(at + 8, true), 2);
assert.deepEqual(bytes(view().getUint32(at + 4, true), 16), Uint8Array.of(6, 0, 0, 0, 2, 0, 0, 1, 5, 0, 0, 0, 255, 255, 7, 0));
post("spans", at);
tableFails = true;
at = of("spans")(5, 6);
assert.deepEqual([view().getUint8(at), string(at + 4)], [1, "no table"]);
post("spans", at);

at = of("means")(put(new Uint8Array(Float64Array.of(1, 2, 6).buffer), 8), 3);
assert.deepEqual([view().getUint8(at), view().getFloat64(at + 8, true)], [1, 1.5]);
at = of("means")(put(new Uint8Array(Float64Array.of(-1).buffer), 8), 1);
assert.equal(view().getUint8(at), 0);

assert.equal(of("checked")(3, 4, 2, 3), 0);
assert.equal(of("checked")(3, 4, 2, 2), 1);
isReady[0] = false;
assert.equal(of("checked")(3, 4, 2, 3), 1);
assert.equal(of("small")(-3, 10, 65, 1), 7);
assert.equal(of("small")(-3, 10, 65, 0), 65);
of("reset")();
assert.ok(allocated > 200);
