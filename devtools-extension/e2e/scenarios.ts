// What the extension promises, in any browser: pages that others wrote, and such that go wrong.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { root, target } from "./paths.ts";
import { type Server, serve } from "./server.ts";
import { Panel, type Session, type Told, until } from "./session.ts";

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** The pages that bits say. */
const pagesOf = (base64: string): number[] =>
  [...Buffer.from(base64, "base64")].flatMap((byte, i) => [0, 1, 2, 3, 4, 5, 6, 7].filter((bit) => byte & (1 << bit)).map((bit) => i * 8 + bit));

export function scenarios(name: string, skip: string | false, start: () => Promise<Session>): void {
  describe(name, { skip, timeout: 300_000 }, () => {
    let server: Server, panel: Panel;
    before(async () => {
      server = await serve();
      panel = new Panel(await start(), server.url);
    });
    after(async () => {
      await panel?.session[Symbol.asyncDispose]();
      await server?.[Symbol.asyncDispose]();
    });
    const inPage = <T>(expression: string): Promise<T> => panel.session.inPage<T>(expression);

    /** Changes of memory 0 until a page of `wanted` is among them. */
    const changedPages = async (wanted: number): Promise<number[]> => {
      const seen = new Set<number>();
      await until(`a change of page ${wanted}`, async () => {
        for (const told of await panel.events()) {
          if (told.event === "changed" && told.memory === 0) for (const page of pagesOf(told.base64)) seen.add(page);
        }
        return seen.has(wanted);
      });
      return [...seen];
    };

    test("a page without wasm says so", async () => {
      await panel.session.goto(`${server.url}pages/empty.html`);
      await until("a status", async () => (await panel.said()).status.startsWith("0 modules, 0 memories"));
    });

    test("sql.js: module, memory, bytes, heat, growth", async () => {
      await panel.open("pages/sqljs.html");
      const page = await panel.inventoryWith("the module", ({ modules, memories }) => modules.some(({ bytes }) => bytes !== null) && memories.length > 0);
      const file = readFileSync(join(root, "node_modules/sql.js/dist/sql-wasm.wasm"));
      const [module] = page.modules;
      assert.equal(page.modules.length, 1);
      assert.equal(module!.bytes, file.length);
      assert.ok(module!.url!.endsWith("/sql-wasm.wasm"));
      assert.equal(module!.how, "instantiate-streaming");
      const [memory] = page.memories;
      assert.equal(page.memories.length, 1);
      assert.deepEqual(page.instances.map(({ memories }) => memories), [[memory!.id]]);
      assert.ok(memory!.bytes >= 16 << 20);

      const hello = await panel.attach(memory!.id);
      assert.equal(hello.memories.length, 1);
      assert.equal(hello.memories[0]!.bytes, memory!.bytes);
      const opened = await panel.session.inPanel<{ name: string; base64: string }[]>("recorder.files.splice(0)");
      assert.equal(sha256(Buffer.from(opened.at(-1)!.base64, "base64")), sha256(file));

      // The words are in SQLite's pages, as UTF-8.
      await panel.command({ command: "search", memory: memory!.id, hex: Buffer.from("word number 999 of a long list").toString("hex"), from: 0 });
      const { search } = await panel.inventoryWith("the search", (page) => page.search?.is_done ?? false);
      assert.ok(search!.hits.length > 0);
      assert.equal(Buffer.from(await panel.read(search!.hits[0]!, 15), "hex").toString(), "word number 999");
      await panel.command({ command: "end-search" });

      await panel.request({ request: "subscribe", memory: 0, page_bytes: 4096, every_ms: 200 });
      await panel.events();
      assert.equal(await inPage("insert(800000)"), 801000);
      const grown = await until("growth", async () => (await panel.events()).find((told): told is Told & { event: "grew" } => told.event === "grew"), 30_000, async () => JSON.stringify([await panel.said(), (await panel.inventory()).memories, (await panel.inventory()).attached, await panel.session.inPanel("recorder.lost")]).slice(0, 1500));
      assert.ok(grown.bytes > memory!.bytes);
      // Emscripten grows through JavaScript: the stack says where.
      const after = await panel.inventoryWith("the growth", (page) => page.memories[0]!.growth.length > 1);
      const last = after.memories[0]!.growth.at(-1)!;
      assert.equal(last.how, "javascript");
      assert.ok(last.stack.some((line) => line.includes("sql-wasm.js")), last.stack.join("\n"));
      assert.ok(!last.stack.some((line) => line.includes("wasmrust-hook")));
    });

    for (const way of ["streaming", "bytes", "module", "compileStreaming", "sync"]) {
      test(`made by ${way}: bytes, heat, globals, tables, growth by an instruction`, async () => {
        await panel.open("pages/probe.html");
        await inPage(`await start("${way}") && true`);
        const memory = await panel.memory("the memory", ({ name }) => name === "memory");
        const page = await panel.inventory();
        const file = readFileSync(join(root, "dist/pages/probe.wasm"));
        assert.deepEqual(page.modules.map(({ name, bytes }) => [name, bytes]), [["probe", file.length]]);
        assert.deepEqual(page.modules[0]!.imports.map(({ module, name }) => `${module}.${name}`), ["env.tick", "env.fail"]);
        assert.equal(memory.maximum_bytes, 100 * 65536);
        await panel.attach(memory.id);

        assert.equal(Buffer.from(await panel.read(4096, 24), "hex").toString(), "HELLO FROM LINEAR MEMORY");
        assert.equal((await panel.read(2 * 65536 - 10, 100)).length, 20);
        assert.equal(await panel.read(0, 65536), await inPage("hexOf(probe.exports.memory, 0, 65536)"));
        const pages = await panel.request({ request: "pages", memory: 0, start: 0, end: 1 << 20, page_bytes: 4096 });
        assert.deepEqual(pagesOf(pages.base64), [1]);
        const module = await panel.request({ request: "module" });
        assert.equal(sha256(Buffer.from(module.base64, "base64")), sha256(file));
        const globals = await panel.request({ request: "globals" });
        assert.deepEqual(globals.event === "globals" && globals.values, [{ type: "i32", bits: "0xfffffff9" }, { type: "i64", bits: "0x123456789abcdef0" }]);

        await panel.request({ request: "subscribe", memory: 0, page_bytes: 4096, every_ms: 200 });
        await until("a first look", () => new Promise<true>((resolve) => setTimeout(() => resolve(true), 600)));
        await panel.events();
        await inPage("probe.exports.poke(5 * 4096 + 12, 77)");
        assert.deepEqual(await changedPages(5), [5]);
        await panel.request({ request: "write", memory: 0, address: 100, bytes: Buffer.from("deadbeef", "hex").toString("base64") });
        assert.equal(await inPage("probe.exports.peek(100) >>> 0"), 0xefbeadde);

        assert.equal(await inPage("probe.exports.grow(3)"), 2);
        const grown = await panel.inventoryWith("growth", (page) => page.memories[0]!.bytes === 5 * 65536);
        assert.equal(grown.memories[0]!.growth.at(-1)!.how, "looked");
        await inPage("growByJavaScript(probe.exports.memory, 1)");
        const again = await panel.inventoryWith("growth", (page) => page.memories[0]!.bytes === 6 * 65536);
        assert.match(again.memories[0]!.growth.at(-1)!.stack[0]!, /growByJavaScript/);
        await inPage("probe.exports.poke(6 * 65536 - 4, 1)");
        assert.ok((await changedPages(95)).includes(95));

        await inPage("probe.exports.table.set(2, document)");
        const tables = await panel.inventoryWith("the table", (page) => page.tables.some(({ name, used }) => name === "table" && used === 1));
        assert.deepEqual(tables.tables.map(({ name, element, length, used }) => [name, element, length, used]), [["table", "externref", 4, 1], ["functions", "funcref", 2, 2]]);
      });
    }

    test("words are in the language that the app speaks, those for the hook's faults, too", async () => {
      await panel.open("pages/probe.html");
      await inPage("instantiate('private').then(() => true)");
      const shown = await panel.memory("the memory", ({ name }) => name === "shown");
      await panel.attach(shown.id);
      const speak = (tag: string): Promise<unknown> => panel.session.inPanel(`dispatchEvent(new CustomEvent("app-language", { detail: "${tag}" }))`);
      for (const [tag, status, hidden, outside] of [
        ["hi", "1 मॉड्यूल, 1 मेमोरी", /JavaScript के पास/, "वह मेमोरी के बाहर है।"],
        ["en", "1 module, 1 memory", /JavaScript has no object/, "That lies outside of the memory."],
      ] as const) {
        await speak(tag);
        await until("the status", async () => (await panel.said()).status === status, 10_000, async () => (await panel.said()).status);
        await panel.inventoryWith("what is unseen", ({ unseen }) => unseen.some(({ what, reason }) => what === "private-memory" && hidden.test(reason)));
        const told = await panel.request({ request: "write", memory: 1, address: 1 << 30, bytes: "AAAA" });
        assert.equal(told.event === "error" && told.message, outside);
        assert.equal(await panel.session.inPanel<string>("document.documentElement.lang"), tag);
      }
    });

    test("a watched place tells its changes", async () => {
      await panel.open("pages/probe.html");
      await inPage("await start('streaming') && true");
      const memory = await panel.memory("the memory", ({ name }) => name === "memory");
      await panel.command({ command: "watch", memory: memory.id, address: 64, length: 4 });
      await panel.inventoryWith("its bytes", ({ watches }) => watches[0]?.hex === "00000000");
      await inPage("probe.exports.poke(64, 258)");
      const { watches } = await panel.inventoryWith("the change", ({ watches }) => watches[0]?.changes === 1);
      assert.equal(watches[0]!.hex, "02010000");
      await panel.command({ command: "unwatch", memory: memory.id, address: 64 });
      await panel.inventoryWith("no watch", ({ watches }) => watches.length === 0);
    });

    test("calls across the boundary are counted after a reload that asks for it", async () => {
      const page = await panel.open("pages/probe.html", { count_calls: true });
      assert.ok(page.counts_calls);
      await inPage("await start('streaming') && true");
      await inPage("String(probe.exports.ticks(1000))");
      assert.equal(await inPage("(() => { try { probe.exports.fails(); } catch (error) { return error.message; } })()"), "as asked");
      // What is seen of functions is as without counting.
      assert.deepEqual(await inPage("[probe.exports.poke.length, /^\\d+$/.test(probe.exports.poke.name), Object.isFrozen(probe.exports), probe.exports === probe.exports, probe.exports.functions.get(0) === probe.exports.poke]"), [2, true, true, true, true]);
      await inPage("(probe.exports.functions.set(1, probe.exports.poke), probe.exports.functions.get(1)(128, 5))");
      assert.equal(await inPage("probe.exports.peek(128)"), 5);
      const { calls } = await panel.inventoryWith("the calls", ({ calls }) => calls.some(({ name, count }) => name === "peek" && count === 1));
      const by = Object.fromEntries(calls.map((call) => [call.name, call]));
      assert.deepEqual([by["env.tick"]!.direction, by["env.tick"]!.count, by["env.tick"]!.value_bytes], ["out", 1000, 8000]);
      assert.deepEqual([by.ticks!.direction, by.ticks!.count, by.ticks!.value_bytes], ["in", 1, 12]);
      assert.deepEqual([by.poke!.count, by.fails!.threw, by["env.fail"]!.threw], [1, 1, 1]);
      assert.ok(by.ticks!.total_ms >= by.ticks!.own_ms);
    });

    test("a strict policy is no obstacle", async () => {
      await panel.open("pages/probe.html?csp");
      await inPage("start('streaming').then(() => true)");
      const memory = await panel.memory("the memory", ({ name }) => name === "memory");
      await panel.attach(memory.id);
      assert.equal(Buffer.from(await panel.read(4096, 5), "hex").toString(), "HELLO");
    });

    test("a Rust program through wasm-bindgen: bytes and heat", async () => {
      await panel.open("pages/bindgen.html");
      const page = await panel.inventoryWith("the memory", ({ memories }) => memories.length > 0);
      const [memory] = page.memories;
      assert.equal(page.memories.length, 1);
      await panel.attach(memory!.id);
      const address = 1 << 20;
      const told = await panel.request({ request: "read", memory: 0, address, length: 1 << 16 });
      assert.equal(Buffer.from(told.base64, "base64").toString("hex"), await inPage(`(() => Array.from(new Uint8Array(wasm.memory.buffer, ${address}, 65536), (byte) => byte.toString(16).padStart(2, "0")).join(""))()`));
      await panel.request({ request: "subscribe", memory: 0, page_bytes: 4096, every_ms: 200 });
      await new Promise((resolve) => setTimeout(resolve, 1000));
      await panel.events();
      await inPage("optimise()");
      await until("heat", async () => (await panel.events()).some((told) => told.event === "changed"));
    });

    test("threads: a shared memory, and the workers that can't be seen", async () => {
      await panel.open("pages/threads.html?isolated");
      const memory = await panel.memory("the shared memory", ({ shared }) => shared);
      const { unseen } = await panel.inventoryWith("the workers", ({ unseen }) => unseen.some(({ what }) => what === "worker"));
      assert.ok(unseen.some(({ subject }) => subject.includes("workerHelpers.worker.js")));
      const hello = await panel.attach(memory.id);
      assert.ok(hello.memories[0]!.type.shared);
      await panel.request({ request: "subscribe", memory: 0, page_bytes: 4096, every_ms: 200 });
      await new Promise((resolve) => setTimeout(resolve, 1000));
      await panel.events();
      const address = await inPage<number>("allocate(1000)");
      assert.equal(await panel.read(address, 1000), "07".repeat(1000));
      assert.ok((await changedPages(Math.floor(address / 4096))).length > 0);
    });

    test("a component through jco: each of its core modules", async () => {
      await panel.open("pages/component.html");
      const files = ["wasm-tools.core.wasm", "wasm-tools.core2.wasm"];
      const sizes = files.map((file) => readFileSync(join(root, "node_modules/@bytecodealliance/jco-transpile/vendor", file)).length);
      const page = await panel.inventoryWith(`modules of ${sizes.join(" and ")} bytes`, ({ modules }) => sizes.every((size) => modules.some(({ bytes }) => bytes === size)));
      assert.ok(page.instances.length >= 2);
      const memory = page.memories.find(({ how }) => how === "exported")!;
      await panel.attach(memory.id);
      assert.ok((await panel.read(1 << 16, 64)).length === 128);
    });

    test("a memory of 64 bits, and one that has no object in JavaScript", async (context) => {
      await panel.open("pages/probe.html");
      await inPage("instantiate('private').then(() => true)");
      const shown = await panel.memory("the memory", ({ name }) => name === "shown");
      const { unseen } = await panel.inventoryWith("what is unseen", ({ unseen }) => unseen.some(({ what }) => what === "private-memory"));
      assert.ok(unseen.some(({ subject }) => subject === "private: memory 0"));
      const hello = await panel.attach(shown.id);
      assert.deepEqual(hello.memories.map(({ bytes }) => bytes), [0, 3 * 65536]);
      assert.match(JSON.stringify(await panel.request({ request: "read", memory: 0, address: 0, length: 4 })), /neither exported nor imported/);
      if (!(await inPage("instantiate('wide').then(() => true, () => false)"))) {
        context.diagnostic("this browser has no memories of 64 bits");
        return;
      }
      const wide = await panel.memory("the memory", ({ is_64 }) => is_64);
      await panel.attach(wide.id);
      await inPage("(wide.exports.poke(70000n, 0x41424344), true)");
      assert.equal(await panel.read(70000, 4), "44434241");
      await inPage("String(wide.exports.grow(1n))");
      await panel.inventoryWith("growth", ({ memories }) => memories.some(({ is_64, bytes }) => is_64 && bytes === 3 * 65536));
    });

    test("a memory of 4 GB is read where it is looked at", async (context) => {
      await panel.open("pages/probe.html");
      if (!(await inPage("(() => { try { window.large = new window.WebAssembly.Memory({ initial: 65536 }); return true; } catch { return false; } })()"))) {
        context.diagnostic("this machine has no room for 4 GB");
        return;
      }
      const memory = await panel.memory("the memory", ({ bytes }) => bytes === 2 ** 32);
      await panel.attach(memory.id);
      const address = 2 ** 32 - 100;
      await inPage(`(new Uint8Array(window.large.buffer)[${address}] = 42, true)`);
      assert.equal(await panel.read(address, 1), "2a");
      await panel.request({ request: "subscribe", memory: 0, page_bytes: 4096, every_ms: 200 });
      // What was read is looked at first, so that a change there is seen at once.
      await panel.read(address, 1);
      await new Promise((resolve) => setTimeout(resolve, 600));
      await inPage(`(new Uint8Array(window.large.buffer)[${address}] = 43, true)`);
      await until("the change", async () => (await panel.events()).some((told) => told.event === "changed" && pagesOf(told.base64).includes(Math.floor(address / 4096))), 3000);
    });

    test("many memories, as far as a browser gives them, and thousands of instances", async () => {
      await panel.open("pages/probe.html");
      const made = await inPage<number>(`(() => {
        window.many = [];
        try {
          while (window.many.length < 80) window.many.push(new window.WebAssembly.Memory({ initial: 0, maximum: 1 }));
        } catch { /* no room for more */ }
        return window.many.length;
      })()`);
      const page = await panel.inventoryWith("all of them", ({ memories }) => memories.length === made);
      assert.ok(page.cost_ms < 100);
      await inPage("(async () => { const module = new window.WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])); window.instances = Array.from({ length: 3000 }, () => new window.WebAssembly.Instance(module)); return true; })()");
      await panel.inventoryWith("thousands of instances", ({ instances }) => instances.length === 3000);
      await inPage("(window.many.at(-1).grow(1), true)");
      await panel.inventoryWith("the growth of one", ({ memories }) => memories.some(({ bytes }) => bytes === 65536));
    });

    test("modules that fail are told of", async () => {
      await panel.open("pages/probe.html");
      await inPage("window.WebAssembly.compile(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 99])).then(() => 0, () => 1)");
      await inPage("window.WebAssembly.instantiateStreaming(fetch('/built/probe.wasm'), { env: {} }).then(() => 0, () => 1)");
      await inPage("window.WebAssembly.instantiateStreaming(fetch('/nowhere.wasm')).then(() => 0, () => 1)");
      const { modules } = await panel.inventoryWith("three failures", ({ modules }) => modules.filter(({ error }) => error).length === 3);
      assert.deepEqual(modules.flatMap(({ error }) => error?.kind ?? []).sort(), ["CompileError", "LinkError", "other"]);
      assert.ok(modules.every(({ error }) => error!.message.length > 5));
    });

    test("hostile names are texts, and forged answers errors", async () => {
      await panel.open("pages/probe.html");
      const name = "<img src=x onerror=alert(1)>";
      await inPage(`(new Worker("data:text/javascript," + encodeURIComponent(${JSON.stringify(name)})), true)`);
      await inPage("start('streaming').then(() => true)");
      await panel.memory("the memory", ({ name }) => name === "memory");
      assert.equal(await panel.session.inPanel("document.querySelectorAll('img').length"), 0);
      // The page answers in the agent's name.
      await inPage("(window[Symbol.for('wasmrust.devtools')].look = () => JSON.stringify({ token: 1 }), true)");
      await until("an error", async () => (await panel.said()).error.includes("can't be read"));
      await panel.session.goto(`${server.url}pages/bindgen.html`);
      await panel.inventoryWith("the next page", ({ url, memories }) => url.endsWith("bindgen.html") && memories.length === 1);
    });

    test("a navigation ends what is attached, and says why", async () => {
      await panel.open("pages/sqljs.html");
      const memory = await panel.memory("the memory", () => true);
      await panel.attach(memory.id);
      const snapshot = panel.request({ request: "snapshot", label: "cut off" });
      await panel.session.goto(`${server.url}pages/probe.html`);
      assert.match(await until("the end", () => panel.session.inPanel<string>("recorder.lost")), /loaded anew/);
      void snapshot;
      const page = await panel.inventoryWith("the next page", ({ url }) => url.endsWith("probe.html"));
      assert.equal(page.attached, null);
      assert.equal(page.memories.length, 0);
    });

    test("a memory that the page lets go of, and a detached buffer", async () => {
      await panel.open("pages/probe.html");
      await inPage("start('streaming').then(() => true)");
      const memory = await panel.memory("the memory", ({ name }) => name === "memory");
      await panel.attach(memory.id);
      // The page's own view is detached by the growth; the panel goes on.
      await inPage("(window.view = new Uint8Array(probe.exports.memory.buffer), probe.exports.grow(1), window.view.length)");
      assert.equal(Buffer.from(await panel.read(4096, 5), "hex").toString(), "HELLO");
    });

    test("a page that freezes WebAssembly, and one that wraps it itself", async () => {
      await panel.open("pages/probe.html");
      await inPage(`(() => {
        const own = window.WebAssembly.instantiateStreaming;
        window.wrapped = 0;
        window.WebAssembly.instantiateStreaming = function (...args) { window.wrapped++; return own.apply(this, args); };
        Object.freeze(window.WebAssembly);
        for (const of of ["Memory", "Instance", "Module", "Table"]) Object.freeze(window.WebAssembly[of].prototype);
        return true;
      })()`);
      await inPage("start('streaming').then(() => true)");
      await panel.memory("the memory", ({ name }) => name === "memory");
      assert.equal(await inPage("window.wrapped"), 1);
      await panel.inventoryWith("that it says so", ({ unseen }) => unseen.some(({ what }) => what === "foreign-hook"));
    });

    test("the project's samples: the canvas program's references", { skip: existsSync(join(target, "samples/release/canvas.wasm")) ? false : "not built here" }, async () => {
      await panel.open("pages/sample.html");
      const live = await inPage<number>("canvas.refs.live");
      assert.ok(live >= 3);
      await panel.inventoryWith("the references", ({ instances }) => instances.some(({ extern_refs }) => extern_refs === live));
    });

    test("frames of this origin, and what is said of others", async () => {
      await panel.open("pages/frames.html");
      await until("the frame", () => inPage<boolean>("typeof frames[0].start === 'function'"));
      await inPage("frames[0].start('streaming').then(() => true)");
      const memory = await panel.memory("the memory", ({ name }) => name === "memory");
      // Where browsers share a process for both, the other frame gives access, too.
      const { frames } = await panel.inventoryWith("the other frame", ({ frames, unseen }) => frames.some(({ url }) => url.includes("localhost")) || unseen.some(({ what, subject }) => what === "cross-origin-frame" && subject.includes("localhost")));
      const frame = frames.find(({ id }) => id === memory.frame)!;
      assert.ok(frame.url.endsWith("probe.html"));
      assert.equal(frame.parent, frames[0]!.id);
      await panel.attach(memory.id);
      assert.equal(Buffer.from(await panel.read(4096, 5), "hex").toString(), "HELLO");
    });
  });
}
