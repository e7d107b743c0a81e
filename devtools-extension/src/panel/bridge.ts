// The bridge: looks into the page again and again while the panel is shown, tells the app what was found, and carries
// out what the app asks for.

import type { App, Command, Id, Page, Search, Watch } from "../contract.ts";
import { MAX_MODULE_BYTES } from "../contract.ts";
import type { LocalUnseen, LookRequest } from "../hook/agent.ts";
import { frameOf, localOf, pageId } from "../hook/ids.ts";
import { toBase64 } from "../hook/base64.ts";
import { strings } from "../strings.ts";
import { foundFrames, lookAnswer } from "./answers.ts";
import { parse } from "./checked.ts";
import { Engine, type Program, bytesOf } from "./engine.ts";
import { FrameState, pageOf } from "./inventory.ts";
import { type Place, PageError, TOP, call, hookScript, leave, reload, runScript } from "./page.ts";
import type { MemoryType } from "./protocol.ts";
import { concat } from "./snapshot.ts";
import type { AppFile } from "./tabs.ts";

/** Between two looks, in milliseconds. */
const EVERY_MS = 300;
/** Each so many looks is a thorough one: frames, calls, tables, what is unseen. */
const THOROUGH = 4;
/** Milliseconds of the page's time for one look's search of changes: with all else below 20 ms a second. */
const LOOK_MS = 2;
const SEARCH_MS = 5;
/** So often a page may be silent, 10 s each, before it counts as gone. */
const MAX_SILENCES = 3;
const MODULE_PART = 512 << 10;
const MAX_FRAMES = 200;
const MAX_WATCHES = 100;
const MAX_WATCHED_BYTES = 64;
const MAX_SEARCHED_BYTES = 256;
/** Addresses of a 64-bit memory that JavaScript can tell apart. */
const MAX_ADDRESS = Number.MAX_SAFE_INTEGER;

/** What the bridge needs around it. */
export interface Surroundings {
  app: App;
  /** The hook's script. */
  hook: string;
  /** A line of status, or of what went wrong: none for an empty text. */
  say(text: string, kind: "status" | "error"): void;
  save(file: AppFile): void;
  /** Opens a tab now, for files that come later. */
  openTab(files: Promise<AppFile[]>): Promise<void>;
  openPermission(): void;
  alwaysOn(): Promise<Page["always_on"]>;
}

export class Bridge {
  readonly #around: Surroundings;
  readonly #frames = new Map<Id, FrameState>();
  #nextFrame = 1;
  #load = 0;
  #url = "";
  #hook: Page["hook"] = "none";
  #unreachable: LocalUnseen[] = [];
  #alwaysOn: Page["always_on"] = "not-granted";
  #engine: { engine: Engine; memory: Id; instance: Id | null; index: number; frame: FrameState } | null = null;
  #openedModule: string | null = null;
  /** Counts what was chosen to be attached: what takes longer than the next choice is not attached any more. */
  #choices = 0;
  /** What went wrong at the last look, and with the last command; empty for nothing. */
  readonly #problems = { look: "", command: "" };
  #watches: Watch[] = [];
  #search: Search | null = null;
  /** Milliseconds of the page's time in the last second, of what they were taken, and when. */
  #cost = 0;
  #costs: number[] = [];
  #costAt = 0;
  #looks = 0;
  /** How often in a row the page did not answer. */
  #silences = 0;
  #isShown = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isLooking = false;
  /** Whether another page was loaded while the last one was looked at. */
  #isAnew = false;
  #shownPage = "";

  constructor(around: Surroundings) {
    this.#around = around;
  }

