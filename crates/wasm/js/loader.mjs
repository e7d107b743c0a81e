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

const same = (value) => value;
const { fromCharCode } = String;

/** Calls by how many numbers each parameter is: nothing is allocated, and each has the engine's own record of its calls. */
const SHAPES = {
  1: (f, p) => (a) => f(p(a)),
  2: (f, p) => (a, b) => f(p(a, b)),
  11: (f, p, q) => (a, b) => f(p(a), q(b)),
  12: (f, p, q) => (a, b, c) => f(p(a), q(b, c)),
  21: (f, p, q) => (a, b, c) => f(p(a, b), q(c)),
  22: (f, p, q) => (a, b, c, d) => f(p(a, b), q(c, d)),
  111: (f, p, q, r) => (a, b, c) => f(p(a), q(b), r(c)),
  112: (f, p, q, r) => (a, b, c, d) => f(p(a), q(b), r(c, d)),
  121: (f, p, q, r) => (a, b, c, d) => f(p(a), q(b, c), r(d)),
  211: (f, p, q, r) => (a, b, c, d) => f(p(a, b), q(c), r(d)),
};

/** `f` with its parameters converted, each from so many numbers as `shape` says. */
function converted(f, shape, convert) {
  if (convert.every((p) => p === same)) return f;
  return SHAPES[shape]?.(f, ...convert) ?? ((...raw) => {
    let at = 0;
    return f(...convert.map((p, i) => (shape[i] === "2" ? p(raw[at++], raw[at++]) : p(raw[at++]))));
  });
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
  let pending = [], given = [], failure, bytes = new Uint8Array(0), isOwn = false;
  // A buffer that was left behind by growth has no length; a shared one keeps it.
  const u8 = () => (isOwn && bytes.length ? bytes : renewed());
  const renewed = () => {
    const { buffer } = memory();
    if (bytes.buffer !== buffer) bytes = new Uint8Array(buffer);
    isOwn = buffer instanceof ArrayBuffer;
    return bytes;
  };
  const decoded = (at, length) => {
    const all = u8(), end = at + length;
    // Text is decoded in place, but no browser decodes shared memory.
    return text.decode(isOwn ? all.subarray(at, end) : all.slice(at, end));
  };
  /** Text in memory. Short ASCII needs no decoder, whose call costs more than the text. */
  const string = (start, length) => {
    start >>>= 0;
    if (length >>> 0 > 63) return decoded(start, length >>> 0);
    const m = u8(), end = start + length;
    let out = "", all = 0, at = start;
    for (; all < 128 && at + 16 <= end; at += 16) {
      const a = m[at], b = m[at + 1], c = m[at + 2], d = m[at + 3], e = m[at + 4], f = m[at + 5], g = m[at + 6], h = m[at + 7];
      const i = m[at + 8], j = m[at + 9], k = m[at + 10], l = m[at + 11], n = m[at + 12], o = m[at + 13], p = m[at + 14], q = m[at + 15];
      all |= a | b | c | d | e | f | g | h | i | j | k | l | n | o | p | q;
      out += fromCharCode(a, b, c, d, e, f, g, h, i, j, k, l, n, o, p, q);
    }
    for (; all < 128 && at + 4 <= end; at += 4) {
      const a = m[at], b = m[at + 1], c = m[at + 2], d = m[at + 3];
      all |= a | b | c | d;
      out += fromCharCode(a, b, c, d);
    }
    for (; all < 128 && at < end; at++) {
      all |= m[at];
      out += fromCharCode(m[at]);
    }
    return all < 128 ? out : decoded(start, length);
  };

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
  const isDirect = (type) => "vbcahstijxyfdrRF".includes(type.kind);
  // What stands for a value that is not there.
  const zero = (type) => ("xy".includes(type.kind) ? 0n : 0);

  /** The error that the guest's `E` is made of. */
  const thrown = (type, error) =>
    type.kind === "S" ? String(error?.message ?? error) : type.kind === "R" ? error : error?.value ?? error;
  /** The bytes that the guest takes; short ASCII stands for its own, which need no encoder. */
  const coded = (type, value) => {
    if (type.kind !== "S" || typeof value !== "string" || value.length > 63) return encode(type, value);
    for (let i = 0; i < value.length; i++) if (value.charCodeAt(i) > 127) return encode(type, value);
    return value;
  };
  const announce = (type, value) => {
    if (type.kind === "v") return 0;
    const array = coded(type, value);
    pending = [array];
    return array.length;
  };

  /** What a host's function sees of a parameter: of one number, or of an address and a length. */
  const received = (type) => {
    if (isDirect(type)) return seen[type.kind] ?? same;
    switch (type.kind) {
      case "S": return string;
      case "*": case "@": return (at, length) => view(type.of, at >>> 0, length >>> 0);
      default: return (at, length) => decode(type, u8().slice(at >>>= 0, at + (length >>> 0)));
    }
  };
  /** Calls `f`, and writes back what it changed: numbers are changed in place, structs are copies. */
  const changing = (f, parameters) => (...raw) => {
    let at = 0;
    const back = [];
    const values = parameters.map((type) => {
      if (isDirect(type)) return received(type)(raw[at++]);
      const start = raw[at++] >>> 0, length = raw[at++];
      if (!"&1".includes(type.kind)) return received(type)(start, length);
      const value = type.kind === "1" ? received(type.of)(start, length) : view(type.of, start, length >>> 0);
      if (!ArrayBuffer.isView(value) || type.kind === "1") back.push(() => u8().set(encode(type, value), start));
      return value;
    });
    try {
      return f(...values);
    } finally {
      back.forEach((write) => write());
    }
  };

  /** A function of the host as the guest calls it. */
  const toGuest = (f, { parameters, result }) => {
    const call = parameters.some((type) => "&1".includes(type.kind)) ? changing(f, parameters)
      : converted(f, parameters.map((type) => (isDirect(type) ? 1 : 2)).join(""), parameters.map(received));
    const of = "?!".includes(result.kind) ? result.of : result;
    const answer = isDirect(of) ? made[of.kind] ?? same : (value) => announce(of, value);
    const nothing = zero(of);
    const isLong = parameters.length > 3;
    switch (result.kind) {
      case "?": {
        const answered = (status, value) => {
          if (value != null) return answer(value);
          u8()[status >>> 0] = 1;
          return nothing;
        };
        return isLong ? (status, ...raw) => answered(status, call(...raw)) : (status, a, b, c, d, e, g) => answered(status, call(a, b, c, d, e, g));
      }
      case "!": {
        const failed = (status, error) => {
          if (error instanceof WebAssembly.RuntimeError) throw error;
          const length = announce(result.error, thrown(result.error, error));
          new DataView(u8().buffer).setUint32(status >>> 0, length + 1, true);
          return nothing;
        };
        if (isLong) {
          return (status, ...raw) => {
            let value;
            try { value = call(...raw); } catch (error) { return failed(status, error); }
            return answer(value);
          };
        }
        return (status, a, b, c, d, e, g) => {
          let value;
          try { value = call(a, b, c, d, e, g); } catch (error) { return failed(status, error); }
          return answer(value);
        };
      }
      default:
        if (answer === same) return call;
        return isLong ? (...raw) => answer(call(...raw)) : (a, b, c, d, e, g) => answer(call(a, b, c, d, e, g));
    }
  };

  /** Calls a function of the guest with values that it takes, changes, or is lent. */
  const lending = (f, parameters) => (...values) => {
    const lent = [], passed = [];
    const raw = parameters.map((type, i) => {
      if (isDirect(type)) {
        const number = (made[type.kind] ?? same)(values[i]);
        if (type.kind === "r") lent.push(number);
        return number;
      }
      const array = coded(type, values[i]);
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
    // A setter may call another export.
    const failed = failure;
    failure = undefined;
    parameters.forEach((type, i) => {
      if (type.kind === "1") Object.assign(values[i], decode(type.of, given.shift()));
      if (type.kind === "&") list(type.of, given.shift()).forEach((value, at) => { values[i][at] = value; });
    });
    failure = failed;
    return number;
  };

  /** A function of the guest as the host calls it. */
  const toHost = (f, { parameters, result }) => {
    const taken = parameters.filter((type) => !isDirect(type));
    const isPlain = taken.length < 2 && !parameters.some(({ kind }) => "r&1".includes(kind));
    const passed = (type) => (isDirect(type) ? made[type.kind] ?? same : (value) => announce(type, value));
    const call = isPlain ? converted(f, "1".repeat(parameters.length), parameters.map(passed)) : lending(f, parameters);
    const of = "?!".includes(result.kind) ? result.of : result;
    const answer = isDirect(of) ? seen[of.kind] ?? same
      : of.kind === "@" ? (number) => view(of.of, Number(number & 0xffffffffn), Number(BigInt.asUintN(64, number) >> 32n))
        : () => decode(of, given.pop());
    const isLong = parameters.length > 3;
    if (of === result) {
      if (answer === same) return call;
      return isLong ? (...values) => answer(call(...values)) : (a, b, c) => answer(call(a, b, c));
    }
    const failed = () => {
      const array = failure;
      failure = undefined;
      if (result.kind === "?") return undefined;
      const value = decode(result.error, array);
      if (result.error.kind === "R") throw value;
      throw Object.assign(new Error(result.error.kind === "S" ? value : `the program failed: ${JSON.stringify(value, (_, v) => (typeof v === "bigint" ? `${v}` : v))}`), { value });
    };
    if (isLong) {
      return (...values) => {
        const number = call(...values);
        return failure === undefined ? answer(number) : failed();
      };
    }
    return (a, b, c) => {
      const number = call(a, b, c);
      return failure === undefined ? answer(number) : failed();
    };
  };

  return {
    refs, toGuest, toHost,
    take: (to) => {
      const value = pending.shift(), all = u8(), at = to >>> 0;
      if (typeof value !== "string") all.set(value, at);
      else for (let i = 0; i < value.length; i++) all[at + i] = value.charCodeAt(i);
    },
    give: (from, length) => { given.push(u8().slice(from >>>= 0, from + (length >>> 0))); },
    fail: (from, length) => { failure = u8().slice(from >>>= 0, from + (length >>> 0)); },
    text: decoded, u8,
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
    "wasmrust:host": { take: own.take, give: own.give, fail: own.fail, features: () => bits, "print;jS": (s, at, n) => (options.print ?? print)(s, own.text(at >>> 0, n >>> 0)) },
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
  // For who looks at the program from outside, as the DevTools extension does. The engine reads no symbols.
  linked[Symbol.for("wasmrust.live")] = () => own.refs.live;
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
