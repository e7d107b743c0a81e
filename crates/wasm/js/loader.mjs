// Loads a program built with the crate `wasm` in a browser or node. It reads
// the signatures from the module itself, see docs/compiler-contract.md.
//
//   const program = await load(new URL("app.wasm", import.meta.url), { env: { log: console.log } });
//   program.exports.greet("you");

const isNode = !!globalThis.process?.versions?.node;
const NUMBERS = {
  a: Int8Array, h: Uint8Array, s: Int16Array, t: Uint16Array, i: Int32Array, j: Uint32Array,
  x: BigInt64Array, y: BigUint64Array, f: Float32Array, d: Float64Array,
};
const utf8 = new TextEncoder();
const text = new TextDecoder("utf-8", { ignoreBOM: true });
// Names come from the module: what objects inherit is not meant by any.
const held = (object, name) => (object != null && Object.hasOwn(object, name) ? object[name] : undefined);

/** Sets a property of any name, also `__proto__`. */
function put(object, name, value) {
  Object.defineProperty(object, name, { value, configurable: true, enumerable: true, writable: true });
  return value;
}

/** `name;signature` in its parts; a name without `;` is called with plain numbers. */
export function signature(name) {
  const semicolon = name.indexOf(";");
  if (semicolon < 0) return { name };
  const source = name.slice(semicolon + 1);
  let at = 0;
  const type = () => {
    const kind = source[at++];
    if (kind === "{") {
      const end = source.indexOf("}", at);
      const struct = source.slice(at, end);
      at = end + 1;
      return { kind, struct };
    }
    if (kind === "&" && source[at] === "1") return at++, { kind: "1", of: type() };
    if (kind === "!") return { kind, of: type(), error: type() };
    if ("*&@?".includes(kind)) return { kind, of: type() };
    return { kind };
  };
  const parameters = [];
  while (at < source.length && source[at] !== ">") parameters.push(type());
  return { name: name.slice(0, semicolon), parameters, result: source[at++] === ">" ? type() : { kind: "v" } };
}

/** The records of the custom section: lists of their parts. */
export function contract(module) {
  return WebAssembly.Module.customSections(module, "wasmrust.contract").flatMap((section) => {
    const view = new DataView(section), records = [];
    for (let at = 0; at < section.byteLength; ) {
      const length = view.getUint32(at, true);
      records.push(text.decode(new Uint8Array(section, at + 4, length)).split(";"));
      at += 4 + length;
    }
    return records;
  });
}

function structs(module) {
  const found = Object.create(null);
  for (const [kind, name, size, ...fields] of contract(module)) {
    if (kind !== "pod") continue;
    const record = [size, ...fields].join(";");
    if (found[name] && found[name].record !== record) throw new Error(`two different structs \`${name}\` cross the boundary: rename one`);
    found[name] = {
      record, size: +size,
      fields: fields.map((field) => {
        const [, name, kind, struct, at, count] = /^(.*):(?:(\w)|\{(.*)\})@(\d+)(?:\*(\d+))?$/.exec(field);
        return { name, type: struct ? { kind: "{", struct } : { kind }, at: +at, count: count && +count };
      }),
    };
    // A tuple struct of one field is that field.
    found[name].only = fields.length === 1 && found[name].fields[0].name === "0" ? found[name].fields[0] : undefined;
  }
  return found;
}

