// Names of a module are only looked up in what the page gives: never in what objects inherit.
import assert from "node:assert/strict";
import { instantiate } from "../../js/loader.mjs";

const text = (name) => [new TextEncoder().encode(name).length, ...new TextEncoder().encode(name)];
const section = (id, bytes) => [id, bytes.length, ...bytes];
/** A module that imports one function `() -> ()`, and exports it. */
const module = (from, name, exported) => new WebAssembly.Module(Uint8Array.of(
  0, 97, 115, 109, 1, 0, 0, 0, ...section(1, [1, 0x60, 0, 0]),
  ...section(2, [1, ...text(from), ...text(name), 0, 0]), ...section(7, [1, ...text(exported), 0, 0])));

for (const [from, name] of [["constructor", "constructor"], ["constructor", "assign"], ["__proto__", "toString"], ["env", "constructor"], ["env", "__defineGetter__"], ["wasmrust:host", "constructor"]]) {
  for (const full of [name, `${name};`]) {
    assert.throws(() => instantiate(module(from, full, "f"), { env: {} }), { message: /imports what is not given/ }, `${from} ${full}`);
  }
}

const before = Object.getOwnPropertyNames(Object.prototype);
for (const exported of ["__proto__", "__proto__;", "__proto__#polluted;", "__proto__#polluted", "constructor#prototype;"]) {
  const { exports } = instantiate(module("env", "f", exported), { env: { f() {} } });
  assert.equal({}.polluted, undefined);
  const [group, name] = exported.replace(";", "").split("#");
  const found = Object.getOwnPropertyDescriptor(exports, group).value;
  assert.equal(typeof (name ? Object.getOwnPropertyDescriptor(found, name).value : found), "function", exported);
}
const proto = instantiate(module("__proto__", "f", "f"), { ["__proto__"]: { f() {} } });
assert.equal(typeof proto.exports.f, "function");
assert.deepEqual(Object.getOwnPropertyNames(Object.prototype), before);
