// Puts the hook's proxies in front of what makes modules, instances, memories and tables. A proxy of a native function
// keeps its name, length and `toString`, is `new`-able or not as it is, and can be extended; `constructor` of the
// prototypes is turned to it, so that `memory.constructor === WebAssembly.Memory` stays true.

import type { HowCompiled } from "../contract.ts";
import type { Calls } from "./calls.ts";
import { after, attempt, bodyOf, bufferOf, guarded, observe, real, reflect, resolved, ticks, whenDone } from "./real.ts";
import type { InstanceEntry, ModuleEntry, ReadImport, Registry, Source } from "./registry.ts";
import type { MemoryLimits, TableLimits } from "./wasm.ts";

type AnyFunction = (...args: unknown[]) => unknown;
type Trap = (real: AnyFunction, self: unknown, args: unknown[]) => unknown;

/** What could not be put in place. */
export interface Installed {
  frozen: string[];
  /** Whether what is in place is still ours. */
  isInFront(): boolean;
}

/** Counts calls if `calls` is given. */
export function install(registry: Registry, calls: Calls | null): Installed {
  const installer = new Installer();
  const wasm = WebAssembly as unknown as Record<string, unknown>;

  installer.wrapFunction(wasm, "compile", (compile, self, args) => {
    const source = attempt(null, () => registry.source(args[0]));
    const start = ticks();
    return observe(reflect.apply(compile, self, args) as Promise<WebAssembly.Module>,
      (module) => registry.addModule(module, "compile", source, null, ticks() - start),
      (error) => registry.addFailure("compile", source, null, error));
  });

  installer.wrapFunction(wasm, "instantiate", (instantiate, self, args) => {
    const [what, imports, ...rest] = args;
    const start = ticks();
    const source = what instanceof real.Module ? null : attempt(null, () => registry.source(what));
    const module = what instanceof real.Module ? attempt(null, () => registry.moduleOf(what)) : null;
    const linking = new Linking(registry, calls, imports);
    const promise = reflect.apply(instantiate, self, linking.args(what, rest, args.length));
    return observe(promise as Promise<WebAssembly.Instance | WebAssembly.WebAssemblyInstantiatedSource>,
      (result) => {
        if (result instanceof real.Instance) linking.done(result, module);
        else linking.done(result.instance, registry.addModule(result.module, "instantiate", source, null, ticks() - start));
      },
      (error) => registry.addFailure("instantiate", module?.source ?? source, module?.url ?? null, error));
  });

  const streaming = (name: "compileStreaming" | "instantiateStreaming", how: HowCompiled): void => {
    installer.wrapFunction(wasm, name, (start, self, args) => {
      const begun = ticks();
      let url: string | null = null;
      let body: Promise<Uint8Array | null> | null = null;
      let source: Source | null = null;
      const [response, imports, ...rest] = args;
      const tapped = after(resolved(response), (response) => {
        const copy = bodyOf(response);
        if (copy) {
          url = copy.url;
          body = after(copy.bytes, (bytes) => {
            guarded(() => { source = bytes && registry.source(bytes); });
            return bytes;
          });
        }
        return response;
      });
      const addModule = (module: WebAssembly.Module): ModuleEntry | null => {
        const entry = registry.addModule(module, how, source, url, ticks() - begun);
        if (entry && !source && body) {
          entry.waiting = [];
          whenDone(body, () => registry.setSource(entry, source));
        }
        return entry;
      };
      const linking = name === "instantiateStreaming" ? new Linking(registry, calls, imports) : null;
      const passed = linking ? linking.args(tapped, rest, args.length) : args.length === 0 ? [] : [tapped, ...args.slice(1)];
      return observe(reflect.apply(start, self, passed) as Promise<unknown>,
        (result) => {
          if (!linking) return void addModule(result as WebAssembly.Module);
          const { module, instance } = result as WebAssembly.WebAssemblyInstantiatedSource;
          linking.done(instance, addModule(module));
        },
        (error) => {
          if (body) whenDone(body, () => registry.addFailure(how, source, url, error));
          else registry.addFailure(how, null, url, error);
        });
    });
  };
  streaming("compileStreaming", "compile-streaming");
  streaming("instantiateStreaming", "instantiate-streaming");

  installer.wrapConstructor(wasm, "Module", (construct, args) => {
    const source = attempt(null, () => registry.source(args[0]));
    const start = ticks();
    try {
      const module = construct(args) as WebAssembly.Module;
      guarded(() => registry.addModule(module, "new-module", source, null, ticks() - start));
      return module;
    } catch (error) {
      guarded(() => registry.addFailure("new-module", source, null, error));
      throw error;
    }
  });
  installer.wrapConstructor(wasm, "Instance", (construct, args) => {
    const [what, imports, ...rest] = args;
    const module = what instanceof real.Module ? attempt(null, () => registry.moduleOf(what)) : null;
    const linking = new Linking(registry, calls, imports);
    try {
      const instance = construct(linking.args(what, rest, args.length)) as WebAssembly.Instance;
      guarded(() => linking.done(instance, module));
      return instance;
    } catch (error) {
      guarded(() => registry.addFailure("new-module", module?.source ?? null, module?.url ?? null, error));
      throw error;
    }
  });
  installer.wrapConstructor(wasm, "Memory", (construct, args) => {
    const memory = construct(args) as WebAssembly.Memory;
    guarded(() => registry.addMemory(memory, "created", null, limitsOf(memory, args[0])));
    return memory;
  });
  installer.wrapConstructor(wasm, "Table", (construct, args) => {
    const table = construct(calls ? realOf(calls, args) : args) as WebAssembly.Table;
    guarded(() => registry.addTable(table, null, elementOf(args[0])));
    return table;
  });
  installer.wrapFunction(real.Memory.prototype as unknown as Record<string, unknown>, "grow", (grow, self, args) => {
    // What an instruction did before is not JavaScript's.
    if (self instanceof real.Memory) guarded(() => registry.measureOf(self, "looked"));
    const result = reflect.apply(grow, self, args);
    if (self instanceof real.Memory) guarded(() => registry.measureOf(self, "javascript"));
    return result;
  });

  for (const name of ["Worker", "SharedWorker"]) {
    installer.wrapConstructor(globalThis as unknown as Record<string, unknown>, name, (construct, args) => {
      const worker = construct(args);
      guarded(() => {
        if (registry.workers.length < 1000) registry.workers.push(scriptOf(args[0]));
        registry.revision++;
      });
      return worker;
    });
  }

  if (calls) countCalls(installer, wasm, calls);
  return installer;
}

