// A fast hash, to see that a block changed, and to tell modules apart. Not cryptographic: a page could make two blocks
// with the same hash, and would deceive only those who look at it.

const PRIME = 0x01000193;

/**
 * The hash of whole words. Four lanes, as one would wait for its own multiplication. Zeros of any length of a multiple
 * of 16 bytes and of equal length have the same hash.
 */
export function hashWords(words: Uint32Array, from: number, to: number): number {
  let a = 0x811c9dc5, b = 0x9e3779b9, c = 0x85ebca6b, d = 0xc2b2ae35;
  const whole = from + ((to - from) & ~3);
  for (let i = from; i < whole; i += 4) {
    a = Math.imul(a ^ words[i]!, PRIME);
    b = Math.imul(b ^ words[i + 1]!, PRIME);
    c = Math.imul(c ^ words[i + 2]!, PRIME);
    d = Math.imul(d ^ words[i + 3]!, PRIME);
    // The high bits come down: a multiplication alone carries them up only.
    a ^= a >>> 15;
    b ^= b >>> 15;
    c ^= c >>> 15;
    d ^= d >>> 15;
  }
  for (let i = whole; i < to; i++) a = Math.imul(a ^ words[i]!, PRIME) ^ (a >>> 13);
  a = Math.imul(a ^ (b >>> 7) ^ (b << 25), PRIME);
  a = Math.imul(a ^ (c >>> 13) ^ (c << 19), PRIME);
  a = Math.imul(a ^ (d >>> 19) ^ (d << 13), PRIME);
  return a >>> 0;
}

/** Whether all words are zero. */
export function isZero(words: Uint32Array, from: number, to: number): boolean {
  const whole = from + ((to - from) & ~7);
  let i = from;
  for (; i < whole; i += 8) {
    if ((words[i]! | words[i + 1]! | words[i + 2]! | words[i + 3]! | words[i + 4]! | words[i + 5]! | words[i + 6]! | words[i + 7]!) !== 0) return false;
  }
  for (; i < to; i++) {
    if (words[i] !== 0) return false;
  }
  return true;
}

/** 64 bits of hash of any bytes, in hexadecimal. */
export function hashOf(bytes: Uint8Array): string {
  const whole = bytes.length & ~3;
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  const words = new Uint32Array(aligned.buffer, aligned.byteOffset, whole / 4);
  const rest = new Uint32Array([bytes.length, 0]);
  new Uint8Array(rest.buffer).set(bytes.subarray(whole), 4);
  const half = words.length >>> 1;
  const hex = (value: number): string => value.toString(16).padStart(8, "0");
  const tail = hashWords(rest, 0, 2);
  return hex((hashWords(words, 0, half) ^ tail) >>> 0) + hex((hashWords(words, half, words.length) ^ tail) >>> 0);
}
