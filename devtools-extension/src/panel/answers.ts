// The forms of the agent's answers (src/hook/agent.ts).

import type { Extern } from "../contract.ts";
import { MAX_CALLS, MAX_EXTERNS, MAX_GROWTH, MAX_HITS } from "../contract.ts";
import type { LookAnswer, SavedGlobal } from "../hook/agent.ts";
import { MAX_LOCAL_ID } from "../hook/ids.ts";
import { type Read, Unreadable, flag, integer, list, nullable, number, oneOf, record, text } from "./checked.ts";

const id: Read<number> = (value, what) => {
  if (integer(value, what) >= MAX_LOCAL_ID) throw new Unreadable(what);
  return value as number;
};
const name = text(500);
const url = text(2000);
const address = integer;
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
    id, url: nullable(url), name: nullable(name), bytes: nullable(integer), hash: nullable(text(32)),
    how: oneOf("instantiate", "instantiate-streaming", "compile", "compile-streaming", "new-module", "received"),
    at_ms: number, took_ms: nullable(number),
    error: nullable(record({ kind: oneOf("CompileError", "LinkError", "RuntimeError", "other"), message: text(1000) })),
    imports: list(imported, MAX_EXTERNS), exports: list(exported, MAX_EXTERNS),
    custom_sections: list(record({ name, bytes: integer }), MAX_EXTERNS), has_bytes: flag,
  }), 2000),
  instances: list(record<LookAnswer["instances"][number]>({
    id, module: id, at_ms: number, memories: list(nullable(id), 1000), tables: list(id, 1000), extern_refs: nullable(integer),
  }), 2000),
  memories: list(record<LookAnswer["memories"][number]>({
    id, name: nullable(name), how: oneOf("exported", "imported", "created", "found"), at_ms: number, bytes: integer,
    minimum_bytes: nullable(number), maximum_bytes: nullable(number), shared: flag, is_64: flag, is_gone: flag,
    growth: list(record({ at_ms: number, bytes: integer, how: oneOf("found", "javascript", "looked"), stack: list(text(300), 32) }), MAX_GROWTH),
  }), 2000),
  tables: list(record<LookAnswer["tables"][number]>({
    id, name: nullable(name), element: oneOf("funcref", "externref", "other"), length: number, used: nullable(integer),
  }), 2000),
  calls: nullable(list(record({
    instance: id, direction: oneOf("in", "out"), name, count: integer, threw: integer, total_ms: number, own_ms: (value, what) => Math.max(0, Number.isFinite(value) ? (value as number) : number(value, what)),
    longest_ms: number, value_bytes: number,
  }), MAX_CALLS)),
  unseen: nullable(list(record({
    what: oneOf("before-hook", "cross-origin-frame", "worker", "private-memory", "private-table", "es-module", "frozen", "foreign-hook", "calls", "too-many"),
    subject: name, reason: text(500),
  }), 500)),
  changed: list(record({ memory: id, page: integer, runs }), 100),
  watches: list(nullable(text(128)), 100),
  search: nullable(record({ memory: id, hits: list(address, MAX_HITS), searched_to: integer, is_done: flag })),
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

export const frozen = record({ bytes: list(integer, 1000), is_copy: flag });
export const momentPart = record({ runs, next: integer, is_end: flag, base64: text(16 << 20) });
export const occupied = record({ runs, next: integer });
export const globals: Read<(SavedGlobal | null)[]> = list(nullable(record({ type: oneOf("i32", "i64", "f32", "f64"), bits: text(20) })), 1_000_000);

/** Pages and how many, flat, as pages; no more than `most`. */
export function pagesOf(flat: readonly number[], most: number): number[] {
  const pages: number[] = [];
  for (let i = 0; i + 1 < flat.length; i += 2) {
    const [first, count] = [flat[i]!, flat[i + 1]!];
    if (pages.length + count > most) throw new Unreadable("pages");
    for (let page = first; page < first + count; page++) pages.push(page);
  }
  return pages;
}
