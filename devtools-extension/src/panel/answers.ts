// The forms of the agent's answers (src/hook/agent.ts).

import type { Extern } from "../contract.ts";
import { MAX_CALLS, MAX_EXTERNS, MAX_GROWTH, MAX_HITS } from "../contract.ts";
import type { LookAnswer, LocalUnseen } from "../hook/agent.ts";
import { MAX_LOCAL_ID } from "../hook/ids.ts";
import type { Runs } from "../hook/look.ts";
import { type Read, Unreadable, flag, integer, list, matching, nullable, number, oneOf, record, text } from "./checked.ts";
import type { SavedValue } from "./protocol.ts";

const id: Read<number> = (value, what) => {
  if (integer(value, what) >= MAX_LOCAL_ID) throw new Unreadable(what);
  return value as number;
};
const name = text(500);
const url = text(2000);
/** Milliseconds since 1970, as far as JavaScript counts them. */
const moment: Read<number> = (value, what) => Math.round(Math.min(number(value, what), 8.64e15));
/** More than any browser gives a memory. */
const MAX_MEMORY = 2 ** 36;
const memoryBytes: Read<number> = (value, what) => {
  if (integer(value, what) > MAX_MEMORY) throw new Unreadable(what);
  return value as number;
};
/** A limit of all that can be addressed by 64 bits is none. */
const limit: Read<number | null> = (value, what) => (value === null || number(value, what) > Number.MAX_SAFE_INTEGER ? null : integer(value, what));
const kind = oneOf("function", "table", "memory", "global", "tag");
const runs = list(integer, 1 << 20);

const imported: Read<Extern> = record<Required<Extern>>({ module: name, name, kind });
const exported: Read<Extern> = record<{ name: string; kind: Extern["kind"] }>({ name, kind });

export const lookAnswer: Read<LookAnswer> = record<LookAnswer>({
  token: text(64),
  hook: oneOf("late", "start"),
  counts_calls: flag,
  revision: integer,
  is_part: flag,
  modules: list(record<LookAnswer["modules"][number]>({
    id, url: nullable(url), name: nullable(name), bytes: nullable(integer), hash: nullable(matching(/^[0-9a-f]{1,32}$/)),
    how: oneOf("instantiate", "instantiate-streaming", "compile", "compile-streaming", "new-module", "received"),
    at_ms: moment, took_ms: nullable(number),
    error: nullable(record({ kind: oneOf("CompileError", "LinkError", "RuntimeError", "other"), message: text(1000) })),
    imports: list(imported, MAX_EXTERNS), exports: list(exported, MAX_EXTERNS),
    custom_sections: list(record({ name, bytes: integer }), MAX_EXTERNS), has_bytes: flag,
  }), 2000),
  instances: list(record<LookAnswer["instances"][number]>({
    id, module: id, at_ms: moment, memories: list(nullable(id), 1000), tables: list(id, 1000), extern_refs: nullable(integer),
  }), 2000),
  memories: list(record<LookAnswer["memories"][number]>({
    id, name: nullable(name), how: oneOf("exported", "imported", "created", "found"), at_ms: moment, bytes: memoryBytes,
    minimum_bytes: limit, maximum_bytes: limit, shared: flag, is_64: flag, is_gone: flag,
    growth: list(record({ at_ms: moment, bytes: memoryBytes, how: oneOf("found", "javascript", "looked"), stack: list(text(300), 32) }), MAX_GROWTH),
  }), 2000),
  tables: list(record<LookAnswer["tables"][number]>({
    id, name: nullable(name), element: oneOf("funcref", "externref", "other"), length: integer, used: nullable(integer),
  }), 2000),
  removed: list(id, 20_000),
  calls: nullable(list(record({
    instance: id, direction: oneOf("in", "out"), name, count: integer, threw: integer, total_ms: number, own_ms: number,
    longest_ms: number, value_bytes: number,
  }), MAX_CALLS)),
  unseen: nullable(list(record<LocalUnseen>({
    what: oneOf("before-hook", "cross-origin-frame", "worker", "private-memory", "private-table", "es-module", "frozen", "foreign-hook", "calls", "too-many"),
    subject: name,
  }), 500)),
  changed: list(record({ memory: id, page: integer, runs }), 100),
  watches: list(nullable(matching(/^[0-9a-f]{0,128}$/)), 100),
  search: nullable(record({ memory: id, hits: list(integer, MAX_HITS), searched_to: integer, is_done: flag })),
  took_ms: number,
});

export interface FoundFrames {
  token: string;
  url: string;
  frames: { path: number[]; token: string | null; url: string; is_reachable: boolean }[];
}

export const foundFrames: Read<FoundFrames> = record<FoundFrames>({
  token: text(64),
  url,
  frames: list(record({ path: list(integer, 50), token: nullable(text(64)), url, is_reachable: flag }), 200),
});

export const frozen = record({ bytes: list(memoryBytes, 1000), is_copy: flag });
export const momentPart = record({ runs, next: integer, is_end: flag, base64: text(16 << 20) });
export const occupied = record({ runs, next: integer });
export const globals: Read<(SavedValue | null)[]> = list(nullable(record({ type: oneOf("i32", "i64", "f32", "f64"), bits: matching(/^0x[0-9a-f]{1,16}$/) })), 1_000_000);

/** Runs (src/hook/look.ts) as pages, rising, all below `end`. */
export function pagesOf(flat: Runs, end: number): number[] {
  const pages: number[] = [];
  for (let i = 0; i + 1 < flat.length; i += 2) {
    const [first, count] = [flat[i]!, flat[i + 1]!];
    if (first <= (pages.at(-1) ?? -1) || first + count > end) throw new Unreadable("pages");
    for (let page = first; page < first + count; page++) pages.push(page);
  }
  return pages;
}
