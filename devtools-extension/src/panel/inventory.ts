// The inventory of all frames, put together from what their agents tell.

import type { Page, Unseen } from "../contract.ts";
import { CONTRACT_VERSION, MAX_CALLS, MAX_INSTANCES, MAX_MEMORIES, MAX_MODULES, MAX_TABLES } from "../contract.ts";
import type { LocalUnseen, LookAnswer } from "../hook/agent.ts";
import { pageId } from "../hook/ids.ts";
import { strings } from "../strings.ts";
import type { Place } from "./page.ts";

type Records = Pick<Page, "modules" | "instances" | "memories" | "tables">;

/** A frame with an agent in it. */
export class FrameState {
  readonly id: number;
  readonly parent: number | null;
  readonly token: string;
  place: Place;
  url: string;
  hook: Page["hook"] = "none";
  counts_calls = false;
  /** What the agent told of last. */
  revision = 0;
  calls: Page["calls"] = [];
  unseen: LocalUnseen[] = [];
  readonly modules = new Map<number, Page["modules"][number]>();
  readonly instances = new Map<number, Page["instances"][number]>();
  readonly memories = new Map<number, Page["memories"][number]>();
  readonly tables = new Map<number, Page["tables"][number]>();

  constructor(id: number, parent: number | null, token: string, place: Place, url: string) {
    [this.id, this.parent, this.token, this.place, this.url] = [id, parent, token, place, url];
  }

  /** Takes in what its agent told. */
  take(answer: LookAnswer): void {
    const global = (local: number): number => pageId(this.id, local);
    const own = { frame: this.id };
    for (const module of answer.modules) this.modules.set(module.id, { ...module, ...own, id: global(module.id) });
    for (const memory of answer.memories) this.memories.set(memory.id, { ...memory, ...own, id: global(memory.id) });
    for (const table of answer.tables) this.tables.set(table.id, { ...table, ...own, id: global(table.id) });
    for (const instance of answer.instances) {
      this.instances.set(instance.id, {
        ...instance, ...own, id: global(instance.id), module: global(instance.module),
        memories: instance.memories.map((memory) => (memory === null ? null : global(memory))),
        tables: instance.tables.map(global),
      });
    }
    for (const entries of [this.modules, this.instances, this.memories, this.tables]) {
      for (const local of answer.removed) entries.delete(local);
    }
    // An agent keeps to it; a page that forges its answers need not.
    for (const [entries, most] of [[this.modules, MAX_MODULES], [this.instances, MAX_INSTANCES], [this.memories, MAX_MEMORIES], [this.tables, MAX_TABLES]] as const) {
      for (const local of entries.keys()) {
        if (entries.size <= most) break;
        entries.delete(local);
      }
    }
    this.revision = answer.revision;
    this.hook = answer.hook;
    this.counts_calls = answer.counts_calls;
    if (answer.calls) this.calls = answer.calls.map((call) => ({ ...call, instance: global(call.instance) }));
    if (answer.unseen) this.unseen = answer.unseen;
  }
}

/** The page of these frames, the top one first. */
export function pageOf(frames: readonly FrameState[], rest: Pick<Page, "load" | "always_on" | "attached" | "watches" | "search" | "cost_ms" | "hook" | "url">, unreachable: readonly LocalUnseen[]): Page {
  const all = <K extends keyof Records>(kind: K): Records[K] =>
    frames.flatMap((frame) => [...frame[kind].values()]).sort((a, b) => a.id - b.id) as Records[K];
  return {
    version: CONTRACT_VERSION,
    ...rest,
    counts_calls: frames.some((frame) => frame.counts_calls),
    frames: frames.map(({ id, parent, url, hook }) => ({ id, parent, url, hook })),
    modules: all("modules"),
    instances: all("instances"),
    memories: all("memories"),
    tables: all("tables"),
    calls: frames.flatMap((frame) => frame.calls).sort((a, b) => b.total_ms - a.total_ms || b.count - a.count).slice(0, MAX_CALLS),
    unseen: [...unreachable, ...frames.flatMap((frame) => frame.unseen)].map((one): Unseen => ({ ...one, reason: strings.unseen[one.what] })),
  };
}
