# The command `wasm` in gdb, wasm instructions where gdb disassembles, and values of Rust in rust-gdb.
# Part of wasm-gdb; `wasm-gdb setup-gdb --remove` removes it again.
import gdb


def is_ours():
    """Whether gdb is attached to wasm-gdb, by the name that its program has."""
    return (gdb.current_progspace().filename or "").endswith("/wasm/program")


class Wasm(gdb.Command):
    """Commands of wasm-gdb for the program that is debugged; `wasm help` lists them."""

    def __init__(self):
        super().__init__("wasm", gdb.COMMAND_USER)

    def invoke(self, argument, from_tty):
        if not is_ours():
            raise gdb.GdbError("not attached to wasm-gdb: `wasm-gdb app.wasm --port 9229`, then `target remote :9229`")
        gdb.write(gdb.execute("monitor wasm " + argument, to_string=True))

    def complete(self, text, word):
        known = ["mem", "modules", "disas", "help"]
        memory = ["visualize", "map", "heap", "find", "diff", "leaks", "types", "show", "dump", "watch", "save", "help"]
        words = text.split(" ")
        if len(words) <= 1:
            return [name for name in known if name.startswith(word)]
        if words[0] == "mem" and len(words) == 2:
            return [name for name in memory if name.startswith(word)]
        return gdb.COMPLETE_NONE


Wasm()


def print_rust(event):
    """Gives a program the printers of `rust-gdb`: gdb itself loads none for files that it reads from its target."""
    if not event.new_objfile.filename.startswith("target:/wasm/"):
        return
    try:
        import gdb_lookup
    except ImportError:
        # This gdb was not started as `rust-gdb`.
        return
    gdb_lookup.register_printers(event.new_objfile)


gdb.events.new_objfile.connect(print_rust)

try:
    import gdb.disassembler

    class Instructions(gdb.disassembler.Disassembler):
        """Shows wasm instructions instead of those of the machine that gdb takes the program for."""

        def __init__(self):
            super().__init__("wasm-gdb")

        def __call__(self, info):
            if not is_ours():
                return None
            try:
                answer = gdb.execute("monitor wasm instruction %d" % info.address, to_string=True)
            except gdb.error:
                return None
            length, _, text = answer.strip().partition(" ")
            if not length.isdigit():
                return None
            return gdb.disassembler.DisassemblerResult(length=int(length), string=text)

    gdb.disassembler.register_disassembler(Instructions())
except ImportError:
    # gdb before 13: `wasm disas` shows instructions.
    pass
