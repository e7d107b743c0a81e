// What each program is asked, in node and in a page: `(load) => answers`, whatever `load(imports, options)` is.
const answer = (f) => {
  try {
    return f();
  } catch (error) {
    // An engine's own errors are worded by each engine.
    if (error instanceof Error && error.constructor !== Error) return error.name;
    return { thrown: error?.message ?? error, value: error?.value };
  }
};

export const programs = {
  async scalars(load) {
    const env = {
      bytes: (...all) => all.reduce((a, b) => a + b), words: (a, b, c, d) => a + b + c + d, longs: (a, b) => a + b,
      next: (c) => String.fromCodePoint(c.codePointAt(0) + 1), not: (b) => !b,
    };
    const { exports: e } = await load({ env });
    return [
      e.add(2 ** 31 - 1, 1), e.sum(2 ** 32 - 1, 0), e.hosts_bytes(-3, 255, -300, 65535), e.hosts_words(-7, 2 ** 32 - 1, 0.5, 0.25),
      String(e.hosts_longs(-1n, 2n ** 64n - 1n)), e.hosts_next("😀"), e.hosts_not(false), e.half(3), answer(() => e.hosts_longs(1.5, 0)),
    ];
  },
  async strings(load) {
    const said = [];
    const env = {
      log: (text) => said.push(text), lookup: (key) => ({ a: "ä", empty: "", thirty: "thirty-two bytes of plain text.." })[key],
    };
    const { exports: e } = await load({ env });
    return [
      e.greet("Zoë 😀"), e.greet(""), said, e.first_word(" one two"), e.first_word(" "), e.found("a"), e.found("empty"), e.found("none"),
      e.found("thirty"), answer(() => e.greet(Symbol())), e.greet("after"), e.greet("long ".repeat(1000)).length, e.greet("a\ud800"),
      e.greet(12), e.greet(undefined), e.greet(null), e.greet({ charCodeAt: null }),
    ];
  },
  async results(load) {
    const env = {
      read: (page) => { if (page) return `Seite ${page}, hübsch`; throw new Error("no page"); },
      check: (code) => { if (code > 7) throw code; },
    };
    const { exports: e } = await load({ env });
    return [
      e.number("-5"), answer(() => e.number("five")), e.number("6"), e.through(1), answer(() => e.through(0)), e.through(2 ** 32 - 1),
      e.checked(7), answer(() => e.checked(8)), e.checked(0),
    ];
  },
  async references(load) {
    const node = (n) => ({ n, children: [] });
    const known = [node(10), node(11)];
    const env = {
      use_it: (it) => it.n, make: node, append: (to, child) => { to.children.push(child); }, find: (id) => known[id],
      remove: (it) => { if (it.n) return it.children[0]; throw known[1]; },
    };
    const { exports: e, refs } = await load({ env });
    const root = node(1);
    e.grow(root, 3);
    return [
      root, e.borrow(root), e.either(known[0], known[1], true) === known[0], e.either(known[0], null, false), e.search(1) === known[1],
      e.search(2), e.take_out(root) === root.children[0], answer(() => e.take_out(node(0))), answer(() => e.borrow(null)), e.live(), refs.live,
    ];
  },
  async slices(load) {
    const env = {
      total: (values) => values.reduce((a, b) => a + b, 0),
      nearest: (pixels) => pixels.reduce((a, b) => (b.depth < a.depth ? b : a), { rgba: [9, 9, 9, 9], depth: Infinity }),
    };
    const { exports: e } = await load({ env });
    const values = [1, 2.5], array = Float64Array.of(1, 2), pixel = { rgba: [0, 0, 0, 0], depth: 3 };
    e.paint(pixel, { rgba: [1, 2, 3, 255], depth: 1 });
    return [
      e.scale(values, 2), values, e.scale(array, -1), [...array], e.scale([], 1), pixel, e.front([{ rgba: [1, 1, 1, 1], depth: 2 }, pixel]),
      e.front([]), e.counted(1000), e.counted(0), answer(() => e.scale(undefined, 1)) !== undefined, e.front([pixel]),
    ];
  },
  async panic(load) {
    const said = [];
    const { exports: e } = await load({}, { print: (stream, text) => said.push(stream, text) });
    return [e.at(1), answer(() => e.at(7)), answer(() => e.at(3)), said.join("")];
  },
};