/** What crosses: conversions between JavaScript values and the guest's memory. */
function boundary(module, memory, table) {
  const known = structs(module);
  const slots = [null], free = [];
  const refs = {
    put: (value) => {
      if (value == null) return 0;
      const index = free.length ? free.pop() : slots.length;
      slots[index] = value;
      return index;
    },
    get: (index) => slots[index],
    drop: (index) => { if (index) slots[index] = undefined, free.push(index); },
    take: (index) => { const value = slots[index]; refs.drop(index); return value; },
    get live() { return slots.length - 1 - free.length; },
  };
  let pending = [], given = [], bytes = new Uint8Array(0);
  // Text is decoded in place, but no browser decodes shared memory.
  const string = (at, length) => {
    const all = u8(), end = at + length;
    return text.decode(all.buffer instanceof ArrayBuffer ? all.subarray(at, end) : all.slice(at, end));
  };
  const u8 = () => (bytes.buffer === memory().buffer ? bytes : (bytes = new Uint8Array(memory().buffer)));

  const size = (type) => (type.kind === "{" ? known[type.struct]?.size : NUMBERS[type.kind].BYTES_PER_ELEMENT);
  const load = (type, view, at) => {
    if (type.kind !== "{") return view["get" + NUMBERS[type.kind].name.slice(0, -5)](at, true);
    const field = (f) => (f.count === undefined ? load(f.type, view, at + f.at)
      : Array.from({ length: f.count }, (_, i) => load(f.type, view, at + f.at + i * size(f.type))));
    const { only, fields } = known[type.struct];
    return only ? field(only) : Object.fromEntries(fields.map((f) => [f.name, field(f)]));
  };
  const store = (type, view, at, value) => {
    if (type.kind !== "{") return view["set" + NUMBERS[type.kind].name.slice(0, -5)](at, value, true);
    const field = (f, value) => {
      if (f.count === undefined) store(f.type, view, at + f.at, value);
      else for (let i = 0; i < f.count; i++) store(f.type, view, at + f.at + i * size(f.type), value[i]);
    };
    const { only, fields } = known[type.struct];
    if (only) return field(only, value);
    for (const f of fields) field(f, value[f.name]);
  };
  /** A slice in `array`, a Uint8Array over memory or a copy. */
  const list = (of, array) => {
    if (of.kind !== "{") return new NUMBERS[of.kind](array.buffer, array.byteOffset, array.byteLength / size(of));
    if (!known[of.struct]) return array;
    const view = new DataView(array.buffer, array.byteOffset, array.byteLength);
    return Array.from({ length: array.byteLength / size(of) }, (_, i) => load(of, view, i * size(of)));
  };
  /** The value whose bytes are `array`. */
  const decode = (type, array) => {
    switch (type.kind) {
      case "v": return undefined;
      case "b": return array[0] !== 0;
      case "c": return String.fromCodePoint(new Uint32Array(array.buffer)[0]);
      case "S": return text.decode(array);
      case "R": return refs.take(new Uint32Array(array.buffer)[0]);
      case "*": return list(type.of, array);
      default: { const all = list(type, array); return all === array && type.kind === "{" ? array : all[0]; }
    }
  };
  /** The bytes of a value. */
  const encode = (type, value) => {
    switch (type.kind) {
      case "b": return Uint8Array.of(value ? 1 : 0);
      case "c": return new Uint8Array(Uint32Array.of(value.codePointAt(0)).buffer);
      case "S": return utf8.encode(value);
      case "R": return new Uint8Array(Uint32Array.of(refs.put(value)).buffer);
      case "1": return encode(type.of, value);
      case "*": case "&": {
        const { of } = type;
        if (of.kind !== "{") {
          const array = value instanceof NUMBERS[of.kind] ? value : NUMBERS[of.kind].from(value);
          return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
        }
        if (!known[of.struct]) return new Uint8Array(value);
        const out = new DataView(new ArrayBuffer(value.length * size(of)));
        for (let i = 0; i < value.length; i++) store(of, out, i * size(of), value[i]);
        return new Uint8Array(out.buffer);
      }
      default:
        return type.kind === "{" && !known[type.struct] ? new Uint8Array(value) : encode({ kind: "*", of: type }, [value]);
    }
  };
  const view = (type, at, length) => list(type, u8().subarray(at, at + length));

  // A value that is one number: how it is seen on the host's side, and made there.
  const seen = {
    j: (n) => n >>> 0, b: (n) => n !== 0, c: (n) => String.fromCodePoint(n), y: (n) => BigInt.asUintN(64, n),
    r: refs.get, R: refs.take, F: (n) => table().get(n),
  };
  const made = {
    c: (v) => v.codePointAt(0), x: BigInt, y: BigInt, r: refs.put, R: refs.put,
  };
  const same = (value) => value;
  const isDirect = (type) => "vbcahstijxyfdrRF".includes(type.kind);

  /** Wraps a function by conversions of single numbers: no arrays on this path. */
  const direct = (f, p, r) => {
    const [p0, p1, p2] = p;
    switch (p.length) {
      case 0: return () => r(f());
      case 1: return (a) => r(f(p0(a)));
      case 2: return (a, b) => r(f(p0(a), p1(b)));
      case 3: return (a, b, c) => r(f(p0(a), p1(b), p2(c)));
      default: return (...all) => r(f(...p.map((convert, i) => convert(all[i]))));
    }
  };

  /** The error that the guest's `E` is made of. */
  const thrown = (type, error) =>
    type.kind === "S" ? String(error?.message ?? error) : type.kind === "R" ? error : error?.value ?? error;
  const announce = (type, value) => {
    if (type.kind === "v") return 0;
    const array = encode(type, value);
    pending = [array];
    return array.length;
  };

  /** A function of the host as the guest calls it. */
  const toGuest = (f, { parameters, result }) => {
    if (isDirect(result) && parameters.every(isDirect)) {
      return direct(f, parameters.map((p) => seen[p.kind] ?? same), made[result.kind] ?? same);
    }
    return (...raw) => {
      let at = 0;
      const back = [];
      const values = parameters.map((type) => {
        const first = raw[at++];
        if (isDirect(type)) return (seen[type.kind] ?? same)(first);
        const start = first >>> 0, length = raw[at++] >>> 0;
        switch (type.kind) {
          case "S": return string(start, length);
          case "*": case "@": return view(type.of, start, length);
          case "{": return decode(type, u8().slice(start, start + length));
          case "1": case "&": {
            const value = type.kind === "1" ? decode(type.of, u8().slice(start, start + length)) : view(type.of, start, length);
            // Numbers are changed in place; structs are copies, written back after the call.
            if (!ArrayBuffer.isView(value) || type.kind === "1") back.push(() => u8().set(encode(type, value), start));
            return value;
          }
        }
      });
      let value;
      try {
        value = f(...values);
      } catch (error) {
        if (result.kind !== "!" || error instanceof WebAssembly.RuntimeError) throw error;
        return ~announce(result.error, thrown(result.error, error));
      } finally {
        back.forEach((write) => write());
      }
      if (isDirect(result)) return (made[result.kind] ?? same)(value);
      if (result.kind === "?") return value == null ? -1 : announce(result.of, value);
      return announce(result.kind === "!" ? result.of : result, value);
    };
  };

  /** A function of the guest as the host calls it. */
  const toHost = (f, { parameters, result }) => {
    if (isDirect(result) && parameters.every((p) => isDirect(p) && p.kind !== "r")) {
      return direct(f, parameters.map((p) => made[p.kind] ?? same), seen[result.kind] ?? same);
    }
    return (...values) => {
      const lent = [], passed = [];
      const raw = parameters.map((type, i) => {
        if (isDirect(type)) {
          const number = (made[type.kind] ?? same)(values[i]);
          if (type.kind === "r") lent.push(number);
          return number;
        }
        const array = encode(type, values[i]);
        passed.push(array);
        return array.length;
      });
      [pending, given] = [passed, []];
      let number;
      try {
        number = f(...raw);
      } finally {
        lent.forEach(refs.drop);
      }
      parameters.forEach((type, i) => {
        if (type.kind === "1") Object.assign(values[i], decode(type.of, given.shift()));
        if (type.kind === "&") list(type.of, given.shift()).forEach((value, at) => { values[i][at] = value; });
      });
      if (isDirect(result)) return (seen[result.kind] ?? same)(number);
      const next = (type) => (type.kind === "v" ? undefined : decode(type, given.shift()));
      if (result.kind === "@") return view(result.of, Number(number & 0xffffffffn), Number(BigInt.asUintN(64, number) >> 32n));
      if (result.kind === "?") return number < 0 ? undefined : next(result.of);
      if (result.kind !== "!") return next(result);
      const value = next(number < 0 ? result.error : result.of);
      if (number >= 0) return value;
      if (result.error.kind === "R") throw value;
      throw Object.assign(new Error(result.error.kind === "S" ? value : `the program failed: ${JSON.stringify(value, (_, v) => (typeof v === "bigint" ? `${v}` : v))}`), { value });
    };
  };

  return {
    refs, toGuest, toHost,
    take: (to) => { u8().set(pending.shift(), to >>> 0); },
    give: (from, length) => { given.push(u8().slice(from >>>= 0, from + (length >>> 0))); },
    text: string, u8,
  };
}

