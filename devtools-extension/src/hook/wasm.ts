// What JavaScript does not tell of a module: the types of its memories, tables and functions, by index. One pass over
// the section headers and the small sections; code and data are stepped over. Any bytes may come: what can't be read
// ends the reading, and what was read so far stays.

import type { Extern, Table } from "../contract.ts";

export interface MemoryLimits {
  minimum_bytes: number;
  maximum_bytes: number | null;
  shared: boolean;
  is_64: boolean;
}

export interface TableLimits {
  element: Table["element"];
}

/** How many bytes the arguments and results of a function have. */
export type FunctionBytes = number;

interface Import extends Extern {
  module: string;
}

interface Export extends Extern {
  /** In its index space; -1 if only JavaScript told of it. */
  index: number;
}

const KINDS: readonly Extern["kind"][] = ["function", "table", "memory", "global", "tag"];

/** What a module's sections say. Index spaces start with the imports. */
export interface ModuleShape {
  imports: Import[];
  exports: Export[];
  memories: MemoryLimits[];
  tables: TableLimits[];
  /** The bytes that cross when function `i` is called. */
  function_bytes: FunctionBytes[];
  /** The type of global `i`, as `i32`, or `other`. */
  globals: string[];
  custom_sections: { name: string; bytes: number }[];
  /** The module's own name. */
  name: string | null;
}

/** No list is read further than that. */
const MAX_ENTRIES = 1_000_000;
const VALUE_TYPES: Record<number, readonly [string, number]> = {
  0x7f: ["i32", 4],
  0x7e: ["i64", 8],
  0x7d: ["f32", 4],
  0x7c: ["f64", 8],
  0x7b: ["v128", 16],
};

class Reader {
  readonly #bytes: Uint8Array;
  at: number;
  readonly end: number;

  constructor(bytes: Uint8Array, at: number, end: number) {
    this.#bytes = bytes;
    this.at = at;
    this.end = end;
  }

  byte(): number {
    const byte = this.at < this.end ? this.#bytes[this.at] : undefined;
    if (byte === undefined) throw new RangeError("the section ends");
    this.at++;
    return byte;
  }

  /** An unsigned LEB128 number; above 2^53 it is not exact. */
  number(): number {
    let value = 0;
    for (let scale = 1, i = 0; i < 10; i++, scale *= 128) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    throw new RangeError("a number is too long");
  }

  skip(count: number): void {
    if (count > this.end - this.at) throw new RangeError("the section ends");
    this.at += count;
  }

