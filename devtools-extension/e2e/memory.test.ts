// What memviz makes of a snapshot of a page: the same blocks that the page itself logged, the leak that was planted.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { executable, launch, sessionOf } from "./chromium.ts";
import { root, target } from "./paths.ts";
import { serve } from "./server.ts";
import { Panel } from "./session.ts";

const mem = join(target, "debug/examples/mem");
const skip = !executable ? "Chromium is missing" : existsSync(mem) ? false : "memviz' example is not built (cargo build -p memviz --example mem)";

/** Takes a snapshot of the attached program, and answers commands from it. */
async function snapshot(panel: Panel): Promise<{ mem(...command: string[]): string } & Disposable> {
  const dir = mkdtempSync(join(tmpdir(), "wasm-snapshot-"));
  const files = { module: join(dir, "a.wasm"), snapshot: join(dir, "a.memviz") };
  const taken = await panel.request({ request: "snapshot", label: "here" });
  assert.equal(taken.event, "snapshot", JSON.stringify(taken).slice(0, 300));
  writeFileSync(files.snapshot, Buffer.from(taken.base64, "base64"));
  writeFileSync(files.module, Buffer.from((await panel.request({ request: "module" })).base64, "base64"));
  return {
    mem: (...command) => execFileSync(mem, [files.module, files.snapshot, "mem", ...command], { encoding: "utf8" }),
    [Symbol.dispose]: () => rmSync(dir, { recursive: true, force: true }),
  };
}

test("the heap blocks of a page are those of its own log", { skip, timeout: 120_000 }, async () => {
  await using server = await serve();
  await using session = await sessionOf(await launch(join(root, "dist/recorder")));
  const panel = new Panel(session, server.url);
  for (const name of ["heap_rust_o0", "heap_c_o2", "heap_wasm_o2"]) {
    await panel.open("pages/heap.html");
    await session.inPage(`await start("${name}")`);
    await session.inPage("(program.seed(3), program.run(500), program.grow(2), program.run(200), true)");
    const memory = await panel.memory("the memory", () => true);
    await panel.attach(memory.id);
    using now = await snapshot(panel);
    const log = await session.inPage<[number, number][]>("log()");
    assert.ok(log.length > 20, name);
    const lines = now.mem("heap", "--live", "--limit", "100000").split("\n").filter((line) => line.includes(" live"));
    const blocks = lines.map((line) => line.split(/\s+/)).map(([payload, , size]) => [Number(payload), Number(size!.replaceAll(",", ""))] as const);
    assert.deepEqual(blocks.map(([address]) => address), log.map(([address]) => address), name);
    blocks.forEach(([, size], i) => assert.ok(size >= log[i]![1] && size <= log[i]![1] + 64, `${name}: ${size} bytes for ${log[i]![1]}`));
  }
});

test("the sample's leak is found, and nothing else", { skip: skip || (existsSync(join(root, "dist/sample/leak.wasm")) ? false : "the sample is not built"), timeout: 120_000 }, async () => {
  await using server = await serve();
  await using session = await sessionOf(await launch(join(root, "dist/recorder")));
  const panel = new Panel(session, server.url);
  await panel.open("sample/index.html");
  await session.inPage("(serve(1000), serve(1000), serve(1000), true)");
  const memory = await panel.memory("the memory", () => true);
  const hello = await panel.attach(memory.id);
  assert.equal(hello.module.name, "leak");
  using now = await snapshot(panel);
  const leaks = now.mem("leaks", "--limit", "1000");
  // 2,000 orders have been served: of each hundredth the receipt is there.
  assert.match(leaks, /^20 live blocks/, leaks);
  for (const [, address] of leaks.matchAll(/^ +0x([0-9a-f]+)/gm)) {
    const text = Buffer.from(await panel.read(parseInt(address!, 16), 244), "hex");
    assert.equal(text.readUInt32LE(0) % 100, 0);
    assert.match(text.subarray(4).toString(), /^receipt \d+00\.+$/);
  }
});