const lines = ["", "", ""];
function print(stream, text) {
  if (isNode) return void process[stream === 2 ? "stderr" : "stdout"].write(text);
  const [last, ...rest] = (lines[stream] + text).split("\n").reverse();
  lines[stream] = last;
  for (const line of rest.reverse()) console[stream === 2 ? "error" : "log"](line);
}

const validate = (...bytes) => WebAssembly.validate(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, ...bytes));
const canShare = () => typeof SharedArrayBuffer === "function" && globalThis.crossOriginIsolated !== false;
/** What this host can do: the bits of `wasm::Host`. */
export function abilities(shared = false) {
  const browserMain = typeof document === "object";
  return [
    true, !isNode, isNode, false, shared, isNode || !browserMain,
    validate(1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11),
    validate(5, 5, 2, 0, 0, 0, 0),
    validate(5, 3, 1, 4, 1),
    validate(1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 8, 1, 6, 0, 31, 64, 0, 11, 11),
    validate(1, 5, 1, 95, 1, 120, 0),
    "Suspending" in WebAssembly,
  ].reduce((bits, is, bit) => bits | (is ? 1 << bit : 0), 0);
}

/** Of `{ plain, simd, threads, "threads+simd" }` the one that uses most of this host. */
function pick(builds) {
  const can = { plain: true, threads: canShare(), simd: (abilities() & 64) !== 0 };
  const usable = Object.keys(builds).filter((key) => key.split("+").every((feature) => can[feature]));
  if (!usable.length) throw new Error(`this host can run none of the builds: ${Object.keys(builds).join(", ")} (it has no ${Object.keys(can).filter((f) => !can[f]).join(", no ")})`);
  return builds[usable.sort((a, b) => (b === "plain" ? 0 : b.split("+").length) - (a === "plain" ? 0 : a.split("+").length))[0]];
}

