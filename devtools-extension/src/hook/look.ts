// Looking into memories: what changed, which pages have something in them, bytes, a search, a moment of all of it. Each
// look has a budget of time and goes on at the next one, so that an animating page keeps its frames.

import { fault } from "./faults.ts";
import { hashWords, isZero } from "./hash.ts";
import { bufferOf, ticks } from "./real.ts";
import type { MemoryEntry, Registry } from "./registry.ts";

/** Bytes between two looks at the clock. */
const STEP = 64 << 10;
/** Browsers round their clock, some to 100 ms: no look goes through more, whatever it says. */
const MAX_STEPS = 256;

/** Ends when a look has taken long enough. */
export class Budget {
  readonly #end: number;
  #steps = 0;

  constructor(ms: number) {
    this.#end = ticks() + ms;
  }

  /** To be asked after each step of work. */
  isUsedUp(): boolean {
    return ++this.#steps >= MAX_STEPS || ticks() >= this.#end;
  }
}

/** First page and how many, flat: `[3, 1, 8, 2]` are the pages 3, 8 and 9. */
export type Runs = number[];

/** The changes of one memory: a hash for each page. */
class Changes {
  readonly page: number;
  #hashes = new Uint32Array(0);
  /** Whether the page was seen before: 0 no, 1 yes. */
  #known = new Uint8Array(0);
  #isNew = true;
  #zeroHash: number;
  #cursor = 0;
  /** Pages that changed at one of the last looks are looked at first: what is written is written again. */
  #hot: number[] = [];
  /** While a moment is read out, pages that it has not come to yet are not seen for the first time here. */
  isHeld = false;

  constructor(page: number) {
    this.page = page;
    this.#zeroHash = hashWords(new Uint32Array(page / 4), 0, page / 4);
  }

