// What the hook uses of the page, taken before the page's own scripts run: a page may replace all of it later.

const getter = <T, V>(prototype: object, name: string): ((self: T) => V) => {
  const get = Object.getOwnPropertyDescriptor(prototype, name)?.get;
  if (!get) throw new TypeError(`there is no ${name}`);
  return (self) => Reflect.apply(get, self, []) as V;
};

const { apply, construct, get } = Reflect;
export const reflect = { apply, construct, get };

export const bufferOf = getter<WebAssembly.Memory, ArrayBufferLike>(WebAssembly.Memory.prototype, "buffer");
export const exportsOf = getter<WebAssembly.Instance, WebAssembly.Exports>(WebAssembly.Instance.prototype, "exports");
export const lengthOf = getter<WebAssembly.Table, number | bigint>(WebAssembly.Table.prototype, "length");
export const globalValue = getter<WebAssembly.Global, unknown>(WebAssembly.Global.prototype, "value");
export const tableGet = WebAssembly.Table.prototype.get;

const { Memory, Module, Instance, Table, Global } = WebAssembly;
export const real = { Memory, Module, Instance, Table, Global };

const then = Promise.prototype.then;
const clone = Response.prototype.clone;
const arrayBuffer = Response.prototype.arrayBuffer;
const urlOf = getter<Response, string>(Response.prototype, "url");

/**
 * A promise that is settled as `promise` is, after `seen` or `failed` had a look. The page's own continuations run one
 * microtask later than without; a rejection that nobody handles is reported as it would be.
 */
export function observe<T>(promise: Promise<T>, seen: (value: T) => void, failed: (error: unknown) => void): Promise<T> {
  return apply(then, promise, [
    (value: T) => { guarded(() => seen(value)); return value; },
    (error: unknown) => { guarded(() => failed(error)); throw error; },
  ]) as Promise<T>;
}

/** The body of a response, read from a copy, and its address; null if it has none that can be read. */
export function bodyOf(response: unknown): { url: string; bytes: Promise<Uint8Array | null> } | null {
  try {
    const copy = apply(clone, response, []) as Response;
    const bytes = apply(arrayBuffer, copy, []) as Promise<ArrayBuffer>;
    return {
      url: urlOf(response as Response),
      bytes: apply(then, bytes, [(buffer: ArrayBuffer) => new Uint8Array(buffer), () => null]) as Promise<Uint8Array | null>,
    };
  } catch {
    return null;
  }
}

export function whenDone<T>(promise: Promise<T>, done: (value: T) => void): void {
  apply(then, promise, [(value: T) => guarded(() => done(value)), () => undefined]);
}

/** `map` of what a promise gives. */
export function after<T, U>(promise: Promise<T>, map: (value: T) => U): Promise<U> {
  return apply(then, promise, [map]) as Promise<U>;
}

const clock = performance.now.bind(performance);
const date = Date.now.bind(Date);
/** Milliseconds of a clock that only runs forward. */
export const ticks = clock;
/** Milliseconds since 1970. */
export const nowMs = date;

const resolvedPromise = Promise.resolve.bind(Promise);
export const resolved = <T>(value: T | PromiseLike<T>): Promise<Awaited<T>> => resolvedPromise(value);

/** Looking at the page must never harm it: what goes wrong in our own work ends there. */
export function attempt<T>(otherwise: T, work: () => T): T {
  try {
    return work();
  } catch {
    return otherwise;
  }
}

export function guarded(work: () => void): void {
  attempt(undefined, work);
}

/** What the built hook calls itself in stacks (`sourceURL`). */
const HOOK_FILE = "wasmrust-hook.js";

/** The stack of the page's code, innermost first, without the hook's own frames. */
export function pageStack(): string[] {
  // A page may have its own function for that: it is not to be called for us.
  const own = Object.getOwnPropertyDescriptor(Error, "prepareStackTrace");
  let text = "";
  try {
    if (own?.configurable) delete (Error as { prepareStackTrace?: unknown }).prepareStackTrace;
    text = String(new Error().stack);
  } finally {
    if (own?.configurable) Object.defineProperty(Error, "prepareStackTrace", own);
  }
  const lines = text.split("\n").map((line) => line.trim()).filter((line) => line !== "" && line !== "Error" && !line.includes(HOOK_FILE));
  return lines.slice(0, 32).map((line) => line.replace(/^at /, "").slice(0, 300));
}
