// What the bridge may ask in this frame. All answers are JSON texts: `inspectedWindow.eval` carries texts fastest.

import type { BoundaryCalls, Extern, HookState, Instance, Memory, Module, Table, Unseen } from "../contract.ts";
import { MAX_CALLS, MAX_EXTERNS, MAX_HITS } from "../contract.ts";
import type { SavedValue } from "../panel/protocol.ts";
import { fromBase64, toBase64 } from "./base64.ts";
import { type Calls, crossing } from "./calls.ts";
import { fault } from "./faults.ts";
import type { Installed } from "./install.ts";
import { Budget, Looker, type Runs, type Subscription } from "./look.ts";
import { attempt, globalValue, lengthOf, real, tableGet, ticks } from "./real.ts";
import { type InstanceEntry, type ModuleEntry, type Registry, type TableEntry, sourceHash } from "./registry.ts";

/** Records of one answer: thousands come in several. */
const MAX_NEWS = 1000;
/** Frames inside of frames. */
const MAX_DEPTH = 50;
/** Tables with more entries are not counted. */
const MAX_COUNTED = 100_000;

export interface LookRequest {
  /** The revision of the last answer; 0 for all. */
  since: number;
  subscriptions: Subscription[];
  watches: { memory: number; address: number; length: number }[];
  /** Milliseconds that looking for changes may take. */
  budget_ms: number;
  search_ms: number;
  /** Whether to tell of calls, tables and what is unseen, which cost more to gather. */
  is_thorough: boolean;
}

/** Records without `frame`, which only the bridge knows. */
type Local<T> = Omit<T, "frame">;

/** The bridge knows the reasons. */
export type LocalUnseen = Omit<Unseen, "reason">;

export interface LookAnswer {
  token: string;
  hook: HookState;
  counts_calls: boolean;
  revision: number;
  /** There is more to tell: ask again. */
  is_part: boolean;
  modules: Local<Module>[];
  instances: Local<Instance>[];
  memories: Local<Memory>[];
  tables: Local<Table>[];
  /** Ids of what was told of, and is forgotten. */
  removed: number[];
  calls: BoundaryCalls[] | null;
  unseen: LocalUnseen[] | null;
  changed: { memory: number; page: number; runs: Runs }[];
  watches: (string | null)[];
  search: { memory: number; hits: number[]; searched_to: number; is_done: boolean } | null;
  /** Milliseconds that this took. */
  took_ms: number;
}

export class Agent {
  readonly #registry: Registry;
  readonly #installed: Installed;
  readonly #calls: Calls | null;
  readonly #looker: Looker;
  readonly #hook: HookState;
  readonly #stringify = JSON.stringify;
  /** Another one for each load of the frame. */
  readonly token = Array.from(crypto.getRandomValues(new Uint32Array(4)), (word) => word.toString(16).padStart(8, "0")).join("");

  constructor(registry: Registry, installed: Installed, calls: Calls | null, hook: HookState) {
    this.#registry = registry;
    this.#installed = installed;
    this.#calls = calls;
    this.#looker = new Looker(registry);
    this.#hook = hook;
  }

  /** Frames inside of this one: their agents' tokens where they can be reached, else their addresses. */
  frames(): string {
    const found: { path: number[]; token: string | null; url: string; is_reachable: boolean }[] = [];
    const walk = (parent: Window, path: number[]): void => {
      if (path.length >= MAX_DEPTH) return;
      for (let i = 0; i < parent.length && found.length < 200; i++) {
        const child = parent[i]!;
        const at = [...path, i];
        try {
          const agent = (child as unknown as Record<symbol, Agent | undefined>)[AGENT];
          found.push({ path: at, token: agent?.token ?? null, url: child.location.href.slice(0, 2000), is_reachable: true });
          walk(child, at);
        } catch {
          found.push({ path: at, token: null, url: sourceOf(parent, child), is_reachable: false });
        }
      }
    };
    walk(globalThis as unknown as Window, []);
    return this.#stringify({ token: this.token, url: location.href.slice(0, 2000), frames: found });
  }

