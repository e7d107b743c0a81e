// Nanoseconds a call, the least of many rounds; in node and in a page alike. `wat` is calls.wat as a module's bytes.
import { load } from "../../crates/wasm/js/loader.mjs";

const CALLS = 100_000, ROUNDS = 150;

/** Runs of all `loops` in turn, so that a busy machine touches all alike: the least time of each, a call. */
function least(loops) {
  const best = {};
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, loop] of Object.entries(loops)) {
      // Slow ones are called less often.
      const calls = best[name] > 50 ? CALLS / 10 : CALLS;
      const start = performance.now();
      loop(calls);
      const time = ((performance.now() - start) * 1e6) / calls;
      if (round >= 5) best[name] = Math.min(best[name] ?? Infinity, time);
    }
  }
  return best;
}

// One function each, as different programs have: shared ones would get slow for both.
const host = () => ({
  plus: (a, b) => (a + b) | 0, value: (thing) => thing.value, length: (text) => text.length, make: (value) => ({ value }),
  consume: (thing) => thing.value,
  checked: (a) => { if (a < 0) throw new Error("negative"); return a; },
});

/** `bindgen`: the JavaScript of wasm-bindgen, and its module's bytes. */
export async function measure(rust, wat, bindgen) {
  const thing = { value: 1 };
  const { exports: r } = await load(rust, { env: host() });
  const loops = {
    "scalars to JavaScript": r.scalars,
    "reference lent to JavaScript": (n) => r.references(n, thing),
    "reference made, owned, given back (3 calls)": r.owned,
    "32-byte string to JavaScript": r.strings,
    "Result from JavaScript": r.results,
    "scalars from JavaScript": (n) => { let sum = 0; for (let i = 0; i < n; i++) sum = r.add(sum, i); return sum; },
    "Result to JavaScript": (n) => { let sum = 0; for (let i = 0; i < n; i++) sum += r.halve(2 * i); return sum; },
  };
  if (wat) {
    const slots = [null, thing], { plus, value } = host();
    const slotValue = (thing) => thing.value;
    const { instance: { exports: w } } = await WebAssembly.instantiate(wat, { env: { plus, value, slot: (at) => slotValue(slots[at]) } });
    Object.assign(loops, {
      "wat: scalars to JavaScript": w.scalars,
      "wat: reference lent to JavaScript, in a slab": (n) => w.slots(n, 1),
      "wat: reference lent to JavaScript, externref": (n) => w.references(n, thing),
      "wat: scalars from JavaScript": (n) => { let sum = 0; for (let i = 0; i < n; i++) sum = w.add(sum, i); return sum; },
    });
  }
  if (bindgen) {
    // It looks for imported functions among the globals.
    Object.assign(globalThis, host());
    const b = bindgen.glue;
    b.initSync({ module: bindgen.bytes });
    Object.assign(loops, {
      "wasm-bindgen: scalars to JavaScript": b.scalars,
      "wasm-bindgen: reference lent to JavaScript": (n) => b.references(n, thing),
      "wasm-bindgen: reference made, owned, given back (3 calls)": b.owned,
      "wasm-bindgen: 32-byte string to JavaScript": b.strings,
      "wasm-bindgen: Result from JavaScript": b.results,
      "wasm-bindgen: scalars from JavaScript": (n) => { let sum = 0; for (let i = 0; i < n; i++) sum = b.add(sum, i); return sum; },
      "wasm-bindgen: Result to JavaScript": (n) => { let sum = 0; for (let i = 0; i < n; i++) sum += b.halve(2 * i); return sum; },
    });
  }
  return least(loops);
}
