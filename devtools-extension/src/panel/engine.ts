// The engine of memviz' live protocol that stands for a program in the page: an instance with its memories, or a memory
// that only JavaScript has. The app asks through a `Link`; what the page must be asked goes through `Target`.

import type { Growth, Link, Memory } from "../contract.ts";
import { MAX_GROWTH } from "../contract.ts";
import { fromBase64, toBase64 } from "../hook/base64.ts";
import type { Runs, Subscription } from "../hook/look.ts";
import { strings } from "../strings.ts";
import { globals, frozen, momentPart, occupied, pagesOf } from "./answers.ts";
import { Unreadable, parse, text } from "./checked.ts";
import { Decoder, type Event, type GrowthEvent, MAX_FRAME, type MemoryType, type ModuleIdentity, PROTOCOL_VERSION, type Request, bitsOf, encode } from "./protocol.ts";
import { type Header, MemoryWriter, SNAPSHOT_PAGE, concat, snapshotFile } from "./snapshot.ts";

/** Of one answer of the page: texts beyond take longer than their length says. */
const PART = 256 << 10;
/** A moment of memories up to this size is copied at once, 10 ms of the page's time; beyond, they are read while it runs. */
const COPY_AT_ONCE = 64 << 20;
/** A moment that is saved on demand may stop the page for longer. */
const COPY_TO_SAVE = 1 << 30;
/** Milliseconds of the page's time that one part of a larger task takes, and the pause behind it. */
const SLICE_MS = 5;
const PAUSE_MS = 25;
/** Reads that are this old are not what the app shows any more, in milliseconds. */
const NEAR_MS = 3000;
const MAX_PAGE = 1 << 20;
/** Growth that a snapshot tells of: that of some memories. */
const MAX_EVENTS = 10 * MAX_GROWTH;

/** The page, as far as one program goes. Methods of its agent; they throw if the page can't be asked. */
export interface Target {
  call(method: string, ...args: unknown[]): Promise<unknown>;
}

/** The program. Ids are the agent's. */
export interface Program {
  engine: string;
  module: ModuleIdentity;
  /** The module's bytes, if they are known. */
  bytes: Uint8Array | null;
  instance: number | null;
  /** By the module's index; without an id if JavaScript has no object for it. */
  memories: { id: number | null; type: MemoryType; bytes: number; growth: Growth[] }[];
}

export class Engine implements Link {
  readonly program: Program;
  readonly #target: Target;
  readonly #wake: () => void;
  readonly #decoder = new Decoder<Request>();
  #out: (Uint8Array | string)[] = [];
  #isOver = false;
  readonly #subscribed = new Map<number, number>();
  readonly #near: { memory: number; range: [number, number]; at: number }[] = [];
  /** The last entry of each memory's growth that was told. */
  readonly #told = new Map<number, Growth>();
  /** When memories grew, as far as it was told. */
  readonly #growth: GrowthEvent[] = [];
  /** Moments are read out one after the other. */
  #moments: Promise<unknown> = Promise.resolve();

  /** Says hello. `wake` is called when there is something to receive. */
  constructor(target: Target, program: Program, wake: () => void) {
    this.program = program;
    this.#target = target;
    this.#wake = wake;
    const memories = program.memories.map(({ type, bytes }) => ({ type, bytes }));
    this.#tell(null, { event: "hello", version: PROTOCOL_VERSION, module: program.module, engine: program.engine, memories });
    for (const { id, growth } of program.memories) {
      if (id !== null) this.#grew(id, growth);
    }
  }

  // The app's side.

