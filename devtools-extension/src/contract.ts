// What the two halves of the panel say to each other: the app (Rust, the web bundle of profiler-ui) shows; the bridge
// (this folder) talks to the page that is inspected.
//
//   bridge → app   `App.set_page(json)`: a `Page`, the inventory of what was found, whole each time it changed
//   app → bridge   the callback of `App.start_panel`: one `Command` as JSON
//   app → around   the event `app-language` on the window: the app speaks another language, its tag is the `detail`
//   both ways      `Link`: frames of memviz' live protocol (memviz/src/protocol.rs), the bridge is the engine
//
// JSON keys are in snake_case, tags in kebab-case, as in memviz' protocol. All sizes are bytes, all times milliseconds
// since 1970 unless a name says otherwise. Everything in a `Page` that is a string comes from the page that is
// inspected, and is hostile: show it as text. A reader skips keys that it does not know.

/** In `Page.version`. Another number: what an older reader can't read right. */
export const CONTRACT_VERSION = 1;

/** An id of a frame, module, instance, memory or table: unique in one load of the page, never used again in it. */
export type Id = number;

// The inventory.

export interface Page {
  version: typeof CONTRACT_VERSION;
  /** Address of the top frame. */
  url: string;
  /** Counts loads of the page: another number, and all ids of before mean nothing any more. */
  load: number;
  hook: HookState;
  /** Whether calls across the boundary are counted in this load. It needs a reload with `count_calls`. */
  counts_calls: boolean;
  /** The optional permission by which each page is hooked from its start. */
  always_on: "granted" | "not-granted" | "not-there";
  /** What the link shows now, if `attach` was asked for and it could be had. */
  attached: { memory: Id; instance: Id | null; memory_index: number } | null;
  frames: Frame[];
  modules: Module[];
  instances: Instance[];
  memories: Memory[];
  tables: Table[];
  /** Those that were called most of their time first; at most `MAX_CALLS`. */
  calls: BoundaryCalls[];
  /** What there is, or may be, and can't be seen. */
  unseen: Unseen[];
  watches: Watch[];
  search: Search | null;
  /** What the open panel cost the page's main thread in the last second, in milliseconds. */
  cost_ms: number;
}

/**
 * How the page's wasm was found.
 * - `none`: nothing runs in the page; say "Reload with hook".
 * - `late`: the hook came when the page already ran: it sees what comes from now on, and what lies in global variables.
 * - `start`: the hook was there before the page's first script.
 * - `unreachable`: the page can't be asked (an internal page of the browser, a crash, a dialog).
 */
export type HookState = "none" | "late" | "start" | "unreachable";

export interface Frame {
  id: Id;
  parent: Id | null;
  url: string;
  hook: HookState;
}

export interface Module {
  id: Id;
  frame: Id;
  /** Where its bytes came from, if a response says so. */
  url: string | null;
  /** Its own name (name section). */
  name: string | null;
  /** Size of its bytes; null if they are not known (a module that another frame or worker compiled). */
  bytes: number | null;
  /** A hash (64 bits, not cryptographic) of its bytes in hexadecimal: equal bytes, equal hash. */
  hash: string | null;
  how: HowCompiled;
  at_ms: number;
  /** How long compiling (with `instantiate`: and instantiating) took. */
  took_ms: number | null;
  /** Why it could not be compiled or instantiated. A module with an error has no instance. */
  error: { kind: "CompileError" | "LinkError" | "RuntimeError" | "other"; message: string } | null;
  imports: Extern[];
  exports: Extern[];
  custom_sections: { name: string; bytes: number }[];
  /** Whether the module's bytes can be loaded (`load-module`). */
  has_bytes: boolean;
}

export type HowCompiled =
  | "instantiate"
  | "instantiate-streaming"
  | "compile"
  | "compile-streaming"
  | "new-module"
  /** The page got it from elsewhere (a message of a worker, IndexedDB): seen when it was instantiated. */
  | "received";

/** An import (with `module`) or export. At most `MAX_EXTERNS` are told of each list. */
export interface Extern {
  module?: string;
  name: string;
  kind: "function" | "table" | "memory" | "global" | "tag";
}

export interface Instance {
  id: Id;
  frame: Id;
  module: Id;
  at_ms: number;
  /** The memories by the module's index; null for one that has no object in JavaScript (see `unseen`). */
  memories: (Id | null)[];
  tables: Id[];
  /** Live references of a program that uses the `wasm` crate (`ExternRef`); null for another program. */
  extern_refs: number | null;
}

export interface Memory {
  id: Id;
  frame: Id;
  /** What it is called: an export or import, as `env.memory`; null for one that only JavaScript holds. */
  name: string | null;
  how: "exported" | "imported" | "created" | "found";
  at_ms: number;
  /** Size now; 0 if it is gone. */
  bytes: number;
  /** Limits as the module declares them or as JavaScript made it, as far as that is known. */
  minimum_bytes: number | null;
  maximum_bytes: number | null;
  shared: boolean;
  is_64: boolean;
  /** Collected by the garbage collector, or its frame is gone: nothing can be read any more. */
  is_gone: boolean;
  /** Size over time, the first entry when it was found; at most `MAX_GROWTH`, the oldest but the first go. */
  growth: Growth[];
}

