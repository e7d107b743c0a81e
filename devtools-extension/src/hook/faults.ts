// What can go wrong in the hook, as the panel is told of it: by a code, for which the panel has the words (strings.ts).

export type Fault = "no-memory" | "gone" | "outside" | "no-moment" | "no-bytes";

const MARK = "wasmrust-fault:";

export const fault = (what: Fault): RangeError => new RangeError(MARK + what);

/** The code in what a browser tells of an exception; undefined if it is another one. */
export function faultIn(text: string): string | undefined {
  return new RegExp(`${MARK}([a-z-]+)`).exec(text)?.[1];
}
