// Reads JSON and writes it back in one form, as src/lib.rs does. Numbers are written by hand: AssemblyScript has no
// toFixed, and strings stay bytes: its own are UTF-16.
export { alloc, free } from "../block";

const MAX_DEPTH: i32 = 100;

enum Kind { Null, False, True, Number, Text, List, Object }

class Value {
  number: f64 = 0;
  text: Array<u8> = [];
  items: Array<Value> = [];
  /** Of an object, in order; their values are `items`. */
  keys: Array<Array<u8>> = [];
  constructor(public kind: Kind) {}
}

// From bytes to values.

let input: usize = 0;
let end: i32 = 0;
let at: i32 = 0;

function peek(): i32 {
  return at < end ? load<u8>(input + at) : -1;
}

function eat(byte: i32): bool {
  if (peek() != byte) return false;
  at++;
  return true;
}

function space(): void {
  while (peek() == 0x20 || peek() == 0x09 || peek() == 0x0a || peek() == 0x0d) at++;
}

function parseWord(word: string, kind: Kind): Value | null {
  for (let i = 0; i < word.length; i++) if (!eat(word.charCodeAt(i))) return null;
  return new Value(kind);
}

function parseValue(depth: i32): Value | null {
  space();
  if (depth > MAX_DEPTH) return null;
  switch (peek()) {
    case -1: return null;
    case 0x6e: return parseWord("null", Kind.Null);
    case 0x74: return parseWord("true", Kind.True);
    case 0x66: return parseWord("false", Kind.False);
    case 0x22: {
      const value = new Value(Kind.Text);
      return parseString(value.text) ? value : null;
    }
    case 0x5b: return parseList(depth);
    case 0x7b: return parseObject(depth);
    default: return parseNumber();
  }
}

function parseList(depth: i32): Value | null {
  const list = new Value(Kind.List);
  at++;
  space();
  if (eat(0x5d)) return list;
  while (true) {
    const item = parseValue(depth + 1);
    if (!item) return null;
    list.items.push(item);
    space();
    if (!eat(0x2c)) return eat(0x5d) ? list : null;
  }
}

function compare(a: Array<u8>, b: Array<u8>): i32 {
  for (let i = 0; i < min(a.length, b.length); i++) if (a[i] != b[i]) return <i32>a[i] - <i32>b[i];
  return a.length - b.length;
}

function insert<T>(array: Array<T>, index: i32, item: T): void {
  array.push(item);
  for (let i = array.length - 1; i > index; i--) array[i] = array[i - 1];
  array[index] = item;
}

function parseObject(depth: i32): Value | null {
  const object = new Value(Kind.Object);
  at++;
  space();
  if (eat(0x7d)) return object;
  while (true) {
    const key: Array<u8> = [];
    space();
    if (!parseString(key)) return null;
    space();
    if (!eat(0x3a)) return null;
    const value = parseValue(depth + 1);
    if (!value) return null;
    let low = 0, high = object.keys.length;
    while (low < high) {
      const middle = (low + high) / 2;
      if (compare(object.keys[middle], key) < 0) low = middle + 1;
      else high = middle;
    }
    if (low < object.keys.length && compare(object.keys[low], key) == 0) object.items[low] = value;
    else {
      insert(object.keys, low, key);
      insert<Value>(object.items, low, value);
    }
    space();
    if (!eat(0x2c)) return eat(0x7d) ? object : null;
  }
}

function parseString(out: Array<u8>): bool {
  if (!eat(0x22)) return false;
  while (true) {
    while (peek() >= 0x20 && peek() != 0x22 && peek() != 0x5c) {
      out.push(<u8>peek());
      at++;
    }
    if (eat(0x22)) return true;
    if (!eat(0x5c)) return false;
    const code = parseEscape();
    if (code < 0) return false;
    if (code < 0x80) {
      out.push(<u8>code);
      continue;
    }
    const len = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    out.push(<u8>((<i32>0xf0 << (4 - len)) | (code >> (6 * (len - 1)))));
    for (let i = len - 2; i >= 0; i--) out.push(<u8>(0x80 | ((code >> (6 * i)) & 0x3f)));
  }
}

