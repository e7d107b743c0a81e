// A browser with its developer tools and the panel, as the tests speak to it: code goes in as text, JSON comes out.

import { setTimeout as sleep } from "node:timers/promises";
import type { Command, Id, Memory, Page } from "../src/contract.ts";
import type { Event, Request } from "../src/panel/protocol.ts";

export interface Session extends AsyncDisposable {
  goto(url: string): Promise<void>;
  /** The value of an expression in the page; it may `await`. */
  inPage<T>(expression: string): Promise<T>;
  /** The same in the panel. */
  inPanel<T>(expression: string): Promise<T>;
}

export type Told = Event & { base64: string };

export class Panel {
  readonly session: Session;
  readonly base: string;

  constructor(session: Session, base: string) {
    [this.session, this.base] = [session, base];
  }

  inventory(): Promise<Page> {
    return this.session.inPanel<Page>("recorder.page");
  }

  command(command: Command): Promise<unknown> {
    return this.session.inPanel(`(recorder.command(${JSON.stringify(command)}), true)`);
  }

  request(request: Request & { bytes?: string }): Promise<Told> {
    return this.session.inPanel<Told>(`await recorder.request(${JSON.stringify(request)})`);
  }

  /** Events that answer nothing, since the last call. */
  events(): Promise<Told[]> {
    return this.session.inPanel<Told[]>("recorder.events.splice(0)");
  }

  said(): Promise<{ status: string; error: string }> {
    return this.session.inPanel("({ status: document.getElementById('status').textContent, error: document.getElementById('error').textContent })");
  }

  /** What the browser's own interface says of the page. */
  asked(): Promise<string> {
    return this.session.inPanel(`await new Promise((resolve) => {
      setTimeout(resolve, 2000, "no answer");
      chrome.devtools.inspectedWindow.eval("[location.href, typeof WebAssembly, typeof globalThis[Symbol.for('wasmrust.devtools')], Object.getOwnPropertySymbols(globalThis).map(String), (() => { try { return String(Reflect.ownKeys(WebAssembly.Memory)) } catch (error) { return String(error) } })()].join()", (value, error) => resolve(JSON.stringify([value, error])));
    })`);
  }

  /** The inventory once it is as wanted. */
  inventoryWith(what: string, is: (page: Page) => boolean, timeoutMs?: number): Promise<Page> {
    return until(what, async () => {
      const page = await this.inventory();
      return page && is(page) && page;
    }, timeoutMs, async () => JSON.stringify([await this.asked(), await this.said(), await this.inventory()]).slice(0, 1500));
  }

  /** Opens a page of the tests, and loads it again with the hook before its first script. */
  async open(path: string, options: { count_calls?: boolean; ready?: boolean } = {}): Promise<Page> {
    await this.session.goto(this.base + path);
    const before = await this.inventoryWith("the page", (page) => page.url.endsWith(path) && page.hook !== "none");
    await this.command({ command: "reload", count_calls: options.count_calls ?? false });
    await this.inventoryWith("the page with its hook", (page) => page.hook === "start" && page.load > before.load && page.url.endsWith(path));
    if (options.ready !== false) {
      await until("the page to be ready", () => this.session.inPage<boolean>("document.getElementById('out')?.textContent === 'ready'"), 30_000,
        () => this.session.inPage<string>("document.getElementById('out')?.textContent"));
    }
    return this.inventory();
  }

  /** The one memory that `is`, once it is there. */
  async memory(what: string, is: (memory: Memory) => boolean): Promise<Memory> {
    const page = await this.inventoryWith(what, (page) => page.memories.some(is));
    return page.memories.find(is)!;
  }

  /** Attaches to a memory; the engine's first words. */
  async attach(memory: Id): Promise<Told & { event: "hello" }> {
    await this.session.inPanel("(recorder.link = null, recorder.events = [], true)");
    await this.command({ command: "attach", memory });
    return until("hello", () => this.session.inPanel<Told & { event: "hello" }>("recorder.events.find(({ event }) => event === 'hello') ?? null"), 15_000,
      async () => JSON.stringify(await this.said()));
  }

  /** Bytes of the attached program's memory, in hexadecimal. */
  async read(address: number, length: number, memory = 0): Promise<string> {
    const told = await this.request({ request: "read", memory, address, length });
    if (told.event !== "bytes") throw new Error(JSON.stringify(told));
    return Buffer.from(told.base64, "base64").toString("hex");
  }
}

/** What `ask` gives once it gives something. */
export async function until<T>(what: string, ask: () => Promise<T | undefined | null | false> | T | undefined | null | false, timeoutMs = 30_000, explain?: () => Promise<string>): Promise<T> {
  const end = Date.now() + timeoutMs;
  let problem: unknown;
  while (Date.now() < end) {
    try {
      const value = await ask();
      if (value !== undefined && value !== null && value !== false) return value;
    } catch (error) {
      problem = error;
    }
    await sleep(50);
  }
  throw new Error(`it never came: ${what}${problem instanceof Error ? ` (${problem.message})` : ""} ${explain ? await explain().catch(String) : ""}`);
}
