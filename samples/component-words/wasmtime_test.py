"""component-words in wasmtime: counts words, asks the host for stop words, and answers errors as variants."""

import sys

from wasmtime import Engine, Store, WasiConfig
from wasmtime.component import Component, Linker

engine = Engine()
store = Store(engine)
store.set_wasi(WasiConfig())
logged = []

linker = Linker(engine)
linker.add_wasip2()
with linker.root() as root, root.add_instance("sample:words/host@1.0.0") as host:
    host.add_func("log", lambda _, level, message: logged.append((level, message)))
    host.add_func("is-stop-word", lambda _, word: word in ("the", "a"))
instance = linker.instantiate(store, Component.from_file(engine, sys.argv[1]))


def call(name, *arguments):
    interface = instance.get_export_index(store, "sample:words/counting@1.0.0")
    return instance.get_func(store, instance.get_export_index(store, name, interface))(store, *arguments)


stats = call("count", "The cat, the dog: a Zürich cat!")
assert (stats.words, stats.distinct, stats.longest) == (4, 3, "zürich"), vars(stats)

# Cases whose types differ come as their bare values: too-long(65), not-a-word.
assert call("count", "x" * 65) == 65
assert call("count", "bad\x01word") == "\x01"

counter = call("[constructor]counter", "mine")
added = call("[method]counter.add", counter, "b a b c c b")
assert (added.tag, added.payload) == ("ok", 5), vars(added)
assert [(entry.word, entry.count) for entry in call("[method]counter.top", counter, 2)] == [("b", 3), ("c", 2)]
assert logged[-1] == ("info", "mine: 5 words, 2 of them different"), logged
print("component-words in wasmtime: the known answers")