  send(bytes: Uint8Array): void {
    if (this.#isOver) return;
    try {
      for (const { id, message, bytes: with_ } of this.#decoder.push(bytes)) void this.#answer(id, message, with_);
    } catch (error) {
      this.end(strings.notSpoken(error instanceof Error ? error.message : String(error)));
    }
  }

  receive(): Uint8Array | string | undefined {
    return this.#out.shift();
  }

  close(): void {
    this.#isOver = true;
    this.#out = [];
    this.#subscribed.clear();
  }

  // The bridge's side.

  get isOver(): boolean {
    return this.#isOver;
  }

  /** The program is gone. */
  end(reason: string): void {
    if (this.#isOver) return;
    this.close();
    this.#out.push(reason);
    this.#wake();
  }

  /** What the page is to look at for changes. */
  subscriptions(): Subscription[] {
    const now = Date.now();
    const recent = this.#near.filter(({ at }) => now - at < NEAR_MS).slice(-16);
    this.#near.splice(0, this.#near.length, ...recent);
    return [...this.#subscribed].flatMap(([memory, page]) => {
      const id = this.program.memories[memory]?.id;
      if (id == null) return [];
      return [{ memory: id, page, near: recent.filter((one) => one.memory === memory).map(({ range }) => range) }];
    });
  }

  /** Pages of a memory changed. */
  changed(id: number, page: number, runs: Runs): void {
    const memory = this.program.memories.findIndex((one) => one.id === id);
    if (memory < 0 || this.#subscribed.get(memory) !== page) return;
    const pages = pagesOf(runs, Math.ceil((this.program.memories[memory]?.bytes ?? 0) / page) + 1);
    const last = pages.at(-1);
    if (last !== undefined) this.#tell(null, { event: "changed", memory, page_bytes: page }, bitsOf(pages, last + 1));
  }

  /** What the inventory says of a memory now. */
  measured(id: number, { growth, bytes, is_gone }: Pick<Memory, "growth" | "bytes" | "is_gone">): void {
    const memory = this.program.memories.findIndex((one) => one.id === id);
    const known = this.program.memories[memory];
    if (!known || this.#isOver) return;
    if (is_gone) {
      this.end(strings.letGo);
      return;
    }
    known.bytes = bytes;
    this.#grew(id, growth);
  }

  /** Tells of what was not told yet. The first entry of all is when the memory was found. */
  #grew(id: number, growth: readonly Growth[]): void {
    const memory = this.program.memories.findIndex((one) => one.id === id);
    const told = this.#told.get(id);
    const from = told ? growth.findIndex((one) => one.at_ms === told.at_ms && one.bytes === told.bytes) + 1 : 1;
    for (const { at_ms, bytes, stack } of growth.slice(Math.max(1, from))) {
      const event = { at_ms, memory, bytes, stack };
      this.#growth.push(event);
      if (this.#growth.length > MAX_EVENTS) this.#growth.shift();
      this.#tell(null, { event: "grew", ...event });
    }
    const last = growth.at(-1);
    if (last) this.#told.set(id, last);
  }

  /** A snapshot's file of now; stops the page while memories are copied. */
  save(label: string | null): Promise<Uint8Array<ArrayBuffer>> {
    return this.#moment(label, COPY_TO_SAVE, 1 << 30);
  }

  #tell(id: number | null, event: Event, bytes?: Uint8Array): void {
    if (this.#isOver) return;
    this.#out.push(encode(id, event, bytes));
    this.#wake();
  }

  async #answer(id: number | null, request: Request, bytes: Uint8Array): Promise<void> {
    try {
      await this.#carryOut(id, request, bytes);
    } catch (error) {
      this.#tell(id, { event: "error", message: error instanceof Error ? error.message : String(error) });
    }
  }

  #memory(index: number): number {
    const memory = this.program.memories[index];
    if (!memory) throw new RangeError(strings.noMemory(index));
    if (memory.id === null) throw new RangeError(strings.privateMemory(index));
    return memory.id;
  }

  async #carryOut(id: number | null, request: Request, bytes: Uint8Array): Promise<void> {
    switch (request.request) {
      case "read": {
        const { memory, address, length } = request;
        this.#near.push({ memory, range: [address, address + length], at: Date.now() });
        this.#tell(id, { event: "bytes", memory, address }, await this.#read(this.#memory(memory), address, Math.min(length, MAX_FRAME - 4096)));
        break;
      }
      case "pages": {
        const { memory, start, page_bytes } = request;
        const page = pageSize(page_bytes);
        const end = Math.min(request.end, this.program.memories[memory]?.bytes ?? 0);
        const pages: number[] = [];
        for (let at = start; at < end;) {
          const part = parse(await this.#target.call("occupied", this.#memory(memory), at, end, page, SLICE_MS), occupied, "pages");
          const first = (at - start) / page;
          for (const one of pagesOf(part.runs, (end - at) / page + 1)) pages.push(first + one);
          if (part.next <= at) break;
          at = part.next;
          if (at < end) await pause();
        }
        this.#tell(id, { event: "pages", memory, start, page_bytes: page }, bitsOf(pages, Math.ceil(Math.max(0, end - start) / page)));
        break;
      }
      case "write": {
        const memory = this.#memory(request.memory);
        for (let at = 0; at < bytes.length; at += PART) {
          await this.#target.call("write", memory, request.address + at, toBase64(bytes.subarray(at, at + PART)));
        }
        this.#tell(id, { event: "done" });
        break;
      }
      case "subscribe":
        this.#subscribed.set(request.memory, pageSize(request.page_bytes));
        this.#tell(id, { event: "done" });
        break;
      case "unsubscribe":
        this.#subscribed.delete(request.memory);
        this.#tell(id, { event: "done" });
        break;
      case "globals":
        this.#tell(id, { event: "globals", values: await this.#globals() });
        break;
      case "module":
        if (!this.program.bytes) throw new Error(strings.noBytes);
        this.#tell(id, { event: "module" }, this.program.bytes);
        break;
      case "snapshot":
        this.#tell(id, { event: "snapshot" }, await this.#moment(request.label, COPY_AT_ONCE, MAX_FRAME - (1 << 20)));
        break;
      default:
        throw new Error(strings.notAsked);
    }
  }

  async #read(memory: number, address: number, length: number): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    for (let at = 0; at < length; at += PART) {
      const wanted = Math.min(PART, length - at);
      const part = bytesOf(await this.#target.call("read", memory, address + at, wanted), wanted);
      parts.push(part);
      if (part.length < wanted) break;
    }
    return concat(parts);
  }

  async #globals(): Promise<Header["globals"]> {
    if (this.program.instance === null) return [];
    return parse(await this.#target.call("globals", this.program.instance), globals, "globals");
  }

  /** One moment after the other: the page holds only one. */
  #moment(label: string | null, copyAtOnce: number, most: number): Promise<Uint8Array<ArrayBuffer>> {
    const moment = this.#moments.then(() => this.#takeMoment(label, copyAtOnce, most));
    this.#moments = moment.catch(() => undefined);
    return moment;
  }