/** Arguments with real functions in the place of wrappers; without the page's `map`. */
function realOf(calls: Calls, args: unknown[]): unknown[] {
  const passed: unknown[] = [];
  for (let i = 0; i < args.length; i++) passed[i] = calls.real(args[i]);
  return passed;
}

/** Where wrappers of exported functions would be seen, the real ones are put, and the other way round. */
function countCalls(installer: Installer, wasm: Record<string, unknown>, calls: Calls): void {
  installer.wrapGetter(real.Instance.prototype, "exports", (get, self) => {
    const exports = get(self);
    return self instanceof real.Instance ? calls.exportsFor(self) : exports;
  });
  const table = real.Table.prototype as unknown as Record<string, unknown>;
  const withReal: Trap = (method, self, args) => reflect.apply(method, self, realOf(calls, args));
  for (const name of ["set", "grow"]) installer.wrapFunction(table, name, withReal);
  installer.wrapFunction(table, "get", (method, self, args) => calls.wrapped(reflect.apply(method, self, args)));
  installer.wrapConstructor(wasm, "Global", (construct, args) => construct(realOf(calls, args)));
  if (typeof wasm.promising === "function") installer.wrapFunction(wasm, "promising", withReal);
}

/** With the imports of a program of the `wasm` crate. */
const LIVE_REFS = Symbol.for("wasmrust.live");

/** One instantiation: what the engine reads of the imports, and what becomes of it. */
class Linking {
  readonly #registry: Registry;
  readonly #calls: Calls | null;
  readonly #imports: unknown;
  readonly #entry: InstanceEntry;
  readonly #read: ReadImport[] = [];
  #functions = 0;

  constructor(registry: Registry, calls: Calls | null, imports: unknown) {
    this.#registry = registry;
    this.#calls = calls;
    this.#imports = imports;
    this.#entry = registry.newInstance();
  }

