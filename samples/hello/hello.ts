// AssemblyScript has no WASI of its own: the host prints (UTF-16).
@external("env", "print")
declare function print(text: string): void;

export function main(): void {
  print("Hello, world!\n");
}