async function fetched(source) {
  if (source instanceof ArrayBuffer || ArrayBuffer.isView(source)) return source;
  if (source instanceof Response) return source.arrayBuffer();
  if (isNode && !/^(https?|data|blob):/.test(source)) return (await import("node:fs/promises")).readFile(source);
  const response = await fetch(source);
  if (!response.ok) throw new Error(`${source}: ${response.status} ${response.statusText}`);
  return response.arrayBuffer();
}

/** Limits of the imported memory: no JavaScript API tells them. */
function memoryLimits(source) {
  const bytes = new Uint8Array(source.buffer ?? source, source.byteOffset ?? 0, source.byteLength);
  let at = 8;
  const number = () => {
    let value = 0, shift = 0, byte;
    do byte = bytes[at++], value += (byte & 127) * 2 ** shift, shift += 7; while (byte & 128);
    return value;
  };
  while (at < bytes.length) {
    const id = bytes[at++], end = number() + at;
    for (let left = id === 2 ? number() : 0; left; left--) {
      for (let names = 0; names < 2; names++) { const length = number(); at += length; }
      const kind = bytes[at++];
      if (kind === 0) { number(); continue; }
      if (kind === 1) at++;
      if (kind === 3) { at += 2; continue; }
      if (kind === 4) { at++, number(); continue; }
      const flags = bytes[at++], initial = number(), maximum = flags & 1 ? number() : undefined;
      if (kind === 2) return { initial, maximum, shared: (flags & 2) !== 0 };
    }
    at = end;
  }
}

/** A region of memory, served by calls; see `wasm::memory`. */
function region(module, options, shared) {
  const [name, ...pairs] = module.slice("wasmrust:region/".length).split(";");
  const intent = { name, ...Object.fromEntries(pairs.map((pair) => pair.split("="))) };
  const buffers = (options.regionBuffers ??= Object.create(null));
  if (!buffers[name]) {
    const provider = held(options.regions, intent.region);
    if (!provider && intent.encryption !== "none") throw new Error(`the program's memory \`${name}\` wants encryption "${intent.encryption}" in region "${intent.region}": this host has no provider for it (option regions)`);
    buffers[name] = provider?.(intent) ?? new (shared ? SharedArrayBuffer : ArrayBuffer)(Math.ceil(intent.bytes / 65536) * 65536);
  }
  const view = new DataView(buffers[name]), bytes = new Uint8Array(buffers[name]);
  const span = (at, length) => {
    if (at + length > bytes.length) throw new RangeError(`outside of the memory \`${name}\``);
    return bytes.subarray(at, at + length);
  };
  return (u8) => ({
    load8: (at) => view.getUint8(at >>> 0), load16: (at) => view.getUint16(at >>> 0, true),
    load32: (at) => view.getInt32(at >>> 0, true), load64: (at) => view.getBigInt64(at >>> 0, true),
    store8: (at, v) => view.setUint8(at >>> 0, v), store16: (at, v) => view.setUint16(at >>> 0, v, true),
    store32: (at, v) => view.setInt32(at >>> 0, v, true), store64: (at, v) => view.setBigInt64(at >>> 0, v, true),
    fill: (at, v, n) => { span(at >>> 0, n >>> 0).fill(v); },
    copy_in: (to, from, n) => { span(to >>> 0, n >>> 0).set(u8().subarray(from >>> 0, (from >>> 0) + (n >>> 0))); },
    copy_out: (to, from, n) => { u8().set(span(from >>> 0, n >>> 0), to >>> 0); },
  });
}