  /**
   * The arguments for the real function. The engine reads imports through a proxy, so that each getter of the page runs
   * once, when and in the order that it would.
   */
  args(what: unknown, rest: unknown[], count: number): unknown[] {
    if (count < 2) return count === 0 ? [] : [what];
    return [what, isObject(this.#imports) ? this.#spaces(this.#imports) : this.#imports, ...rest];
  }

  #spaces(imports: object): object {
    return new Proxy({}, {
      get: (_, module) => {
        const space: unknown = reflect.get(imports, module);
        if (!isObject(space) || typeof module !== "string") return space;
        return new Proxy({}, { get: (_, name) => this.#readImport(module, name, reflect.get(space, name)) });
      },
    });
  }

  #readImport(module: string, name: string | symbol, value: unknown): unknown {
    if (typeof name !== "string") return value;
    let given = value;
    guarded(() => {
      this.#read.push({ module, name, value });
      if (this.#calls) given = this.#calls.importFor(this.#entry, module, name, value, this.#functions);
      if (typeof value === "function") this.#functions++;
    });
    return given;
  }

  done(instance: WebAssembly.Instance, module: ModuleEntry | null): void {
    const live = plain(this.#imports, LIVE_REFS);
    if (typeof live === "function") this.#registry.setLiveRefs(instance, live as () => unknown);
    const add = (): void => this.#registry.addInstance(this.#entry, instance, module, this.#read);
    add();
    // With the module's bytes more is known of its memories.
    module?.waiting?.push(add);
    this.#calls?.wrapExports(this.#entry, instance);
  }
}

class Installer implements Installed {
  readonly frozen: string[] = [];
  readonly #placed: { target: Record<string, unknown>; name: string; value: unknown }[] = [];

  isInFront(): boolean {
    return this.#placed.every(({ target, name, value }) => Object.getOwnPropertyDescriptor(target, name)?.value === value);
  }

  #place(target: Record<string, unknown>, name: string, value: unknown): boolean {
    const old = Object.getOwnPropertyDescriptor(target, name);
    if (!old || !("value" in old)) return false;
    try {
      Object.defineProperty(target, name, { ...old, value });
    } catch {
      this.frozen.push(name);
      return false;
    }
    this.#placed.push({ target, name, value });
    return true;
  }

  wrapFunction(target: Record<string, unknown>, name: string, trap: Trap): void {
    const original = target[name];
    if (typeof original !== "function") return;
    this.#place(target, name, new Proxy(original as AnyFunction, { apply: (real, self, args: unknown[]) => trap(real, self, args) }));
  }

  wrapConstructor(target: Record<string, unknown>, name: string, trap: (construct: (args: unknown[]) => object, args: unknown[]) => object): void {
    const original = target[name];
    if (typeof original !== "function") return;
    const proxy = new Proxy(original, {
      construct: (real, args: unknown[], newTarget) => trap((args) => reflect.construct(real, args, newTarget) as object, args),
    });
    if (!this.#place(target, name, proxy)) return;
    const prototype = (original as { prototype: Record<string, unknown> }).prototype;
    if (prototype.constructor === original) this.#place(prototype, "constructor", proxy);
  }

  wrapGetter(target: object, name: string, trap: (get: (self: unknown) => unknown, self: unknown) => unknown): void {
    const old = Object.getOwnPropertyDescriptor(target, name);
    if (!old?.get) return;
    const get = new Proxy(old.get, { apply: (real, self) => trap((self) => reflect.apply(real, self, []), self) });
    try {
      Object.defineProperty(target, name, { ...old, get });
    } catch {
      this.frozen.push(name);
    }
  }
}

function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

/** The address of a worker's script; an object's own `toString` is the page's, and is not run. */
function scriptOf(script: unknown): string {
  return (typeof script === "string" ? script : script instanceof URL ? script.href : "").slice(0, 300);
}

/** A property that can be read without running code of the page. */
function plain(object: unknown, name: string | symbol): unknown {
  return isObject(object) ? Object.getOwnPropertyDescriptor(object, name)?.value : undefined;
}

function limitsOf(memory: WebAssembly.Memory, descriptor: unknown): MemoryLimits {
  const buffer = bufferOf(memory);
  const maximum = plain(descriptor, "maximum");
  return {
    minimum_bytes: buffer.byteLength,
    maximum_bytes: typeof maximum === "number" || typeof maximum === "bigint" ? Number(maximum) * 65536 : null,
    shared: !(buffer instanceof ArrayBuffer),
    is_64: plain(descriptor, "address") === "i64" || plain(descriptor, "index") === "i64",
  };
}

function elementOf(descriptor: unknown): TableLimits["element"] {
  const element = plain(descriptor, "element");
  return element === "anyfunc" || element === "funcref" ? "funcref" : element === "externref" ? "externref" : "other";
}

/**
 * For a hook that comes late: instances and memories in global variables, and in plain objects there, as Emscripten's
 * `Module`. Getters are not run.
 */
export function findInGlobals(registry: Registry): void {
  const look = (object: object, depth: number): void => {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(object)).slice(0, 5000)) {
      if (!isObject(value)) continue;
      guarded(() => {
        if (value instanceof real.Memory) registry.addMemory(value, "found", name, null);
        else if (value instanceof real.Instance) registry.addInstance(registry.newInstance(), value, null, []);
        else if (value instanceof real.Module) registry.moduleOf(value);
        else if (depth > 0 && isPlain(value)) look(value, depth - 1);
      });
    }
  };
  look(globalThis, 1);
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

