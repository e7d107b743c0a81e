// What was found in this frame. It keeps nothing of the page alive but copies of modules' bytes: objects are behind
// weak references.

import type { Growth, HowCompiled, Memory, Module as ModuleNews } from "../contract.ts";
import { MAX_GROWTH, MAX_INSTANCES, MAX_MEMORIES, MAX_MODULES, MAX_MODULE_BYTES, MAX_TABLES } from "../contract.ts";
import { hashOf } from "./hash.ts";
import { MAX_LOCAL_ID } from "./ids.ts";
import { bufferOf, exportsOf, nowMs, pageStack, real } from "./real.ts";
import { type MemoryLimits, type ModuleShape, type TableLimits, readShape } from "./wasm.ts";

/** The bytes of a module: one copy, however often the page compiles them. */
export interface Source {
  bytes: Uint8Array | null;
  size: number;
  shape: ModuleShape;
  /** Computed when the inventory is asked for. */
  hash: string | null;
}

interface Entry {
  id: number;
  /** The registry's revision when it last changed. */
  revision: number;
  at_ms: number;
}

export interface ModuleEntry extends Entry {
  ref: WeakRef<WebAssembly.Module> | null;
  source: Source | null;
  url: string | null;
  how: HowCompiled;
  took_ms: number | null;
  error: ModuleNews["error"];
  /** What to do when the bytes of a response have come; null if they are not waited for. */
  waiting: (() => void)[] | null;
}

export interface MemoryEntry extends Entry {
  ref: WeakRef<WebAssembly.Memory>;
  name: string | null;
  how: Memory["how"];
  limits: MemoryLimits | null;
  shared: boolean;
  bytes: number;
  is_gone: boolean;
  growth: Growth[];
}

export interface TableEntry extends Entry {
  ref: WeakRef<WebAssembly.Table>;
  name: string | null;
  element: TableLimits["element"];
  length: number;
  used: number | null;
}

export interface InstanceEntry extends Entry {
  ref: WeakRef<WebAssembly.Instance> | null;
  module: ModuleEntry | null;
  memories: (number | null)[];
  tables: number[];
  private_tables: number;
  globals: (WeakRef<WebAssembly.Global> | null)[];
  extern_refs: number | null;
}

/** What an engine read of an imports object. */
export interface ReadImport {
  module: string;
  name: string;
  value: unknown;
}

export class Registry {
  readonly modules: ModuleEntry[] = [];
  readonly instances: InstanceEntry[] = [];
  readonly memories: MemoryEntry[] = [];
  readonly tables: TableEntry[] = [];
  readonly workers: string[] = [];
  /** What did not find room. */
  readonly dropped = { modules: 0, instances: 0, memories: 0, tables: 0 };
  /** What is over and made way, and who was told of up to `toldId` may know. */
  removed: { id: number; revision: number }[] = [];
  toldId = 0;
  revision = 1;

  readonly #moduleOf = new WeakMap<WebAssembly.Module, ModuleEntry>();
  readonly #memoryOf = new WeakMap<WebAssembly.Memory, MemoryEntry>();
  readonly #tableOf = new WeakMap<WebAssembly.Table, TableEntry>();
  readonly #instanceOf = new WeakMap<WebAssembly.Instance, InstanceEntry>();
  readonly #liveRefsOf = new WeakMap<WebAssembly.Instance, () => unknown>();
  readonly #sources = new Map<number, Source[]>();
  #keptBytes = 0;
  #nextId = 1;

  #entry(): Entry {
    return { id: this.#nextId++, revision: ++this.revision, at_ms: nowMs() };
  }