  look(request: LookRequest): string {
    const start = ticks();
    const registry = this.#registry;
    // What grows by an instruction is seen only by looking.
    for (const entry of registry.memories) {
      if (!entry.is_gone) registry.measure(entry, "looked");
    }
    const changed = attempt([], () => this.#looker.changes(request.subscriptions, new Budget(request.budget_ms)));
    const search = attempt(null, () => this.#looker.searched(new Budget(request.search_ms)));
    if (request.is_thorough) this.#measureTables();
    const news = this.#news(request.since);
    const answer: LookAnswer = {
      token: this.token,
      hook: this.#hook,
      counts_calls: this.#calls !== null,
      ...news,
      calls: request.is_thorough ? this.#boundary() : null,
      unseen: request.is_thorough ? this.#unseen() : null,
      changed,
      watches: request.watches.map(({ memory, address, length }) => attempt(null, () => hex(this.#looker.read(memory, address, length)))),
      search,
      took_ms: 0,
    };
    answer.took_ms = ticks() - start;
    return this.#stringify(answer);
  }

  /** The records that changed since a revision, the oldest first. */
  #news(since: number): Pick<LookAnswer, "revision" | "is_part" | "modules" | "instances" | "memories" | "tables" | "removed"> {
    this.#registry.told(since);
    const { modules, instances, memories, tables, removed } = this.#registry;
    const revisions = [modules, instances, memories, tables, removed].flatMap((entries) => entries.map((entry) => entry.revision));
    const fresh = revisions.filter((revision) => revision > since).sort((a, b) => a - b);
    const isPart = fresh.length > MAX_NEWS;
    const to = isPart ? fresh[MAX_NEWS - 1]! : this.#registry.revision;
    const isNews = ({ revision }: { revision: number }): boolean => revision > since && revision <= to;
    return {
      revision: to,
      is_part: isPart,
      modules: modules.filter(isNews).map(moduleNews),
      instances: instances.filter(isNews).map(instanceNews),
      memories: memories.filter(isNews).map((entry) => ({
        id: entry.id, name: clipped(entry.name), how: entry.how, at_ms: entry.at_ms, bytes: entry.bytes,
        minimum_bytes: entry.limits?.minimum_bytes ?? null, maximum_bytes: entry.limits?.maximum_bytes ?? null,
        shared: entry.shared, is_64: entry.limits?.is_64 ?? false, is_gone: entry.is_gone, growth: entry.growth,
      })),
      removed: removed.filter(isNews).map(({ id }) => id),
      tables: tables.filter(isNews).map(({ id, name, element, length, used }) => ({ id, name: clipped(name), element, length, used })),
    };
  }

  #measureTables(): void {
    const budget = new Budget(2);
    this.#registry.removeTables();
    for (const entry of this.#registry.tables) {
      const table = entry.ref.deref();
      if (table) attempt(undefined, () => this.#measureTable(entry, table));
      if (budget.isUsedUp()) break;
    }
    for (const entry of this.#registry.instances) {
      const live = attempt(null, () => this.#registry.liveRefs(entry));
      const count = typeof live === "number" ? live : null;
      if (count === entry.extern_refs) continue;
      entry.extern_refs = count;
      this.#registry.touch(entry);
    }
  }

  #measureTable(entry: TableEntry, table: WebAssembly.Table): void {
    const length = Number(lengthOf(table));
    let used: number | null = null;
    if (length <= MAX_COUNTED) {
      used = 0;
      // A table of functions makes a function object for each entry that is read: only references are counted again.
      if (entry.element === "funcref" && entry.used !== null && entry.length === length) used = entry.used;
      else {
        for (let i = 0; i < length; i++) {
          const value: unknown = Reflect.apply(tableGet, table, [i]);
          if (value !== null && value !== undefined) used++;
        }
      }
    }
    if (length === entry.length && used === entry.used) return;
    entry.length = length;
    entry.used = used;
    this.#registry.touch(entry);
  }

  #boundary(): BoundaryCalls[] {
    const called = this.#calls?.counters.filter((counter) => counter.count > 0 && counter.instance.ref) ?? [];
    return called.sort((a, b) => b.total_ms - a.total_ms || b.count - a.count).slice(0, MAX_CALLS).map((counter) => ({
      instance: counter.instance.id, direction: counter.direction, name: clip(counter.name), count: counter.count, threw: counter.threw,
      // A clock that is rounded may tell that what it called took longer.
      total_ms: counter.total_ms, own_ms: Math.max(0, counter.own_ms), longest_ms: counter.longest_ms, value_bytes: crossing(counter) * counter.count,
    }));
  }

  #unseen(): LocalUnseen[] {
    const { modules, instances, workers, dropped } = this.#registry;
    const unseen: LocalUnseen[] = [];
    const add = (what: Unseen["what"], subject: string): void => {
      if (unseen.length < 500) unseen.push({ what, subject: clip(subject) });
    };
    if (this.#hook === "late") add("before-hook", location.href);
    for (const worker of new Set(workers)) add("worker", worker);
    const told = new Set<ModuleEntry>();
    for (const { module, memories, private_tables } of instances) {
      if (!module || told.has(module)) continue;
      told.add(module);
      const name = module.source?.shape.name ?? module.url ?? `module ${module.id}`;
      memories.forEach((memory, index) => {
        if (memory === null) add("private-memory", `${name}: memory ${index}`);
      });
      if (private_tables > 0) add("private-table", `${name}: ${private_tables} × table`);
    }
    for (const entry of performance.getEntriesByType("resource") as PerformanceResourceTiming[]) {
      const isWasm = /\.wasm$/.test(attempt("", () => new URL(entry.name).pathname));
      const isSeen = modules.some(({ url, source }) => url === entry.name || (source !== null && source.size > 0 && source.size === entry.decodedBodySize));
      if (isWasm && !isSeen) add("es-module", entry.name);
    }
    for (const name of this.#installed.frozen) add("frozen", name);
    if (!this.#installed.isInFront()) add("foreign-hook", "WebAssembly");
    if (this.#calls) add("calls", "WebAssembly.Table");
    for (const [what, count] of Object.entries({ ...dropped, functions: this.#calls?.dropped ?? 0 })) {
      if (count > 0) add("too-many", `${what}: ${count}`);
    }
    return unseen;
  }

  read(memory: number, address: number, length: number): string {
    return toBase64(this.#looker.read(memory, address, length));
  }

  write(memory: number, address: number, base64: string): string {
    this.#looker.write(memory, address, fromBase64(base64));
    return "";
  }

  occupied(memory: number, start: number, end: number, page: number, budgetMs: number): string {
    return this.#stringify(this.#looker.occupied(memory, start, end, page, new Budget(budgetMs)));
  }

  freeze(memories: number[], most: number): string {
    return this.#stringify(this.#looker.freeze(memories, most));
  }

  momentPart(index: number, from: number, page: number, most: number, budgetMs: number): string {
    const { bytes, ...part } = this.#looker.momentPart(index, from, page, most, new Budget(budgetMs));
    return this.#stringify({ ...part, base64: toBase64(bytes) });
  }

  thaw(): string {
    this.#looker.thaw();
    return "";
  }

  search(memory: number, base64: string, from: number): string {
    this.#looker.search(memory, fromBase64(base64), from, MAX_HITS);
    return "";
  }

  endSearch(): string {
    this.#looker.endSearch();
    return "";
  }

  clearCalls(): string {
    this.#calls?.clear();
    return "";
  }

  /** Part of a module's bytes. */
  moduleBytes(id: number, from: number, length: number): string {
    const bytes = this.#registry.modules.find((entry) => entry.id === id)?.source?.bytes;
    if (!bytes) throw fault("no-bytes");
    return toBase64(bytes.subarray(from, from + length));
  }

  /** The values of an instance's globals by index; null for one that JavaScript has no object for. */
  globals(instance: number): string {
    const entry = this.#registry.instances.find(({ id }) => id === instance);
    return this.#stringify(entry ? globalsOf(entry) : []);
  }
}

/** Where the agent is found; not enumerable. */
export const AGENT = Symbol.for("wasmrust.devtools");

function clip(text: string): string {
  return text.length > 500 ? `${text.slice(0, 499)}…` : text;
}

const clipped = (text: string | null): string | null => (text === null ? null : clip(text));

function moduleNews(entry: ModuleEntry): Local<Module> {
  const shape = entry.source?.shape;
  const extern = ({ name, kind }: Extern): Extern => ({ name: clip(name), kind });
  return {
    id: entry.id, url: entry.url === null ? null : entry.url.slice(0, 2000), name: clipped(shape?.name ?? null),
    bytes: entry.source && entry.source.size > 0 ? entry.source.size : null, hash: entry.source && sourceHash(entry.source),
    how: entry.how, at_ms: entry.at_ms, took_ms: entry.took_ms, error: entry.error,
    imports: (shape?.imports ?? []).slice(0, MAX_EXTERNS).map((one) => ({ module: clip(one.module), ...extern(one) })),
    exports: (shape?.exports ?? []).slice(0, MAX_EXTERNS).map(extern),
    custom_sections: (shape?.custom_sections ?? []).slice(0, MAX_EXTERNS).map(({ name, bytes }) => ({ name: clip(name), bytes })),
    has_bytes: entry.source?.bytes != null,
  };
}

function instanceNews(entry: InstanceEntry): Local<Instance> {
  return { id: entry.id, module: entry.module?.id ?? 0, at_ms: entry.at_ms, memories: entry.memories.slice(0, 1000), tables: entry.tables.slice(0, 1000), extern_refs: entry.extern_refs };
}

function globalsOf(entry: InstanceEntry): (SavedValue | null)[] {
  return entry.globals.map((ref, index) => {
    const global = ref?.deref();
    const type = entry.module?.source?.shape.globals[index];
    if (!global || !type || !(global instanceof real.Global)) return null;
    try {
      return savedValue(type, globalValue(global));
    } catch {
      // A value that JavaScript can't have, such as a vector.
      return null;
    }
  });
}

function savedValue(type: string, value: unknown): SavedValue | null {
  const view = new DataView(new ArrayBuffer(8));
  if (type === "i32" && typeof value === "number") view.setInt32(4, value);
  else if (type === "i64" && typeof value === "bigint") view.setBigInt64(0, value);
  else if (type === "f32" && typeof value === "number") view.setFloat32(4, value);
  else if (type === "f64" && typeof value === "number") view.setFloat64(0, value);
  else return null;
  return { type, bits: `0x${view.getBigUint64(0).toString(16)}` };
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The address that an element gives a frame of another origin. */
function sourceOf(parent: Window, child: Window): string {
  for (const element of parent.document.querySelectorAll<HTMLIFrameElement>("iframe, frame")) {
    if (element.contentWindow === child) return element.src.slice(0, 2000);
  }
  return "";
}
