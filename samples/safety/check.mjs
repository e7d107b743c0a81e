// Gives each program of this folder to its compiler and compares what that says with the program's first line:
// `// refused: MESSAGE` or `// accepted`. Prints a line "row, language, what happened" for each; fails where it is
// otherwise. Programs of a compiler that is not here are named.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const target = process.env.CARGO_TARGET_DIR ?? join(here, "../../target");
const tools = join(here, "../../target/tools");
const zig = join(tools, "python-zig/ziglang/zig");
const asc = join(tools, "npm/node_modules/assemblyscript/bin/asc.js");

const cargo = (row) => ["cargo", "rustc", "--quiet", "--locked", "--target", "wasm32-unknown-unknown", "--target-dir", join(target, "samples/cargo"),
  "--package", "safety", "--features", "probe", "--example", row];
const compilers = {
  rs: { here: () => true, command: cargo },
  "plain.rs": { here: () => true, command: (row) => cargo(`${row}-plain`) },
  c: {
    here: () => spawnSync("clang-22", ["--version"]).status === 0,
    command: (_, file) => ["clang-22", "--target=wasm32-wasi", "-std=c17", "-Wno-deprecated", "-Wall", "-Wextra", "-c", "-o", "/dev/null", file],
  },
  zig: {
    here: () => existsSync(zig),
    command: (_, file) => [zig, "build-obj", file, "-target", "wasm32-freestanding", "-fno-emit-bin",
      "--cache-dir", join(target, "samples/zig"), "--global-cache-dir", join(target, "samples/zig")],
  },
  ts: { here: () => existsSync(asc), command: (_, file) => ["node", asc, file, "--noEmit", "--noColors"] },
};

let wrong = 0;
const absent = new Set();
for (const file of readdirSync(here).sort()) {
  const [, row, language] = /^([\w-]+)\.(rs|plain\.rs|c|zig|ts)$/.exec(file) ?? [];
  if (!row) continue;
  const compiler = compilers[language];
  if (!compiler.here()) { absent.add(language); continue; }
  const [program, ...options] = compiler.command(row, file);
  const { status, stdout, stderr } = spawnSync(program, options, { cwd: here, encoding: "utf8", env: { ...process.env, CARGO_TERM_COLOR: "never" } });
  const said = stdout + stderr;
  const [, expected, message] = /^\/\/ (refused|accepted)(?:: (.*))?$/m.exec(readFileSync(join(here, file), "utf8"));
  const refused = status !== 0;
  if (refused !== (expected === "refused") || (refused && !said.includes(message))) {
    wrong++;
    console.error(`${file}: not ${expected}${message ? `: ${message}` : ""}\n${said}`);
  }
  const warned = !refused && /warning/i.test(said);
  console.log([row, language, refused ? "refused" : warned ? "warned" : "accepted"].join("\t"));
}
for (const language of absent) console.log(`not run: safety programs in ${language}: the compiler is missing`);
process.exitCode = wrong ? 1 : 0;