  async #takeMoment(label: string | null, copyAtOnce: number, most: number): Promise<Uint8Array<ArrayBuffer>> {
    const seen = this.program.memories.flatMap(({ id }, index) => (id === null ? [] : [{ id, index }]));
    const taken = Date.now();
    const held = parse(await this.#target.call("freeze", seen.map(({ id }) => id), copyAtOnce), frozen, "a moment");
    try {
      const values = await this.#globals();
      const memories = this.program.memories.map(() => new MemoryWriter());
      let length = 0;
      for (const [i, { index }] of seen.entries()) {
        const bytes = held.bytes[i] ?? 0;
        const writer = memories[index]!;
        const before = length;
        for (let at = 0, isEnd = bytes === 0; !isEnd;) {
          const part = parse(await this.#target.call("momentPart", i, at, SNAPSHOT_PAGE, PART, SLICE_MS), momentPart, "a moment");
          const pages = pagesOf(part.runs, bytes / SNAPSHOT_PAGE);
          const contents = bytesOf(part.base64, PART + SNAPSHOT_PAGE);
          if (contents.length !== pages.length * SNAPSHOT_PAGE || (part.next <= at && !part.is_end) || (pages[0] ?? at) < at) throw new Unreadable("a moment");
          await writer.add(pages, contents);
          length = before + writer.length;
          if (length > most) throw new RangeError(strings.momentTooLarge(most >> 20));
          at = part.next;
          isEnd = part.is_end || this.#isOver;
          if (!isEnd) await pause();
        }
      }
      const states = this.program.memories.map(({ type, id }) => ({ type, bytes: id === null ? 0 : held.bytes[seen.findIndex((one) => one.id === id)] ?? 0 }));
      const took = Date.now() - taken;
      const how = held.is_copy ? label : [label, strings.readOver((took / 1000).toFixed(1))].filter(Boolean).join(", ");
      const header: Header = { module: this.program.module, taken_at_ms: taken, label: how, engine: this.program.engine, memories: states, globals: values, growth: this.#growth };
      return snapshotFile(header, await Promise.all(memories.map((writer) => writer.finish())));
    } finally {
      await this.#target.call("thaw").catch(() => undefined);
    }
  }
}

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, PAUSE_MS));

function pageSize(bytes: number): number {
  if (bytes < 64 || bytes > MAX_PAGE || (bytes & (bytes - 1)) !== 0) throw new RangeError(strings.pageLength(bytes));
  return bytes;
}

/** Bytes that the page gave as text. */
export function bytesOf(answer: unknown, most: number): Uint8Array {
  const bytes = fromBase64(text(Math.ceil(most / 3) * 4 + 4)(answer, "bytes"));
  if (bytes.length > most) throw new Unreadable("bytes");
  return bytes;
}
