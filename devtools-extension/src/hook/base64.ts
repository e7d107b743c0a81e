// Bytes as text, by the browser's own code where it has some.

interface Base64Array {
  toBase64?(): string;
}

interface Base64Constructor {
  fromBase64?(text: string): Uint8Array<ArrayBuffer>;
}

/** Of bytes that are not shared. */
export function toBase64(bytes: Uint8Array): string {
  const native = (bytes as unknown as Base64Array).toBase64;
  if (native) return native.call(bytes);
  let text = "";
  // As many arguments as any engine takes.
  for (let i = 0; i < bytes.length; i += 0x8000) text += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  return btoa(text);
}

/** Throws if it is none. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const native = (Uint8Array as unknown as Base64Constructor).fromBase64;
  return native ? native(text) : Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
}