  #resize(pages: number): void {
    if (pages <= this.#hashes.length) return;
    const from = this.#hashes.length;
    const hashes = new Uint32Array(pages);
    hashes.set(this.#hashes);
    const known = new Uint8Array(pages);
    known.set(this.#known);
    // A memory grows by zeros.
    if (!this.#isNew) {
      hashes.fill(this.#zeroHash, from);
      known.fill(1, from);
    }
    this.#isNew = false;
    this.#hashes = hashes;
    this.#known = known;
  }

  /** Forgets what the pages were. */
  forget(bytes: number): void {
    this.#resize(Math.ceil(bytes / this.page));
    this.#known.fill(0);
  }

  /** Takes note of a page as somebody was shown it. */
  note(page: number, words: Uint32Array, from: number, to: number): void {
    if (page >= this.#hashes.length) return;
    this.#hashes[page] = hashWords(words, from, to);
    this.#known[page] = 1;
  }

  /** Looks at pages until the budget is used up; those that changed. */
  look(buffer: ArrayBufferLike, near: readonly (readonly [number, number])[], budget: Budget): Runs {
    const pages = Math.floor(buffer.byteLength / this.page);
    this.#resize(pages);
    const words = wordsOf(buffer);
    const size = this.page / 4;
    const changed = new Set<number>();
    const seen = (page: number): void => {
      if (page >= pages || (this.isHeld && this.#known[page] === 0)) return;
      const hash = hashWords(words, page * size, (page + 1) * size);
      if (this.#known[page] === 1 && this.#hashes[page] !== hash) changed.add(page);
      this.#hashes[page] = hash;
      this.#known[page] = 1;
    };
    const perStep = Math.max(1, STEP / this.page);
    let inStep = 0;
    const isOver = (): boolean => ++inStep % perStep === 0 && budget.isUsedUp();
    let over = false;
    for (const page of this.#hot) {
      seen(page);
      if ((over = isOver())) break;
    }
    for (const [start, end] of near) {
      for (let page = Math.floor(start / this.page); page * this.page < end && page < pages && !over; page++) {
        seen(page);
        over = isOver();
      }
    }
    // The rest in turn; at least one step, so that it always goes on.
    let turn = 0;
    for (; turn < pages && (turn < perStep || !over); turn++) {
      if (this.#cursor >= pages) this.#cursor = 0;
      seen(this.#cursor++);
      over ||= isOver();
    }
    this.#hot = [...new Set([...changed, ...this.#hot])].slice(0, 512);
    return runsOf([...changed].sort((a, b) => a - b));
  }
}

export function runsOf(pages: readonly number[]): Runs {
  const runs: Runs = [];
  for (const page of pages) {
    const at = runs.length - 2;
    if (at >= 0 && runs[at]! + runs[at + 1]! === page) runs[at + 1]!++;
    else runs.push(page, 1);
  }
  return runs;
}

/** A view of all whole words; a memory may have 4 GB and more. */
function wordsOf(buffer: ArrayBufferLike): Uint32Array {
  return new Uint32Array(buffer, 0, Math.floor(buffer.byteLength / 4));
}

/** What the bridge wants to know of a memory at each look. */
export interface Subscription {
  memory: number;
  page: number;
  /** Addresses that are looked at first: from, to. */
  near: [number, number][];
}

/** All memories of a program at one moment, or one after the other if they are too large for that. */
interface Moment {
  entries: MemoryEntry[];
  /** Copies; null where pages are read as they are when they are asked for. */
  copies: (ArrayBufferLike | null)[];
}

export class Looker {
  readonly #registry: Registry;
  readonly #changes = new Map<number, Changes>();
  #turn = 0;
  #moment: Moment | null = null;
  #search: { memory: number; pattern: Uint8Array; at: number; hits: number[]; most: number } | null = null;

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  #buffer(memory: number): { entry: MemoryEntry; buffer: ArrayBufferLike } {
    const entry = this.#registry.memory(memory);
    if (!entry) throw fault("no-memory");
    const object = this.#registry.measure(entry, "looked");
    if (!object) throw fault("gone");
    return { entry, buffer: bufferOf(object) };
  }

  changes(subscriptions: Subscription[], budget: Budget): { memory: number; page: number; runs: Runs }[] {
    const wanted = new Set(subscriptions.map(({ memory }) => memory));
    for (const memory of this.#changes.keys()) {
      if (!wanted.has(memory)) this.#changes.delete(memory);
    }
    const found: { memory: number; page: number; runs: Runs }[] = [];
    // Another one is first each time, so that a large memory does not keep the others from their turn.
    const first = this.#turn++ % Math.max(1, subscriptions.length);
    for (const { memory, page, near } of [...subscriptions.slice(first), ...subscriptions.slice(0, first)]) {
      let changes = this.#changes.get(memory);
      if (changes?.page !== page) this.#changes.set(memory, changes = new Changes(page));
      const { buffer } = this.#buffer(memory);
      const runs = changes.look(buffer, near, budget);
      if (runs.length > 0) found.push({ memory, page, runs });
    }
    return found;
  }

  /** Bytes, fewer at the memory's end. */
  read(memory: number, address: number, length: number): Uint8Array {
    const { buffer } = this.#buffer(memory);
    const end = Math.min(buffer.byteLength, address + length);
    if (address >= end) return new Uint8Array();
    // A copy: a shared buffer can't be encoded.
    return new Uint8Array(buffer, address, end - address).slice();
  }

  write(memory: number, address: number, bytes: Uint8Array): void {
    const { buffer } = this.#buffer(memory);
    if (address + bytes.length > buffer.byteLength) throw fault("outside");
    new Uint8Array(buffer).set(bytes, address);
  }

  /** For pages from `start` on whether they have something in them, as far as the budget goes. */
  occupied(memory: number, start: number, end: number, page: number, budget: Budget): { runs: Runs; next: number } {
    const { buffer } = this.#buffer(memory);
    const stop = Math.min(end, buffer.byteLength);
    const words = wordsOf(buffer);
    const pages: number[] = [];
    let at = start;
    let scanned = 0;
    while (at < stop) {
      const next = Math.min(at + page, stop);
      if (!isZero(words, Math.floor(at / 4), Math.ceil(next / 4))) pages.push((at - start) / page);
      scanned += next - at;
      at = next;
      if (scanned >= STEP) {
        scanned = 0;
        if (budget.isUsedUp()) break;
      }
    }
    return { runs: runsOf(pages), next: at };
  }

  /** Holds the memories as they are now; copied if all are no more than `most` bytes. */
  freeze(memories: number[], most: number): { bytes: number[]; is_copy: boolean } {
    this.thaw();
    const all = memories.map((memory) => this.#buffer(memory));
    const total = all.reduce((sum, { buffer }) => sum + buffer.byteLength, 0);
    let copies: (ArrayBufferLike | null)[] = all.map(() => null);
    if (total <= most) {
      try {
        copies = all.map(({ buffer }) => buffer.slice(0));
      } catch { /* no room for a copy: read in place */ }
    }
    for (const { entry, buffer } of all) {
      const changes = this.#changes.get(entry.id);
      if (!changes) continue;
      changes.forget(buffer.byteLength);
      changes.isHeld = true;
    }
    this.#moment = { entries: all.map(({ entry }) => entry), copies };
    return { bytes: all.map(({ buffer }) => buffer.byteLength), is_copy: copies.every((copy) => copy !== null) };
  }

  /** The pages of a moment that are not zero, from a page on, until the budget or the room is used up. */
  momentPart(index: number, from: number, page: number, most: number, budget: Budget): { runs: Runs; bytes: Uint8Array; next: number; is_end: boolean } {
    const entry = this.#moment?.entries[index];
    if (!this.#moment || !entry) throw fault("no-moment");
    const buffer = this.#moment.copies[index] ?? this.#buffer(entry.id).buffer;
    const words = wordsOf(buffer);
    const pages = Math.floor(buffer.byteLength / page);
    const size = page / 4;
    const changes = this.#changes.get(entry.id);
    const isNoted = changes?.page === page;
    const found: number[] = [];
    const parts: Uint8Array[] = [];
    let at = from;
    for (; at < pages && parts.length * page < most; at++) {
      if (isNoted) changes.note(at, words, at * size, (at + 1) * size);
      if (!isZero(words, at * size, (at + 1) * size)) {
        found.push(at);
        parts.push(new Uint8Array(buffer, at * page, page));
      }
      if (((at - from) * page) % STEP === 0 && budget.isUsedUp()) {
        at++;
        break;
      }
    }
    const bytes = new Uint8Array(parts.length * page);
    parts.forEach((part, i) => bytes.set(part, i * page));
    return { runs: runsOf(found), bytes, next: at, is_end: at >= pages };
  }

  thaw(): void {
    this.#moment = null;
    for (const changes of this.#changes.values()) changes.isHeld = false;
  }

  search(memory: number, pattern: Uint8Array, from: number, most: number): void {
    this.#search = pattern.length > 0 ? { memory, pattern, at: from, hits: [], most } : null;
  }

  /** Goes on searching; null if nothing is searched. */
  searched(budget: Budget): { memory: number; hits: number[]; searched_to: number; is_done: boolean } | null {
    const search = this.#search;
    if (!search) return null;
    const { buffer } = this.#buffer(search.memory);
    const { pattern, hits } = search;
    const bytes = new Uint8Array(buffer);
    const last = bytes.length - pattern.length;
    let isOver = false;
    while (search.at <= last && hits.length < search.most && !isOver) {
      const end = Math.min(search.at + STEP, last + 1);
      // `indexOf` of the first byte is the engine's own, and fast.
      const part = bytes.subarray(search.at, end);
      for (let at = part.indexOf(pattern[0]!); at >= 0 && hits.length < search.most; at = part.indexOf(pattern[0]!, at + 1)) {
        const address = search.at + at;
        if (pattern.every((byte, i) => bytes[address + i] === byte)) hits.push(address);
      }
      search.at = end;
      isOver = budget.isUsedUp();
    }
    return { memory: search.memory, hits, searched_to: Math.min(search.at, bytes.length), is_done: search.at > last || hits.length >= search.most };
  }

  endSearch(): void {
    this.#search = null;
  }
}