function parseEscape(): i32 {
  let code = peek();
  switch (code) {
    case 0x22: case 0x5c: case 0x2f: break;
    case 0x62: code = 8; break;
    case 0x66: code = 12; break;
    case 0x6e: code = 10; break;
    case 0x72: code = 13; break;
    case 0x74: code = 9; break;
    case 0x75: {
      const high = parseHex();
      if (high < 0 || (high & 0xfc00) == 0xdc00) return -1;
      if ((high & 0xfc00) != 0xd800) return high;
      if (!eat(0x5c)) return -1;
      const low = parseHex();
      return low >= 0 && (low & 0xfc00) == 0xdc00 ? 0x10000 + (((high & 0x3ff) << 10) | (low & 0x3ff)) : -1;
    }
    default: return -1;
  }
  at++;
  return code;
}

function parseHex(): i32 {
  if (!eat(0x75)) return -1;
  let code = 0;
  for (let i = 0; i < 4; i++, at++) {
    const c = peek(), lower = c | 32;
    const digit = c >= 0x30 && c <= 0x39 ? c - 0x30 : lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
    if (digit < 0) return -1;
    code = (code << 4) | digit;
  }
  return code;
}

function digits(): bool {
  const start = at;
  while (peek() >= 0x30 && peek() <= 0x39) at++;
  return at > start;
}

function parseNumber(): Value | null {
  const start = at;
  eat(0x2d);
  if (!eat(0x30) && !digits()) return null;
  if (eat(0x2e) && !digits()) return null;
  if (peek() == 0x65 || peek() == 0x45) {
    at++;
    if (peek() == 0x2b || peek() == 0x2d) at++;
    if (!digits()) return null;
  }
  const value = new Value(Kind.Number);
  value.number = parseFloat(String.UTF8.decodeUnsafe(input + start, at - start));
  return value;
}

// From values to bytes.

function put(out: Array<u8>, text: string): void {
  for (let i = 0; i < text.length; i++) out.push(<u8>text.charCodeAt(i));
}

/** Three decimals, of numbers up to 2⁵³ / 1000. */
function writeNumber(out: Array<u8>, number: f64): void {
  if (number < 0 || (number == 0 && 1 / number < 0)) {
    out.push(0x2d);
    number = -number;
  }
  const thousandths = <u64>nearest(number * 1000);
  put(out, (thousandths / 1000).toString());
  out.push(0x2e);
  put(out, (thousandths % 1000).toString().padStart(3, "0"));
}

function writeString(out: Array<u8>, text: Array<u8>): void {
  out.push(0x22);
  for (let i = 0; i < text.length; i++) {
    const byte = text[i];
    if (byte == 0x22 || byte == 0x5c) out.push(0x5c);
    if (byte < 0x20) {
      put(out, "\\u00");
      put(out, byte.toString(16).padStart(2, "0"));
    } else out.push(byte);
  }
  out.push(0x22);
}

function writeValue(out: Array<u8>, value: Value): void {
  switch (value.kind) {
    case Kind.Null: put(out, "null"); break;
    case Kind.False: put(out, "false"); break;
    case Kind.True: put(out, "true"); break;
    case Kind.Number: writeNumber(out, value.number); break;
    case Kind.Text: writeString(out, value.text); break;
    default: {
      const isObject = value.kind == Kind.Object;
      out.push(isObject ? 0x7b : 0x5b);
      for (let i = 0; i < value.items.length; i++) {
        if (i > 0) out.push(0x2c);
        if (isObject) {
          writeString(out, value.keys[i]);
          out.push(0x3a);
        }
        writeValue(out, value.items[i]);
      }
      out.push(isObject ? 0x7d : 0x5d);
    }
  }
}

export function run(start: usize, len: usize): usize {
  input = start;
  end = <i32>len;
  at = 0;
  const out: Array<u8> = [];
  const value = parseValue(0);
  if (value) space();
  if (value && at == end) writeValue(out, value);
  else {
    put(out, "error at ");
    put(out, at.toString());
  }
  const block = heap.alloc(4 + out.length);
  store<u32>(block, out.length);
  memory.copy(block + 4, out.dataStart, out.length);
  return block;
}
