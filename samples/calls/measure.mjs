// Nanoseconds a call, the least of many rounds; in node and in a page alike.
import { load } from "../../crates/wasm/js/loader.mjs";

const CALLS = 100_000, ROUNDS = 150;

/** Runs of all `loops` in turn, so that a busy machine touches all alike: the least time of each, a call. */
function least(loops) {
  const best = new Map();
  for (let round = 0; round < ROUNDS; round++) {
    for (const loop of loops) {
      // Slow ones are called less often.
      const calls = best.get(loop) > 50 ? CALLS / 10 : CALLS;
      const start = performance.now();
      loop(calls);
      const time = ((performance.now() - start) * 1e6) / calls;
      if (round >= 5) best.set(loop, Math.min(best.get(loop) ?? Infinity, time));
    }
  }
  return best;
}

/**
 * Each way of calling, then each kind of call: its nanoseconds.
 * @param modules bytes: `rust`, and what there is of `wat` and `bindgen`
 * @param scripts what cargo wasm made for `rust` (`glue`), and wasm-bindgen for `bindgen`, as imported modules
 */
export async function measure(modules, scripts) {
  const own = (way) => import(`./loops.mjs?${way}`);
  const ways = {};
  const { host, loops } = await own("loader");
  ways.loader = loops((await load(modules.rust, { env: host })).exports);
  if (scripts.glue) {
    const { host, loops } = await own("glue");
    ways.glue = loops((await scripts.glue.default({ env: host }, modules.rust)).exports);
  }
  if (modules.wat) ways.wat = await (await own("wat")).byHand(modules.wat);
  if (scripts.bindgen) {
    const { host, loops } = await own("bindgen");
    // It looks for imported functions among the globals.
    Object.assign(globalThis, host);
    scripts.bindgen.initSync({ module: modules.bindgen });
    ways["wasm-bindgen"] = loops(scripts.bindgen);
  }
  const best = least(Object.values(ways).flatMap(Object.values));
  const times = (kinds) => Object.fromEntries(Object.entries(kinds).map(([kind, loop]) => [kind, best.get(loop)]));
  return Object.fromEntries(Object.entries(ways).map(([way, kinds]) => [way, times(kinds)]));
}