export interface Growth {
  at_ms: number;
  bytes: number;
  /** How it was noticed. A `memory.grow` instruction is seen by looking, so `at_ms` is up to one look late. */
  how: "found" | "javascript" | "looked";
  /** Where JavaScript grew it, innermost first. */
  stack: string[];
}

export interface Table {
  id: Id;
  frame: Id;
  name: string | null;
  element: "funcref" | "externref" | "other";
  length: number;
  /** Entries that are neither null nor undefined; null while nobody counted (tables beyond 100,000 entries). */
  used: number | null;
}

/** Calls between JavaScript and wasm through one import or export of an instance. */
export interface BoundaryCalls {
  instance: Id;
  /** `in`: JavaScript calls an export; `out`: wasm calls an import. */
  direction: "in" | "out";
  /** `name` of an export, `module.name` of an import. */
  name: string;
  count: number;
  /** How many ended by an exception. */
  threw: number;
  /** With what it called, and without what it called across the boundary. Browsers round their clock: sums are right. */
  total_ms: number;
  own_ms: number;
  longest_ms: number;
  /** Arguments and results by their types: i32, f32 and references 4, i64 and f64 8, v128 16. */
  value_bytes: number;
}

/** Something that can't be seen, with the reason in words for the user. */
export interface Unseen {
  what:
    | "before-hook"
    | "cross-origin-frame"
    | "worker"
    | "private-memory"
    | "private-table"
    | "es-module"
    | "frozen"
    | "foreign-hook"
    | "calls"
    | "too-many";
  /** What it is about: a URL, a name. */
  subject: string;
  /** In the language of the app; the bridge's own words. */
  reason: string;
}

/** A place that is looked at each time; see the command `watch`. */
export interface Watch {
  memory: Id;
  address: number;
  length: number;
  /** The bytes now, in hexadecimal; shorter where the memory ends. */
  hex: string;
  /** How often it was seen to change, and when last. */
  changes: number;
  changed_at_ms: number | null;
}

/** What the last `search` found so far. */
export interface Search {
  memory: Id;
  hex: string;
  /** Addresses, rising; at most `MAX_HITS`. */
  hits: number[];
  /** How far it got; it is done when that is the memory's end, or when there are too many hits. */
  searched_to: number;
  is_done: boolean;
}

export const MAX_CALLS = 2000;
export const MAX_EXTERNS = 2000;
export const MAX_GROWTH = 500;
export const MAX_HITS = 1000;
/** Of what is beyond, `unseen` says how many. */
export const MAX_MEMORIES = 5000;
export const MAX_MODULES = 5000;
export const MAX_INSTANCES = 5000;
export const MAX_TABLES = 5000;
/** Copies of modules' bytes in a frame, all together; beyond, a module is known without its bytes. */
export const MAX_MODULE_BYTES = 256 << 20;

// The commands.

export type Command =
  /**
   * Show a memory with the program that it belongs to. The bridge opens the module (`App.open_file`) if it has its bytes
   * and it is not the one that it opened last, then calls `App.attach`. Null: no more.
   */
  | { command: "attach"; memory: Id | null }
  /** Open the module's bytes in the app: the bridge calls `App.open_file`. */
  | { command: "load-module"; module: Id }
  /** Reload the page with the hook in it, and count the calls across the boundary if asked for. */
  | { command: "reload"; count_calls: boolean }
  /** Ask for, or give back, the permission for all pages. To be sent straight from a click. */
  | { command: "always-on"; enabled: boolean }
  /** Forget the counts of the calls. */
  | { command: "clear-calls" }
  /** Save a snapshot of what is attached, with its module. */
  | { command: "save-snapshot"; label: string | null }
  /** Open snapshot and module of what is attached in a tab of its own. */
  | { command: "open-in-tab" }
  /** Look at these bytes (at most 64) each time. */
  | { command: "watch"; memory: Id; address: number; length: number }
  | { command: "unwatch"; memory: Id; address: number }
  /** Search all of a memory, in the page, for bytes in hexadecimal (1 to 256), from an address on. Null ends it. */
  | { command: "search"; memory: Id; hex: string; from: number }
  | { command: "end-search" };

// The app, as the bridge sees it: the exports of profiler-ui.js.

export interface App {
  /** wasm-bindgen's own: loads and starts the app on the canvas `app`. */
  default(input: { module_or_path: WebAssembly.Module }): Promise<unknown>;
  /** Before anything else below: shows the panel's layout; each command of the user goes to `on_command` as JSON. */
  start_panel(on_command: (command: string) => void): void;
  set_page(page: string): void;
  set_theme(theme: "dark" | "light"): void;
  /** Shows what the link's engine tells, from `hello` on. What was attached before is let go. */
  attach(link: Link): void;
  detach(): void;
  /** There is something to receive: draw soon. */
  wake(): void;
  open_file(name: string, bytes: Uint8Array): void;
  /** The build id of a module's bytes, as `hello` names it; undefined if they are no module. */
  build_id(module: Uint8Array): string | undefined;
  state_json(): string | undefined;
}

/** `profiler_ui::live::Link`, in JavaScript. */
export interface Link {
  /** Bytes for the engine. */
  send(bytes: Uint8Array): void;
  /** What came since the last call: bytes; a text when nothing will come any more, and why; undefined for nothing. */
  receive(): Uint8Array | string | undefined;
  /** The app has let go of it. */
  close(): void;
}
