// memviz' snapshot files (memviz/src/snapshot.rs).

import type { GrowthEvent, MemoryType, ModuleIdentity, SavedValue } from "./protocol.ts";

export const SNAPSHOT_PAGE = 4096;
/** Pages of one block. */
const BLOCK = 256;
const MAGIC = new Uint8Array([0x89, 0x4d, 0x45, 0x4d, 0x56, 0x49, 0x5a, 0x0a]);
const VERSION = 1;

export interface Header {
  module: ModuleIdentity;
  taken_at_ms: number;
  label: string | null;
  engine: string;
  memories: { type: MemoryType; bytes: number }[];
  globals: (SavedValue | null)[];
  growth: GrowthEvent[];
}

/** Takes pages, rising, and packs them into the blocks of one memory. */
export class MemoryWriter {
  readonly #blocks: Uint8Array[] = [];
  #first = 0;
  #pages: Uint8Array[] = [];
  /** Bytes so far. */
  length = 4;

  /** `bytes` are the contents of one page after the other. */
  async add(pages: readonly number[], bytes: Uint8Array): Promise<void> {
    for (const [i, page] of pages.entries()) {
      if (this.#pages.length === BLOCK || this.#first + this.#pages.length !== page) await this.#flush();
      if (this.#pages.length === 0) this.#first = page;
      this.#pages.push(bytes.subarray(i * SNAPSHOT_PAGE, (i + 1) * SNAPSHOT_PAGE));
    }
  }

  async #flush(): Promise<void> {
    if (this.#pages.length === 0) return;
    const packed = await zlib(this.#pages);
    const head = new Uint8Array(16);
    const view = new DataView(head.buffer);
    view.setBigUint64(0, BigInt(this.#first), true);
    view.setUint32(8, this.#pages.length, true);
    view.setUint32(12, packed.length, true);
    this.#blocks.push(head, packed);
    this.length += head.length + packed.length;
    this.#pages = [];
  }

  /** The memory's part of the file. */
  async finish(): Promise<Uint8Array[]> {
    await this.#flush();
    return [u32(this.#blocks.length / 2), ...this.#blocks];
  }
}

export function snapshotFile(header: Header, memories: readonly (readonly Uint8Array[])[]): Uint8Array<ArrayBuffer> {
  const json = new TextEncoder().encode(JSON.stringify(header));
  return concat([MAGIC, u32(VERSION), u32(json.length), json, ...memories.flat()]);
}

function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}

export function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** In zlib's format, which browsers call `deflate`. */
async function zlib(parts: readonly Uint8Array[]): Promise<Uint8Array> {
  const packed = new Blob(parts as readonly Uint8Array<ArrayBuffer>[] as Uint8Array<ArrayBuffer>[]).stream().pipeThrough(new CompressionStream("deflate"));
  return new Uint8Array(await new Response(packed).arrayBuffer());
}