/**
 * Instantiates `module`; `imports` are plain functions by module and name.
 * `options.memory` is the imported memory, `options.thread` the operations of
 * threads.mjs.
 */
export function instantiate(module, imports, options = {}) {
  let exports;
  const own = boundary(module, () => options.memory ?? exports.memory, () => exports.__indirect_function_table);
  const shared = !!options.thread;
  const bits = abilities(shared);
  const thread = options.thread ?? {};
  const builtin = {
    "wasmrust:host": { take: own.take, give: own.give, features: () => bits, "print;jS": (s, at, n) => (options.print ?? print)(s, own.text(at >>> 0, n >>> 0)) },
    "wasmrust:ref": { drop: own.refs.drop, clone: (index) => own.refs.put(own.refs.get(index)), live: () => own.refs.live },
    "wasmrust:thread": { ...thread.imports?.(() => exports) },
  };
  const linked = Object.create(null), missing = [];
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
    const group = (linked[from] ??= Object.create(null));
    if (kind === "memory") { group[name] = held(held(imports, from), name) ?? options.memory; continue; }
    if (from.startsWith("wasmrust:region/")) builtin[from] ??= region(from, options, shared)(own.u8);
    const is = signature(name);
    const offered = held(imports, from);
    const given = held(held(builtin, from), name) ?? held(offered, name);
    const value = given ?? held(offered, is.name);
    if (value === undefined && options.thread?.id) {
      group[name] = () => { throw new Error(`the host's function \`${from}\` \`${is.name}\` is not there in a worker (option threads.imports)`); };
    } else if (value === undefined) missing.push(`\`${from}\` \`${is.name}\``);
    else group[name] = given === undefined && is.parameters ? own.toGuest(value, is) : value;
  }
  if (missing.length) throw new Error(`the program imports what is not given: ${missing.join(", ")}`);
  const instance = new WebAssembly.Instance(module, linked);
  exports = instance.exports;
  const wrapped = {};
  for (const [name, value] of Object.entries(exports)) {
    const is = signature(name);
    if (!is.parameters && name.startsWith("wasmrust:")) continue;
    // `interface#function` stands in an object of the interface's.
    const hash = is.name.indexOf("#");
    const group = hash < 0 ? wrapped : held(wrapped, is.name.slice(0, hash)) ?? put(wrapped, is.name.slice(0, hash), {});
    put(group, is.name.slice(hash + 1), is.parameters ? own.toHost(value, is) : value);
  }
  return { exports: wrapped, instance, module, refs: own.refs, memory: options.memory ?? exports.memory };
}

/**
 * Loads and starts a program.
 * @param source URL, path, bytes or Response; or several builds of one program
 *   under "plain", "simd", "threads", "threads+simd": the best one is taken
 * @param imports functions by module and name
 * @param options print(stream, text), regions { name: (intent) => buffer },
 *   threads { workers, imports: URL of a module that exports `imports`, stack }
 */
export async function load(source, imports = {}, options = {}) {
  const plain = typeof source === "string" || source instanceof URL || source instanceof ArrayBuffer
    || ArrayBuffer.isView(source) || (typeof Response === "function" && source instanceof Response);
  const bytes = await fetched(plain ? source : pick(source));
  const module = await WebAssembly.compile(bytes);
  const limits = memoryLimits(bytes);
  options = { ...options };
  if (limits?.shared) {
    if (!canShare()) throw new Error("the program is built with threads: this page needs the headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp");
    options.memory ??= new WebAssembly.Memory(limits);
    return (await import("./threads.mjs")).start(module, imports, options);
  }
  if (limits) options.memory ??= new WebAssembly.Memory(limits);
  const program = instantiate(module, imports, options);
  program.exports._initialize?.();
  return program;
}
