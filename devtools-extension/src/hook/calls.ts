// Counting the calls across the boundary. Functions that JavaScript gives are replaced by ones that count, in what the
// engine reads of the imports; functions that wasm gives, in a copy of `instance.exports`. A wrapper has the name,
// length and `toString` of what it stands for; where an API asks for a function that wasm exported, the real one goes in.

import type { BoundaryCalls } from "../contract.ts";
import type { InstanceEntry } from "./registry.ts";
import { exportsOf, reflect, ticks } from "./real.ts";

/** Functions that are counted; beyond, those of instances that are gone make way. */
const MAX_COUNTERS = 200_000;

export interface Counter extends Omit<BoundaryCalls, "instance" | "value_bytes"> {
  instance: InstanceEntry;
  /** Its place among the module's functions: the position among the imports, or the export's name. */
  place: number | string;
  /** Bytes of the arguments and results of one call; null while that was not asked for, or the module is not read. */
  crossing: number | null;
}

/** Bytes of the arguments and results of one call; the module may have been read only after the counter was made. */
export function crossing(counter: Counter): number {
  const { place, instance } = counter;
  const source = instance.module?.source;
  if (counter.crossing === null && source && source.size > 0) {
    const { exports, function_bytes } = source.shape;
    const index = typeof place === "number" ? place : exports.find(({ name, kind }) => name === place && kind === "function")?.index ?? -1;
    counter.crossing = function_bytes[index] ?? 0;
  }
  return counter.crossing ?? 0;
}

type AnyFunction = (...args: never[]) => unknown;

export class Calls {
  counters: Counter[] = [];
  /** Functions that are not counted, as there are too many. */
  dropped = 0;
  /** By the real function. */
  readonly #wrapperOf = new WeakMap<AnyFunction, AnyFunction>();
  readonly #realOf = new WeakMap<AnyFunction, AnyFunction>();
  readonly #exportsOf = new WeakMap<WebAssembly.Instance, WebAssembly.Exports>();
  /** Time that the calls inside of the current one took. */
  #inner = 0;

  /** What an engine is to get where the page has `value`. */
  real<T>(value: T): T {
    return (typeof value === "function" ? this.#realOf.get(value as AnyFunction) ?? value : value) as T;
  }

  /** What the page is to get where the engine has `value`. */
  wrapped<T>(value: T): T {
    return (typeof value === "function" ? this.#wrapperOf.get(value as AnyFunction) ?? value : value) as T;
  }

  /** What the engine is to get for an import of the page. */
  importFor(instance: InstanceEntry, module: string, name: string, value: unknown, place: number): unknown {
    const real = this.real(value);
    // A function that wasm exported goes from wasm to wasm: no boundary.
    if (typeof real !== "function" || real !== value || isExported(real as AnyFunction)) return real;
    return this.#counted(real as AnyFunction, instance, "out", `${module}.${name}`, place);
  }

  /** What the page is to get for `instance.exports`. */
  exportsFor(instance: WebAssembly.Instance): WebAssembly.Exports {
    return this.#exportsOf.get(instance) ?? exportsOf(instance);
  }

  wrapExports(entry: InstanceEntry, instance: WebAssembly.Instance): void {
    const copy = Object.create(null) as Record<string, WebAssembly.ExportValue>;
    for (const [name, value] of Object.entries(exportsOf(instance))) {
      if (typeof value !== "function") {
        copy[name] = value;
        continue;
      }
      let wrapper = this.#wrapperOf.get(value as AnyFunction);
      if (!wrapper) {
        wrapper = this.#counted(value as AnyFunction, entry, "in", name, name);
        this.#wrapperOf.set(value as AnyFunction, wrapper);
        this.#realOf.set(wrapper, value as AnyFunction);
      }
      copy[name] = wrapper as WebAssembly.ExportValue;
    }
    this.#exportsOf.set(instance, Object.freeze(copy));
  }

  /** A function that counts, or the real one if too many are counted. */
  #counted(real: AnyFunction, instance: InstanceEntry, direction: Counter["direction"], name: string, place: number | string): AnyFunction {
    // Once for all that do not find room: it takes a while.
    if (this.counters.length >= MAX_COUNTERS && this.dropped === 0) this.#makeRoom();
    if (this.counters.length >= MAX_COUNTERS) {
      this.dropped++;
      return real;
    }
    const counter: Counter = { instance, direction, name, count: 0, threw: 0, total_ms: 0, own_ms: 0, longest_ms: 0, place, crossing: null };
    this.counters.push(counter);
    return new Proxy(real, {
      apply: (target, self, args: unknown[]) => {
        const outer = this.#inner;
        this.#inner = 0;
        const start = ticks();
        counter.count++;
        let returned = false;
        try {
          const result: unknown = reflect.apply(target, self, args);
          returned = true;
          return result;
        } finally {
          const took = ticks() - start;
          if (!returned) counter.threw++;
          counter.total_ms += took;
          counter.own_ms += took - this.#inner;
          if (took > counter.longest_ms) counter.longest_ms = took;
          this.#inner = outer + took;
        }
      },
    });
  }

  /** Forgets the functions of instances that are gone; one that is being made has no reference yet. */
  #makeRoom(): void {
    this.counters = this.counters.filter(({ instance: { ref } }) => !ref || ref.deref());
  }

  clear(): void {
    this.#makeRoom();
    this.dropped = 0;
    for (const counter of this.counters) {
      counter.count = counter.threw = counter.total_ms = counter.own_ms = counter.longest_ms = 0;
    }
  }
}

/** An exported function's name is its index. */
function isExported(value: AnyFunction): boolean {
  return /^\d+$/.test(value.name) && Function.prototype.toString.call(value).includes("[native code]") && !Object.hasOwn(value, "prototype");
}
