// memviz' live protocol (memviz/src/protocol.rs): the messages that the bridge takes and gives, and their frames.

import { strings } from "../strings.ts";

export const PROTOCOL_VERSION = 1;
export const MAX_FRAME = 64 << 20;

export interface MemoryType {
  name: string | null;
  import: [string, string] | null;
  minimum_bytes: number;
  maximum_bytes: number | null;
  is_64: boolean;
  shared: boolean;
}

export interface ModuleIdentity {
  build_id: string;
  name: string | null;
}

export interface SavedValue {
  type: string;
  bits: string;
}

export interface GrowthEvent {
  at_ms: number;
  memory: number;
  bytes: number;
  stack: string[];
}

export type Request =
  | { request: "pages"; memory: number; start: number; end: number; page_bytes: number }
  | { request: "read"; memory: number; address: number; length: number }
  | { request: "write"; memory: number; address: number }
  | { request: "subscribe"; memory: number; page_bytes: number; every_ms: number }
  | { request: "unsubscribe"; memory: number }
  | { request: "globals" }
  | { request: "module" }
  | { request: "snapshot"; label: string | null };

export type Event =
  | { event: "hello"; version: number; module: ModuleIdentity; engine: string; memories: { type: MemoryType; bytes: number }[] }
  | { event: "pages"; memory: number; start: number; page_bytes: number }
  | { event: "bytes"; memory: number; address: number }
  | { event: "changed"; memory: number; page_bytes: number }
  | ({ event: "grew" } & GrowthEvent)
  | { event: "globals"; values: (SavedValue | null)[] }
  | { event: "module" }
  | { event: "snapshot" }
  | { event: "done" }
  | { event: "error"; message: string };

const utf8 = new TextEncoder();

/** A frame's bytes. Throws if there are more than a frame may have. */
export function encode(id: number | null, message: Event | Request, bytes: Uint8Array = new Uint8Array()): Uint8Array {
  const json = utf8.encode(JSON.stringify(id === null ? message : { id, ...message }));
  const length = 4 + json.length + bytes.length;
  if (length > MAX_FRAME) throw new RangeError(strings.messageLength(length));
  const frame = new Uint8Array(4 + length);
  const view = new DataView(frame.buffer);
  view.setUint32(0, length, true);
  view.setUint32(4, json.length, true);
  frame.set(json, 8);
  frame.set(bytes, 8 + json.length);
  return frame;
}

/** Takes bytes as they come and gives whole frames. */
export class Decoder<M> {
  #received: Uint8Array = new Uint8Array();

  push(bytes: Uint8Array): { id: number | null; message: M; bytes: Uint8Array }[] {
    const all = new Uint8Array(this.#received.length + bytes.length);
    all.set(this.#received);
    all.set(bytes, this.#received.length);
    const view = new DataView(all.buffer);
    const frames: { id: number | null; message: M; bytes: Uint8Array }[] = [];
    let at = 0;
    while (all.length - at >= 8) {
      const length = view.getUint32(at, true);
      const json = view.getUint32(at + 4, true);
      if (length > MAX_FRAME || json + 4 > length) throw new RangeError(strings.badFrame);
      if (all.length - at < 4 + length) break;
      const body = all.subarray(at + 8, at + 8 + json);
      const { id, ...message } = JSON.parse(new TextDecoder().decode(body)) as { id?: number };
      frames.push({ id: id ?? null, message: message as M, bytes: all.slice(at + 8 + json, at + 4 + length) });
      at += 4 + length;
    }
    this.#received = all.slice(at);
    return frames;
  }
}

/** Bits, the lowest first. */
export function bitsOf(pages: readonly number[], count: number): Uint8Array {
  const bits = new Uint8Array(Math.ceil(count / 8));
  for (const page of pages) {
    if (page < count) bits[page >> 3]! |= 1 << (page & 7);
  }
  return bits;
}
