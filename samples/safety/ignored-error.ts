// accepted
function save(bytes: Array<u8>): bool {
  return bytes.length > 0;
}

export function close(bytes: Array<u8>): void {
  save(bytes);
}
