"""parallel-transform in wasmtime: without threads, by the contract alone (docs/compiler-contract.md), no JavaScript."""

import array
import sys

from wasmtime import Func, Instance, Module, Store

store = Store()
module = Module.from_file(store.engine, sys.argv[1])
pending, given = [], []
memory = None


def take(to):
    memory.write(store, pending.pop(0), to)


def give(start, length):
    given.append(bytes(memory.read(store, start, start + length)))


def fail(start, length):
    raise AssertionError(bytes(memory.read(store, start, start + length)))


def print_text(stream, start, length):
    sys.stderr.write(memory.read(store, start, start + length).decode())


hosts = {"take": take, "give": give, "fail": fail, "print;jS": print_text}
imports = []
for imported in module.imports:
    assert imported.module == "wasmrust:host", imported.module
    imports.append(Func(store, imported.type, hosts[imported.name]))
exports = Instance(store, module, imports).exports(store)
memory = exports["memory"]

numbers = array.array("d", ((i + 0.5) / 100_000 for i in range(100_000)))
expected = array.array("d")
for x in numbers:
    for _ in range(20):
        x = 3.9 * x * (1 - x)
    expected.append(x)
pending.append(numbers.tobytes())
exports["parallel_transform;*djj>!*dj"](store, len(pending[0]), 20, 4)
assert given == [expected.tobytes()]
print("parallel-transform in wasmtime: the same bytes")