  /** Whether one more finds room. */
  #hasRoom(kind: "modules" | "instances" | "memories" | "tables", most: number): boolean {
    if (this.#nextId < MAX_LOCAL_ID) {
      if (this[kind].length >= most) this.#makeRoom();
      if (this[kind].length < most) return true;
    }
    this.dropped[kind]++;
    return false;
  }

  /** Forgets what is over. */
  #makeRoom(): void {
    this.#remove(this.memories, ({ ref }) => !ref.deref());
    this.#remove(this.instances, ({ ref }) => !ref?.deref());
    this.removeTables();
    // An instance lives on without the object of its module.
    const used = new Set(this.instances.map(({ module }) => module));
    this.#remove(this.modules, (entry) => !entry.ref?.deref() && !used.has(entry));
    const sources = new Set(this.modules.map(({ source }) => source));
    for (const [size, same] of this.#sources) {
      const kept = same.filter((source) => sources.has(source));
      this.#keptBytes -= (same.length - kept.length) * size;
      if (kept.length > 0) this.#sources.set(size, kept);
      else this.#sources.delete(size);
    }
  }

  /** Forgets tables that are gone. */
  removeTables(): void {
    this.#remove(this.tables, ({ ref }) => !ref.deref());
  }

  #remove<T extends Entry>(entries: T[], isOver: (entry: T) => boolean): void {
    const rest = entries.filter((entry) => {
      if (!isOver(entry)) return true;
      if (entry.id <= this.toldId) this.removed.push({ id: entry.id, revision: ++this.revision });
      return false;
    });
    entries.splice(0, entries.length, ...rest);
  }

  /** What was told of so far; `removed` up to this revision has been taken note of. */
  told(revision: number): void {
    this.toldId = this.#nextId;
    this.removed = this.removed.filter((one) => one.revision > revision);
  }

  touch(entry: Entry): void {
    entry.revision = ++this.revision;
  }

  /** The bytes that a page hands over to be compiled, as they are now: the page may change them later. */
  source(bytes: unknown): Source | null {
    const view = viewOf(bytes);
    if (!view) return null;
    const same = this.#sources.get(view.length) ?? [];
    for (const source of same) {
      if (source.bytes && isEqual(source.bytes, view)) return source;
    }
    const fits = this.#keptBytes + view.length <= MAX_MODULE_BYTES;
    const copy = fits ? view.slice() : null;
    const source: Source = { bytes: copy, size: view.length, shape: readShape(copy ?? view), hash: null };
    if (copy) {
      this.#keptBytes += copy.length;
      this.#sources.set(view.length, [...same, source]);
    }
    return source;
  }

  addModule(module: WebAssembly.Module, how: HowCompiled, source: Source | null, url: string | null, tookMs: number | null): ModuleEntry | null {
    const known = this.#moduleOf.get(module);
    if (known) return known;
    if (!this.#hasRoom("modules", MAX_MODULES)) return null;
    const entry: ModuleEntry = { ...this.#entry(), ref: new WeakRef(module), source: source ?? describe(module), url, how, took_ms: tookMs, error: null, waiting: null };
    this.#moduleOf.set(module, entry);
    this.modules.push(entry);
    return entry;
  }

  /** The bytes of a response came after its module. */
  setSource(entry: ModuleEntry, source: Source | null): void {
    const waiting = entry.waiting ?? [];
    entry.waiting = null;
    if (!source) return;
    entry.source = source;
    this.touch(entry);
    for (const work of waiting) work();
  }

  addFailure(how: HowCompiled, source: Source | null, url: string | null, error: unknown): void {
    if (!this.#hasRoom("modules", MAX_MODULES)) return;
    this.modules.push({ ...this.#entry(), ref: null, source, url, how, took_ms: null, error: describeError(error), waiting: null });
  }

  moduleOf(module: WebAssembly.Module): ModuleEntry | null {
    return this.#moduleOf.get(module) ?? this.addModule(module, "received", null, null, null);
  }

  /** Begins an instance; it is told of when it is there. */
  newInstance(): InstanceEntry {
    return { ...this.#entry(), ref: null, module: null, memories: [], tables: [], private_tables: 0, globals: [], extern_refs: null };
  }

  /** Takes note of an instance; once more when its module's bytes have come. */
  addInstance(entry: InstanceEntry, instance: WebAssembly.Instance, module: ModuleEntry | null, imports: ReadImport[]): void {
    const known = this.#instanceOf.get(instance);
    if (known !== undefined && known !== entry) return;
    if (!known) {
      if (!this.#hasRoom("instances", MAX_INSTANCES)) return;
      this.instances.push(entry);
    }
    this.#instanceOf.set(instance, entry);
    entry.ref = new WeakRef(instance);
    entry.module = module;
    const exports = exportsOf(instance);
    const shape = module?.source?.shape ?? null;
    const memories: (WebAssembly.Memory | null)[] = (shape?.memories ?? []).map(() => null);
    const globals: (WebAssembly.Global | null)[] = (shape?.globals ?? []).map(() => null);
    const tables = new Set<WebAssembly.Table>();
    const counts = { memory: 0, global: 0 };
    const declared = shape?.imports ?? [];
    let at = 0;
    for (const { module: space, name, value } of imports) {
      // Engines read in the module's order, and do not ask for what they have built in.
      while (at < declared.length && (declared[at]!.module !== space || declared[at]!.name !== name)) at++;
      const kind = declared[at++]?.kind;
      if (value instanceof real.Memory) {
        const index = counts.memory++;
        memories[index] = value;
        this.addMemory(value, "imported", `${space}.${name}`, shape?.memories[index] ?? null);
      } else if (value instanceof real.Table) {
        tables.add(value);
        this.addTable(value, `${space}.${name}`, "other");
      } else if (value instanceof real.Global) {
        globals[counts.global] = value;
      }
      if (kind === "global") counts.global++;
    }
    const exported = shape?.exports ?? Object.keys(exports).map((name) => ({ name, kind: "function" as const, index: -1 }));
    for (const { name, index } of exported) {
      const value: unknown = exports[name];
      if (value instanceof real.Memory) {
        if (index >= 0) memories[index] = value;
        else memories.push(value);
        this.addMemory(value, "exported", name, shape?.memories[index] ?? null);
      } else if (value instanceof real.Table) {
        tables.add(value);
        this.addTable(value, name, shape?.tables[index]?.element ?? "other");
      } else if (value instanceof real.Global && index >= 0) {
        globals[index] = value;
      }
    }
    entry.memories = memories.map((memory) => (memory ? this.#memoryOf.get(memory)?.id ?? null : null));
    entry.globals = globals.map((global) => (global ? new WeakRef(global) : null));
    entry.tables = [...tables].flatMap((table) => this.#tableOf.get(table)?.id ?? []);
    entry.private_tables = Math.max(0, (shape?.tables.length ?? 0) - entry.tables.length);
    this.touch(entry);
  }

  addMemory(memory: WebAssembly.Memory, how: MemoryEntry["how"], name: string | null, limits: MemoryLimits | null): void {
    const known = this.#memoryOf.get(memory);
    if (known) {
      // What a module says of it is more than what JavaScript said.
      if (name !== null && known.name === null) [known.name, known.how] = [name, how];
      known.limits = limits && (known.limits === null || how === "exported") ? limits : known.limits;
      this.touch(known);
      return;
    }
    if (!this.#hasRoom("memories", MAX_MEMORIES)) return;
    const buffer = bufferOf(memory);
    const bytes = buffer.byteLength;
    const entry: MemoryEntry = {
      ...this.#entry(), ref: new WeakRef(memory), name, how, limits,
      shared: !(buffer instanceof ArrayBuffer), bytes, is_gone: false, growth: [],
    };
    entry.growth.push({ at_ms: entry.at_ms, bytes, how: "found", stack: [] });
    this.#memoryOf.set(memory, entry);
    this.memories.push(entry);
  }

  addTable(table: WebAssembly.Table, name: string | null, element: TableLimits["element"]): void {
    const known = this.#tableOf.get(table);
    if (known) {
      known.name ??= name;
      if (known.element === "other") known.element = element;
      return;
    }
    if (!this.#hasRoom("tables", MAX_TABLES)) return;
    const entry: TableEntry = { ...this.#entry(), ref: new WeakRef(table), name, element, length: 0, used: null };
    this.#tableOf.set(table, entry);
    this.tables.push(entry);
  }

  /** Looks how large a memory is now, and notes if it has grown. */
  measure(entry: MemoryEntry, how: Growth["how"]): WebAssembly.Memory | null {
    const memory = entry.ref.deref();
    if (!memory) {
      if (!entry.is_gone) {
        entry.is_gone = true;
        entry.bytes = 0;
        this.touch(entry);
      }
      return null;
    }
    const bytes = bufferOf(memory).byteLength;
    if (bytes !== entry.bytes) {
      entry.bytes = bytes;
      entry.growth.push({ at_ms: nowMs(), bytes, how, stack: how === "javascript" ? pageStack() : [] });
      if (entry.growth.length > MAX_GROWTH) entry.growth.splice(1, 1);
      this.touch(entry);
    }
    return memory;
  }

  /** JavaScript is growing, or has grown, a memory. */
  measureOf(memory: WebAssembly.Memory, how: Growth["how"]): void {
    const entry = this.#memoryOf.get(memory);
    if (entry) this.measure(entry, how);
  }

  /** `live` is how the loader of the `wasm` crate (crates/wasm/js/loader.mjs) tells of live references. */
  setLiveRefs(instance: WebAssembly.Instance, live: () => unknown): void {
    this.#liveRefsOf.set(instance, live);
  }

  liveRefs(entry: InstanceEntry): unknown {
    const instance = entry.ref?.deref();
    return instance && this.#liveRefsOf.get(instance)?.();
  }

  memory(id: number): MemoryEntry | undefined {
    return this.memories.find((entry) => entry.id === id);
  }
}

function viewOf(bytes: unknown): Uint8Array | null {
  if (ArrayBuffer.isView(bytes)) return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes instanceof ArrayBuffer) return new Uint8Array(bytes);
  if (typeof SharedArrayBuffer !== "undefined" && bytes instanceof SharedArrayBuffer) return new Uint8Array(bytes);
  return null;
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i]) return false;
  }
  return true;
}

/** What JavaScript tells of a module whose bytes are not known. */
function describe(module: WebAssembly.Module): Source {
  const shape = readShape(new Uint8Array());
  for (const { module: space, name, kind } of real.Module.imports(module)) shape.imports.push({ module: space, name, kind });
  for (const { name, kind } of real.Module.exports(module)) shape.exports.push({ name, kind, index: -1 });
  return { bytes: null, size: 0, shape, hash: null };
}

function describeError(error: unknown): ModuleNews["error"] {
  const name = error instanceof WebAssembly.CompileError ? "CompileError"
    : error instanceof WebAssembly.LinkError ? "LinkError"
    : error instanceof WebAssembly.RuntimeError ? "RuntimeError" : "other";
  let message = "";
  try {
    message = String(error instanceof Error ? error.message : error).slice(0, 1000);
  } catch { /* an error that can't be told */ }
  return { kind: name, message };
}

/** The hash by which the inventory names a module's bytes. */
export function sourceHash(source: Source): string | null {
  if (!source.bytes) return null;
  source.hash ??= hashOf(source.bytes);
  return source.hash;
}