  text(): string {
    const length = this.number();
    const start = this.at;
    this.skip(length);
    return new TextDecoder().decode(this.#bytes.slice(start, start + length));
  }

  part(length: number): Reader {
    const start = this.at;
    this.skip(length);
    return new Reader(this.#bytes, start, start + length);
  }

  /** Calls `each` as often as the number that comes first says. */
  list(each: () => void): void {
    const count = this.number();
    for (let i = 0; i < count && i < MAX_ENTRIES; i++) each();
  }

  /** A value type: its name and bytes. */
  value(): readonly [string, number] {
    const code = this.byte();
    const known = VALUE_TYPES[code];
    if (known) return known;
    if (code === 0x63 || code === 0x64) this.#heap();
    return [code === 0x70 ? "funcref" : code === 0x6f ? "externref" : "other", 4];
  }

  /** A heap type: a signed number, or an abstract type in one byte. */
  #heap(): void {
    while (this.byte() >= 0x80);
  }

  reference(): TableLimits["element"] {
    const code = this.byte();
    if (code === 0x63 || code === 0x64) {
      const heap = this.byte();
      if (heap >= 0x80) this.#heap();
      return heap === 0x70 ? "funcref" : heap === 0x6f ? "externref" : "other";
    }
    return code === 0x70 ? "funcref" : code === 0x6f ? "externref" : "other";
  }

  limits(): MemoryLimits {
    const flags = this.byte();
    const minimum = this.number();
    const maximum = flags & 1 ? this.number() : null;
    const page = flags & 8 ? 2 ** this.number() : 65536;
    return {
      minimum_bytes: minimum * page,
      maximum_bytes: maximum === null ? null : maximum * page,
      shared: (flags & 2) !== 0,
      is_64: (flags & 4) !== 0,
    };
  }

  /** The limits of a table are of the same form; only the flags matter here. */
  table(): TableLimits {
    if (this.at + 1 < this.end && this.#bytes[this.at] === 0x40) {
      // With an initial value: it is stepped over with the section, so only the first such table is read.
      this.skip(2);
    }
    const element = this.reference();
    this.limits();
    return { element };
  }
}

/** Reads what can be read. */
export function readShape(bytes: Uint8Array): ModuleShape {
  const shape: ModuleShape = {
    imports: [], exports: [], memories: [], tables: [], function_bytes: [], globals: [], custom_sections: [], name: null,
  };
  const file = new Reader(bytes, 8, bytes.length);
  const types: FunctionBytes[] = [];
  try {
    if (bytes[0] !== 0 || bytes[1] !== 0x61 || bytes[2] !== 0x73 || bytes[3] !== 0x6d || bytes[4] !== 1) return shape;
    while (file.at < file.end) {
      const id = file.byte();
      const section = file.part(file.number());
      // A section that can't be read ends itself, not the others.
      try {
        readSection(shape, types, id, section);
      } catch { /* what was read of it stays */ }
    }
  } catch { /* the file is cut off */ }
  return shape;
}

function readSection(shape: ModuleShape, types: FunctionBytes[], id: number, section: Reader): void {
  switch (id) {
    case 0: {
      const name = section.text();
      shape.custom_sections.push({ name, bytes: section.end - section.at });
      if (name === "name" && section.at < section.end && section.byte() === 0) {
        section.number();
        shape.name = section.text();
      }
      break;
    }
    case 1:
      section.list(() => {
        if (section.byte() !== 0x60) throw new RangeError("a type that is no function");
        let crossing = 0;
        for (let i = 0; i < 2; i++) section.list(() => { crossing += section.value()[1]; });
        types.push(crossing);
      });
      break;
    case 2:
      section.list(() => {
        const module = section.text();
        const name = section.text();
        const kind = KINDS[section.byte()] ?? "tag";
        shape.imports.push({ module, name, kind });
        switch (kind) {
          case "function": shape.function_bytes.push(types[section.number()] ?? 0); break;
          case "table": shape.tables.push(section.table()); break;
          case "memory": shape.memories.push(section.limits()); break;
          case "global": shape.globals.push(section.value()[0]); section.byte(); break;
          case "tag": section.byte(); section.number(); break;
        }
      });
      break;
    case 3:
      section.list(() => { shape.function_bytes.push(types[section.number()] ?? 0); });
      break;
    case 4:
      section.list(() => { shape.tables.push(section.table()); });
      break;
    case 5:
      section.list(() => { shape.memories.push(section.limits()); });
      break;
    case 6:
      section.list(() => {
        shape.globals.push(section.value()[0]);
        section.byte();
        skipConstant(section);
      });
      break;
    case 7:
      section.list(() => {
        const name = section.text();
        const kind = KINDS[section.byte()] ?? "tag";
        shape.exports.push({ name, kind, index: section.number() });
      });
      break;
  }
}

/** Steps over a constant expression of the instructions that linkers write. */
function skipConstant(section: Reader): void {
  for (;;) {
    const opcode = section.byte();
    switch (opcode) {
      case 0x0b: return;
      case 0x41: case 0x42: case 0x23: case 0xd2: section.number(); break;
      case 0x43: section.skip(4); break;
      case 0x44: section.skip(8); break;
      case 0xd0: section.number(); break;
      // i32 and i64: add, sub, mul (extended constants).
      case 0x6a: case 0x6b: case 0x6c: case 0x7c: case 0x7d: case 0x7e: break;
      case 0xfd: if (section.number() !== 12) throw new RangeError("an instruction"); section.skip(16); break;
      default: throw new RangeError("an instruction");
    }
  }
}
