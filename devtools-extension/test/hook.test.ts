// The hook in node, which has the same WebAssembly: what a page sees is as without it.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const hook = readFileSync(join(root, "dist/recorder/hook.js"), "utf8");
const probe = join(root, "dist/pages/probe.wasm");

/** Runs a program with a hook before it, or without one; what it tells. */
function run(program: string, options: { counts_calls: boolean; is_late: boolean } | null): unknown {
  const dir = mkdtempSync(join(tmpdir(), "hook-"));
  try {
    const file = join(dir, "program.mjs");
    const before = options ? `globalThis.location = new URL("http://page.test/"); {const WASMRUST_HOOK = ${JSON.stringify(options)};${hook}\n}` : "";
    writeFileSync(file, `${before}
      import { readFileSync } from "node:fs";
      const bytes = readFileSync(${JSON.stringify(probe)});
      const imports = { env: { tick: (n) => n + 1, fail() { throw new Error("as asked"); } } };
      const agent = globalThis[Symbol.for("wasmrust.devtools")];
      const news = (since = 0) => JSON.parse(agent.look({ since, subscriptions: [], watches: [], budget_ms: 5, search_ms: 5, is_thorough: true }));
      const tell = (value) => console.log(JSON.stringify(value));
      ${program}`);
    return JSON.parse(execFileSync(process.execPath, ["--expose-gc", file], { encoding: "utf8" }));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

const HOOKS = [{ counts_calls: false, is_late: false }, { counts_calls: true, is_late: false }];

/** Programs that tell what a page can see. */
const SEEN: Record<string, string> = {
  "names, lengths, texts and property attributes": `
    const seen = {};
    const note = (path, object, name) => {
      const { value, get, ...rest } = Object.getOwnPropertyDescriptor(object, name);
      const of = value ?? get;
      seen[path + "." + name] = [rest, typeof of, of?.name, of?.length, typeof of === "function" && Function.prototype.toString.call(of).includes("[native code]"), typeof of === "function" && Object.hasOwn(of, "prototype")];
    };
    for (const name of Object.getOwnPropertyNames(WebAssembly)) note("WebAssembly", WebAssembly, name);
    for (const name of ["Memory", "Instance", "Module", "Table", "Global"]) for (const key of Object.getOwnPropertyNames(WebAssembly[name].prototype)) note(name, WebAssembly[name].prototype, key);
    tell([seen, Object.keys(globalThis).filter((key) => key !== "location")]);`,
  "identity of classes": `
    const memory = new WebAssembly.Memory({ initial: 1 });
    const { module, instance } = await WebAssembly.instantiate(bytes, imports);
    class Mine extends WebAssembly.Memory { twice() { return this.buffer.byteLength * 2; } }
    const mine = new Mine({ initial: 1 });
    tell([memory.constructor === WebAssembly.Memory, memory instanceof WebAssembly.Memory, module instanceof WebAssembly.Module, module.constructor === WebAssembly.Module,
      instance instanceof WebAssembly.Instance, Object.getPrototypeOf(instance) === WebAssembly.Instance.prototype, mine instanceof Mine, mine.twice(), Object.prototype.toString.call(memory),
      String(Reflect.construct(WebAssembly.Memory, [{ initial: 1 }], class Other {}).buffer)]);`,
  "errors": `
    const errors = [];
    const note = async (work) => { try { await work(); errors.push("nothing"); } catch (error) { errors.push([error.constructor.name, error.message, error instanceof Error]); } };
    await note(() => new WebAssembly.Memory());
    await note(() => new WebAssembly.Memory({ initial: -1 }));
    await note(() => WebAssembly.Memory({ initial: 1 }));
    await note(() => new WebAssembly.Module(new Uint8Array(3)));
    await note(() => new WebAssembly.Module());
    await note(() => new WebAssembly.Instance(new WebAssembly.Module(bytes)));
    await note(() => new WebAssembly.Instance(new WebAssembly.Module(bytes), 5));
    await note(() => new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: 5 }));
    await note(() => new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { tick: 5 } }));
    await note(() => new WebAssembly.Instance({}, imports));
    await note(() => WebAssembly.instantiate(bytes, { env: {} }));
    await note(() => WebAssembly.instantiate(bytes));
    await note(() => WebAssembly.instantiate());
    await note(() => WebAssembly.instantiate(5));
    await note(() => WebAssembly.compile(new Uint8Array([1])));
    await note(() => WebAssembly.compileStreaming(fetch("data:text/plain,x")));
    await note(() => WebAssembly.instantiateStreaming(5));
    await note(() => WebAssembly.instantiateStreaming(Promise.reject(new RangeError("no answer"))));
    await note(() => WebAssembly.Memory.prototype.grow.call({}, 1));
    await note(() => new WebAssembly.Memory({ initial: 1, maximum: 1 }).grow(1));
    await note(() => new WebAssembly.Table({ element: "anyfunc", initial: 1 }).set(0, () => 1));
    await note(async () => (await WebAssembly.instantiate(bytes, imports)).instance.exports.fails());
    tell(errors);`,
  "exports": `
    const { instance } = await WebAssembly.instantiate(bytes, imports);
    const { exports } = instance;
    const before = exports.functions.get(0);
    exports.functions.set(1, exports.poke);
    const direct = await WebAssembly.instantiate(await WebAssembly.compile(bytes), { env: { tick: exports.peek, fail: exports.fails } });
    tell([Object.keys(exports), Object.isFrozen(exports), Object.getPrototypeOf(exports), instance.exports === exports, before === exports.poke, exports.functions.get(1) === exports.poke,
      exports.poke.name, exports.poke.length, exports.peek(4096), String(exports.ticks(3)), exports.grow(1), exports.memory.buffer.byteLength, String(direct.exports.ticks(1)),
      Object.getOwnPropertyDescriptor(exports, "poke").enumerable, Reflect.ownKeys(exports.poke).map(String)]);`,
  "imports are read once, in order": `
    const reads = [];
    const watching = new Proxy({}, { get: (_, module) => { reads.push(String(module)); return new Proxy({}, { get: (_, name) => { reads.push(String(name)); return imports.env[name]; } }); }, has: (_, key) => { reads.push("has " + String(key)); return true; }, ownKeys: () => { reads.push("keys"); return []; } });
    new WebAssembly.Instance(new WebAssembly.Module(bytes), watching);
    new WebAssembly.Instance(new WebAssembly.Module(bytes), Object.freeze({ env: Object.freeze({ ...imports.env }) }));
    tell(reads);`,
  "rejections that nobody handles are reported, handled ones are not": `
    const reported = [];
    process.on("unhandledRejection", (error) => reported.push(error.constructor.name));
    WebAssembly.compile(new Uint8Array([1]));
    WebAssembly.compile(new Uint8Array([1])).catch(() => 0);
    WebAssembly.instantiateStreaming(Promise.reject(new RangeError())).catch(() => 0);
    setTimeout(() => tell(reported), 200);`,
  "promises are the page's own kind, and come before a later task": `
    const order = [];
    const promise = WebAssembly.compile(bytes);
    promise.then(() => { order.push("compiled"); setTimeout(() => tell([order, promise instanceof Promise, promise.constructor === Promise]), 10); Promise.resolve().then(() => order.push("after")); });`,
  "prototypes that are patched later do no harm": `
    Array.prototype.push = Array.prototype.map = Map.prototype.get = Promise.prototype.then = () => { throw new Error("patched"); };
    const module = new WebAssembly.Module(bytes);
    const instance = new WebAssembly.Instance(module, imports);
    console.log(JSON.stringify(instance.exports.peek(4096)));`,
};

for (const [name, program] of Object.entries(SEEN)) {
  test(`a page sees no difference: ${name}`, () => {
    const without = run(program, null);
    for (const options of HOOKS) assert.deepEqual(run(program, options), without, JSON.stringify(options));
  });
}

test("a late hook finds what lies in global variables", () => {
  const found = run(`
    tell([news().memories.map(({ name, how }) => [name, how]), news().hook]);`.replace("tell", "globalThis.held = 1; tell"), { counts_calls: false, is_late: true });
  assert.deepEqual(found, [[], "late"]);
});

test("equal bytes are kept once, and hashed alike", () => {
  const told = run(`
    for (let i = 0; i < 100; i++) new WebAssembly.Module(bytes.slice());
    const { modules } = news();
    tell([modules.length, new Set(modules.map(({ hash }) => hash)).size, modules.every(({ has_bytes }) => has_bytes)]);`, HOOKS[0]!);
  assert.deepEqual(told, [100, 1, true]);
});

test("what the page lets go of is gone, and makes way", () => {
  const told = run(`
    for (let i = 0; i < 20; i++) { for (let j = 0; j < 300; j++) new WebAssembly.Memory({ initial: 0, maximum: 1 }); gc(); await new Promise((resolve) => setTimeout(resolve)); }
    let since = 0, answer, count = 0;
    do { answer = news(since); since = answer.revision; count += answer.memories.length; } while (answer.is_part);
    const last = new WebAssembly.Memory({ initial: 1 });
    const { memories } = news(since);
    tell([count <= 5000 && count > 1000, memories.some(({ bytes, is_gone }) => bytes === 65536 && !is_gone)]);`, HOOKS[0]!);
  assert.deepEqual(told, [true, true]);
});

test("growth is noted with the stack of who grew, without running the page's own function for stacks", () => {
  const told = run(`
    let asked = 0;
    Error.prepareStackTrace = () => { asked++; return "the page's"; };
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1000 });
    function grower() { memory.grow(2); }
    grower();
    for (let i = 0; i < 600; i++) memory.grow(1);
    const [{ growth }] = news().memories;
    tell([asked, typeof Error.prepareStackTrace, growth.length, growth[0].how, growth[0].bytes, growth.at(-1).bytes, growth.some(({ stack }) => stack[0]?.includes("hook"))]);`, HOOKS[0]!);
  assert.deepEqual(told, [0, "function", 500, "found", 65536, 603 * 65536, false]);
});

test("what was told of and made way is told of, once; modules of live instances stay", () => {
  const told = run(`
    const { instance } = await WebAssembly.instantiate(bytes, imports);
    const rest = () => new Promise((resolve) => setTimeout(resolve));
    for (let i = 0; i < 4000; i++) new WebAssembly.Table({ element: "anyfunc", initial: 0 });
    let since = 0;
    const all = () => { const tables = [], removed = []; let answer; do { answer = news(since); since = answer.revision; tables.push(...answer.tables); removed.push(...answer.removed); } while (answer.is_part); return { answer, tables, removed }; };
    const first = all();
    await rest(); gc(); await rest();
    const second = all();
    const third = all();
    tell([first.tables.length >= 4000, second.removed.length >= 3900, third.removed.length, second.answer.removed.length <= 1000,
      Object.keys(instance.exports).length > 0 && news(0).modules.filter(({ name }) => name === "probe").length, news(0).tables.length < 100]);`, HOOKS[0]!);
  assert.deepEqual(told, [true, true, 0, true, 1, true]);
});

test("functions of instances that are gone make way for others to be counted", () => {
  const told = run(`
    const rest = () => new Promise((resolve) => setTimeout(resolve));
    const module = new WebAssembly.Module(bytes);
    for (let i = 0; i < 30; i++) { for (let j = 0; j < 1000; j++) new WebAssembly.Instance(module, imports); await rest(); gc(); await rest(); }
    const { exports } = new WebAssembly.Instance(module, imports);
    exports.peek(4096);
    const { calls, unseen } = news();
    tell([calls.filter(({ name, count, value_bytes }) => name === "peek" && count === 1 && value_bytes === 8).length, unseen.filter(({ subject }) => subject.startsWith("functions")).length]);`, HOOKS[1]!);
  assert.deepEqual(told, [1, 0]);
});