  /** Looks from now on, or no more: a panel that is not seen costs nothing. */
  show(isShown: boolean): void {
    this.#isShown = isShown;
    if (isShown) this.#soon(0);
    else clearTimeout(this.#timer);
  }

  /** Says anew what is said, as in another language. */
  saidAnew(): void {
    this.#around.say(this.#status(), "status");
    this.#show();
  }

  /** What the app was told last. */
  page(): Page | null {
    return this.#shownPage === "" ? null : JSON.parse(this.#shownPage) as Page;
  }

  /** The page was loaded anew, or another one: look at once. */
  navigated(): void {
    leave();
    this.#problems.command = "";
    this.#isAnew = true;
    this.#soon(0);
  }

  #soon(ms: number): void {
    clearTimeout(this.#timer);
    if (this.#isShown) this.#timer = setTimeout(() => void this.#turn(), ms);
  }

  async #turn(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      await this.#look();
      this.#silences = 0;
      this.#problems.look = "";
    } catch (error) {
      const why = error instanceof PageError ? error.why : "threw";
      if (why === "silent") this.#silences++;
      // A page that computes answers at last.
      if (why === "failed" || this.#silences >= MAX_SILENCES) this.#forget("unreachable");
      const text = String(error instanceof Error ? error.message : error);
      if (why !== "left") this.#problems.look = why === "threw" ? text : `${strings.unreachable}: ${text}`;
    } finally {
      this.#isLooking = false;
      this.#around.say(this.#status(), "status");
      this.#show();
      this.#soon(this.#isAnew ? 0 : EVERY_MS);
      this.#isAnew = false;
    }
  }

  async #look(): Promise<void> {
    const isThorough = this.#looks++ % THOROUGH === 0 || this.#frames.size === 0;
    if (isThorough) {
      this.#alwaysOn = await this.#around.alwaysOn();
      await this.#findFrames();
    }
    for (const frame of [...this.#frames.values()]) await this.#lookAt(frame, isThorough);
  }

  /** Frames with an agent; puts one in where there is none. */
  async #findFrames(): Promise<void> {
    let answer = await call(TOP, null, "frames");
    if (answer === null) {
      await runScript(TOP, hookScript(this.#around.hook, { counts_calls: false, is_late: true }));
      answer = await call(TOP, null, "frames");
    }
    if (answer === null) {
      // The page has no WebAssembly, or lets no script in.
      this.#forget("none");
      return;
    }
    const found = parse(answer, foundFrames, "frames");
    const top = this.#byToken(found.token);
    if (!top) {
      this.#forget("none");
      this.#load++;
    }
    this.#url = found.url;
    const topId = this.#keep(found.token, null, TOP, found.url);
    const kept = new Set([topId]);
    this.#unreachable = [];
    const frameIds = new Map<string, Id>([["", topId]]);
    for (const { path, token, url, is_reachable } of found.frames) {
      if (kept.size >= MAX_FRAMES) break;
      const parent = frameIds.get(path.slice(0, -1).join()) ?? null;
      const place: Place = is_reachable ? { path, url: null } : { path: [], url };
      // An empty page may still be on its way to another one, which keeps its window: a late hook would stay there.
      if (token === null && is_reachable && url === "about:blank") continue;
      const own = token ?? (await this.#enter(place, is_reachable, url));
      if (own === null) {
        this.#unreachable.push({ what: "cross-origin-frame", subject: url.slice(0, 500) });
        continue;
      }
      const id = this.#keep(own, parent, place, url);
      kept.add(id);
      frameIds.set(path.join(), id);
    }
    for (const id of [...this.#frames.keys()]) {
      if (!kept.has(id)) this.#drop(id);
    }
  }

  /** The token of an agent that is put in, or was there. */
  async #enter(place: Place, isReachable: boolean, url: string): Promise<string | null> {
    if (!isReachable && !/^https?:/.test(url)) return null;
    try {
      const token = async (): Promise<string | null> => {
        const answer = await call(place, null, "frames");
        return answer === null ? null : parse(answer, foundFrames, "frames").token;
      };
      const there = await token();
      if (there !== null) return there;
      await runScript(place, hookScript(this.#around.hook, { counts_calls: false, is_late: true }));
      return await token();
    } catch {
      return null;
    }
  }

  #byToken(token: string): FrameState | undefined {
    return [...this.#frames.values()].find((frame) => frame.token === token);
  }

  #keep(token: string, parent: Id | null, place: Place, url: string): Id {
    const known = this.#byToken(token);
    if (known) {
      known.place = place;
      known.url = url;
      return known.id;
    }
    const frame = new FrameState(this.#nextFrame++, parent, token, place, url);
    this.#frames.set(frame.id, frame);
    return frame.id;
  }

  #drop(id: Id): void {
    this.#frames.delete(id);
    if (this.#engine?.frame.id === id) this.#detach(strings.loadedAnew);
    this.#watches = this.#watches.filter((watch) => frameOf(watch.memory) !== id);
    if (this.#search && frameOf(this.#search.memory) === id) this.#search = null;
  }

  #forget(hook: Page["hook"]): void {
    for (const id of [...this.#frames.keys()]) this.#drop(id);
    this.#hook = hook;
    this.#unreachable = [];
  }

  async #lookAt(frame: FrameState, isThorough: boolean): Promise<void> {
    const engineNow = (): Engine | null => (this.#engine?.frame === frame ? this.#engine.engine : null);
    const watches = this.#watches.filter(({ memory }) => frameOf(memory) === frame.id);
    const request: LookRequest = {
      since: frame.revision,
      subscriptions: engineNow()?.subscriptions() ?? [],
      watches: watches.map(({ memory, address, length }) => ({ memory: localOf(memory), address, length })),
      budget_ms: LOOK_MS / Math.max(1, this.#frames.size / 4),
      search_ms: SEARCH_MS,
      is_thorough: isThorough,
    };
    const text = await call(frame.place, frame.token, "look", request);
    if (text === null) {
      // It is gone, or another one has its place.
      this.#drop(frame.id);
      this.#looks = 0;
      return;
    }
    const answer = parse(text, lookAnswer, "look");
    this.#costs.push(answer.took_ms);
    frame.take(answer);
    if (frame.place === TOP) this.#hook = answer.hook;
    for (const memory of answer.memories) engineNow()?.measured(memory.id, memory);
    for (const id of answer.removed) engineNow()?.measured(id, { growth: [], bytes: 0, is_gone: true });
    for (const { memory, page, runs } of answer.changed) engineNow()?.changed(memory, page, runs);
    this.#watched(watches, answer.watches);
    if (answer.search) {
      const { memory, ...rest } = answer.search;
      if (this.#search?.memory === pageId(frame.id, memory)) this.#search = { ...this.#search, ...rest };
    }
  }

  #watched(watches: Watch[], hex: readonly (string | null)[]): void {
    watches.forEach((watch, i) => {
      const now = hex[i] ?? "";
      if (now === watch.hex) return;
      if (watch.hex !== "") {
        watch.changes++;
        watch.changed_at_ms = Date.now();
      }
      watch.hex = now;
    });
  }

  /** Tells the user and the app what is new. */
  #show(): void {
    this.#around.say(this.#problems.look || this.#problems.command, "error");
    const now = Date.now();
    // Not each time: the page would be another one each time.
    if (now - this.#costAt > 2000) {
      this.#cost = Math.round(this.#costs.reduce((sum, ms) => sum + ms, 0) * 1000 / (now - this.#costAt));
      this.#costs = [];
      this.#costAt = now;
    }
    if (this.#engine?.engine.isOver) this.#engine = null;
    const page = pageOf([...this.#frames.values()], {
      url: this.#url, load: this.#load, hook: this.#hook, always_on: this.#alwaysOn, watches: this.#watches, search: this.#search,
      attached: this.#engine && { memory: this.#engine.memory, instance: this.#engine.instance, memory_index: this.#engine.index },
      cost_ms: this.#cost,
    }, this.#unreachable);
    const json = JSON.stringify(page);
    if (json === this.#shownPage) return;
    this.#shownPage = json;
    this.#around.app.set_page(json);
  }

  #status(): string {
    const count = (kind: "modules" | "memories"): number => [...this.#frames.values()].reduce((sum, frame) => sum + frame[kind].size, 0);
    const found = strings.found(count("modules"), count("memories"));
    switch (this.#hook) {
      case "none": return strings.none;
      case "late": return `${found}; ${strings.late}`;
      case "start": return found;
      case "unreachable": return strings.unreachable;
    }
  }

  // What the app asks for.

  /** Takes a command as the app writes it. */
  command(json: string): void {
    this.#problems.command = "";
    void this.#carryOut(JSON.parse(json) as Command).catch((error: unknown) => {
      this.#problems.command = error instanceof Error ? error.message : String(error);
    }).finally(() => this.#show());
  }

  async #carryOut(command: Command): Promise<void> {
    switch (command.command) {
      case "attach":
        this.#choices++;
        if (command.memory === null) this.#detach(null);
        else await this.#attach(command.memory);
        break;
      case "load-module": {
        const module = this.#frame(command.module).modules.get(localOf(command.module));
        if (!module) throw new RangeError(strings.gone);
        this.#openModule(module, await this.#moduleBytes(module), true);
        break;
      }
      case "reload":
        reload(hookScript(this.#around.hook, { counts_calls: command.count_calls, is_late: false }));
        break;
      case "always-on":
        this.#around.openPermission();
        break;
      case "clear-calls":
        await Promise.all([...this.#frames.values()].map((frame) => call(frame.place, frame.token, "clearCalls")));
        break;
      case "save-snapshot":
        for (const file of await filesOf(this.#attached(), command.label)) this.#around.save(file);
        break;
      case "open-in-tab":
        await this.#around.openTab(filesOf(this.#attached(), null));
        break;
      case "watch": {
        const { memory, address, length } = command;
        if (length < 1 || length > MAX_WATCHED_BYTES || address < 0 || address > MAX_ADDRESS) throw new RangeError(strings.watchLength(MAX_WATCHED_BYTES));
        if (this.#watches.length >= MAX_WATCHES) throw new RangeError(strings.watchCount(MAX_WATCHES));
        this.#watches.push({ memory, address, length, hex: "", changes: 0, changed_at_ms: null });
        break;
      }
      case "unwatch":
        this.#watches = this.#watches.filter((watch) => watch.memory !== command.memory || watch.address !== command.address);
        break;
      case "search": {
        const { memory, hex, from } = command;
        if (!/^(?:[0-9a-f]{2})+$/i.test(hex) || hex.length > 2 * MAX_SEARCHED_BYTES) throw new RangeError(strings.searchLength(MAX_SEARCHED_BYTES));
        const pattern = Uint8Array.from(hex.match(/../g) ?? [], (byte) => parseInt(byte, 16));
        await ask(this.#frame(memory), "search", localOf(memory), toBase64(pattern), from);
        this.#search = { memory, hex, hits: [], searched_to: from, is_done: false };
        break;
      }
      case "end-search": {
        const frame = this.#search && this.#frames.get(frameOf(this.#search.memory));
        this.#search = null;
        if (frame) await call(frame.place, frame.token, "endSearch");
        break;
      }
    }
    this.#soon(0);
  }

  #frame(id: Id): FrameState {
    const frame = this.#frames.get(frameOf(id));
    if (!frame) throw new RangeError(strings.gone);
    return frame;
  }

  #attached(): Engine {
    if (!this.#engine) throw new Error(strings.chooseFirst);
    return this.#engine.engine;
  }

  #detach(reason: string | null): void {
    if (!this.#engine) return;
    const { engine } = this.#engine;
    this.#engine = null;
    if (reason === null) {
      this.#around.app.detach();
      engine.close();
    } else {
      engine.end(reason);
    }
  }

  async #attach(memory: Id): Promise<void> {
    const choice = this.#choices;
    const frame = this.#frame(memory);
    const own = frame.memories.get(localOf(memory));
    if (!own || own.is_gone) throw new RangeError(strings.gone);
    const instance = ownerOf(frame, memory);
    const module = instance && frame.modules.get(localOf(instance.module));
    this.#around.say(strings.reading, "status");
    const bytes = module?.has_bytes ? await this.#moduleBytes(module) : null;
    if (choice !== this.#choices) return;
    if (this.#frames.get(frame.id) !== frame) throw new RangeError(strings.gone);
    if (module && bytes) this.#openModule(module, bytes, false);
    const memories = instance?.memories ?? [memory];
    const imported = module?.imports.filter(({ kind }) => kind === "memory") ?? [];
    const program: Program = {
      engine: `page ${this.#url}`.slice(0, 300),
      module: { build_id: (bytes && this.#around.app.build_id(bytes)) ?? "", name: module ? nameOf(module) : null },
      bytes,
      instance: instance && localOf(instance.id),
      memories: memories.map((id, index) => {
        const known = id === null ? undefined : frame.memories.get(localOf(id));
        const type: MemoryType = {
          name: known?.name ?? null,
          import: imported[index] ? [imported[index].module ?? "", imported[index].name] : null,
          minimum_bytes: known?.minimum_bytes ?? known?.growth[0]?.bytes ?? 0,
          maximum_bytes: known?.maximum_bytes ?? null,
          is_64: known?.is_64 ?? false,
          shared: known?.shared ?? false,
        };
        return { id: known && !known.is_gone ? localOf(known.id) : null, type, bytes: known?.bytes ?? 0, growth: known?.growth ?? [] };
      }),
    };
    this.#detach(null);
    const engine = new Engine({ call: (method, ...args) => ask(frame, method, ...args) }, program, () => this.#around.app.wake());
    this.#engine = { engine, memory, instance: instance?.id ?? null, index: memories.indexOf(memory), frame };
    this.#around.app.attach(engine);
  }

  async #moduleBytes({ id, has_bytes, bytes: length }: Page["modules"][number]): Promise<Uint8Array> {
    if (!has_bytes || length === null || length > MAX_MODULE_BYTES) throw new Error(strings.noBytes);
    const frame = this.#frame(id);
    const parts: Uint8Array[] = [];
    for (let at = 0; at < length; at += MODULE_PART) {
      const wanted = Math.min(MODULE_PART, length - at);
      const part = bytesOf(await ask(frame, "moduleBytes", localOf(id), at, wanted), wanted);
      if (part.length !== wanted) throw new Error(strings.otherBytes);
      parts.push(part);
    }
    return concat(parts);
  }

  /** Opens a module in the app, if `always` or if it is not the one that was opened last. */
  #openModule(module: Page["modules"][number], bytes: Uint8Array, always: boolean): void {
    const key = `${module.hash}:${module.bytes}`;
    if (!always && this.#openedModule === key) return;
    this.#openedModule = key;
    this.#around.app.open_file(`${nameOf(module)}.wasm`, bytes);
  }
}

/** Calls a method of the frame's agent. */
async function ask({ place, token }: FrameState, method: string, ...args: unknown[]): Promise<unknown> {
  const answer = await call(place, token, method, ...args);
  if (answer === null) throw new Error(strings.gone);
  return answer;
}

/** A snapshot of a program, and its module. */
async function filesOf(engine: Engine, label: string | null): Promise<AppFile[]> {
  const { module, bytes } = engine.program;
  const name = module.name ?? "memory";
  const snapshot = { name: `${name}.memviz`, bytes: await engine.save(label) };
  return bytes ? [snapshot, { name: `${name}.wasm`, bytes: bytes.slice() }] : [snapshot];
}

/** The instance whose program a memory belongs to: the one that defines it, else the first that imports it. */
function ownerOf(frame: FrameState, memory: Id): Page["instances"][number] | null {
  const having = [...frame.instances.values()].filter(({ memories }) => memories.includes(memory));
  const defining = having.find(({ module, memories }) => {
    const imported = frame.modules.get(localOf(module))?.imports.filter(({ kind }) => kind === "memory").length ?? 0;
    return memories.indexOf(memory) >= imported;
  });
  return defining ?? having[0] ?? null;
}

/** A name for a file: the module's own, or the last part of its address. */
function nameOf({ name, url, id }: Page["modules"][number]): string {
  const last = url?.split(/[?#]/)[0]?.split("/").at(-1);
  return (name || last || `module-${localOf(id)}`).replace(/\.wasm$/, "").replace(/[^\p{L}\p{N}._-]+/gu, "_").slice(0, 80);
}
