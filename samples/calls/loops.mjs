// Calls of one kind each. An engine learns of a function what it sees through all that call it: measure.mjs imports
// this file once for each way of calling (loops.mjs?glue), so that none is slowed by the others.

/** What src/lib.rs imports. */
export const host = {
  plus: (a, b) => (a + b) | 0, value: (thing) => thing.value, length: (text) => text.length, make: (value) => ({ value }),
  consume: (thing) => thing.value,
  checked: (a) => { if (a < 0) throw new Error("negative"); return a; },
};

const thing = { value: 1 };

/** Loops over the exports of src/lib.rs. */
export const loops = (r) => ({
  "scalars to JavaScript": (n) => r.scalars(n),
  "reference lent to JavaScript": (n) => r.references(n, thing),
  "reference made, owned, given back (3 calls)": (n) => r.owned(n),
  "32-byte string to JavaScript": (n) => r.strings(n),
  "Result from JavaScript": (n) => r.results(n),
  "scalars from JavaScript": (n) => { let sum = 0; for (let i = 0; i < n; i++) sum = r.add(sum, i); return sum; },
  "32-byte string from JavaScript": (n) => { let sum = 0; for (let i = 0; i < n; i++) sum += r.measure("thirty-two bytes of plain text.."); return sum; },
  "Result to JavaScript": (n) => { let sum = 0; for (let i = 0; i < n; i++) sum += r.halve(2 * i); return sum; },
});

/** The same of calls.wat. */
export async function byHand(bytes) {
  const slots = [null, thing], slotValue = (thing) => thing.value;
  const env = { plus: host.plus, value: host.value, slot: (at) => slotValue(slots[at]) };
  const { instance: { exports: w } } = await WebAssembly.instantiate(bytes, { env });
  return {
    "scalars to JavaScript": (n) => w.scalars(n),
    "reference lent to JavaScript": (n) => w.slots(n, 1),
    "reference lent to JavaScript, as externref": (n) => w.references(n, thing),
    "scalars from JavaScript": (n) => { let sum = 0; for (let i = 0; i < n; i++) sum = w.add(sum, i); return sum; },
  };
}
