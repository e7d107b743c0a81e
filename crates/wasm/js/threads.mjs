// Worker threads for programs built with shared memory: the loader's half of
// `wasm::thread`. A supervisor, a worker itself, starts the workers and sees
// when one is lost, also while the main thread waits.

import { instantiate } from "./loader.mjs";

const node = globalThis.process?.versions?.node ? await import("node:worker_threads") : undefined;
const MARK = "wasmrust";
const PAGE = 65536;

function spawn(onMessage, onEnd) {
  const url = new URL(import.meta.url);
  if (node) {
    const worker = new node.Worker(url, { workerData: MARK });
    worker.on("message", onMessage);
    worker.on("error", (error) => console.error(`a worker failed: ${error?.message ?? error}`));
    worker.on("exit", onEnd);
    return worker;
  }
  const worker = new Worker(url, { type: "module", name: MARK });
  worker.onmessage = (event) => onMessage(event.data);
  worker.onerror = () => {
    worker.terminate();
    onEnd();
  };
  return worker;
}

/** The operations of `wasmrust:thread` for the thread `id` of `workers`. */
function operations(memory, id, workers) {
  const mayWait = !!node || typeof document !== "object";
  let words = new Int32Array(memory.buffer);
  const all = () => (words.buffer === memory.buffer ? words : (words = new Int32Array(memory.buffer)));
  return {
    id,
    imports: (exports) => ({
      wait: (at, expected) => { if (mayWait) Atomics.wait(all(), at >>> 2, expected); },
      notify: (at, count) => { Atomics.notify(all(), at >>> 2, count >>> 0); },
      id: () => id,
      workers: () => workers,
      run: (job) => {
        try {
          exports()["wasmrust:run"](job);
          return 0;
        } catch (error) {
          console.error(`a job of a scope ended: ${error}`);
          return 1;
        }
      },
    }),
  };
}

/** An instance on the shared memory with a stack of its own. */
function enter(task, id, imports = {}) {
  const { module, memory, workers, stack, regionBuffers } = task;
  const program = instantiate(module, imports, { memory, regionBuffers, thread: operations(memory, id, workers) });
  const pages = Math.ceil(stack / PAGE);
  const exports = program.instance.exports;
  exports.__stack_pointer.value = (memory.grow(pages) + pages) * PAGE;
  if (exports.__wasm_init_tls && exports.__tls_size?.value) {
    exports.__wasm_init_tls(memory.grow(Math.ceil(exports.__tls_size.value / PAGE)) * PAGE);
  }
  return exports;
}

/** Starts the program on this thread and the workers beside it. */
export async function start(module, imports, options) {
  const settings = options.threads ?? {};
  const workers = Math.min(settings.workers ?? globalThis.navigator?.hardwareConcurrency ?? node?.availableParallelism ?? 4, 255);
  const { memory } = options;
  const program = instantiate(module, imports, { ...options, thread: operations(memory, 0, workers), regionBuffers: (options.regionBuffers = {}) });
  const { exports } = program.instance;
  if (!exports["wasmrust:worker"]) throw new Error("the program has shared memory but no worker: does it use `wasm::thread`?");
  if (!exports.__stack_pointer) throw new Error("the program does not export its stack pointer: build it with -Clink-arg=--export=__stack_pointer");
  program.exports._initialize?.();
  try {
    memory.grow(1);
  } catch {
    throw new Error("the program's shared memory cannot grow: build it with -Clink-arg=--max-memory=BYTES");
  }
  if (workers > 0) {
    await new Promise((resolve, reject) => {
      const supervisor = spawn((message) => (message === "ready" ? resolve() : reject(new Error(message))), () => reject(new Error("the workers could not be started")));
      program.stop = () => supervisor.terminate();
      supervisor.postMessage({
        role: "supervisor", module, memory, workers, stack: settings.stack ?? 1 << 20,
        imports: settings.imports && String(settings.imports), regionBuffers: options.regionBuffers,
      });
      program.supervisor = supervisor;
    });
    // A program that has nothing else to do may end.
    program.supervisor.unref?.();
  }
  return program;
}

function supervise(task, post) {
  const exports = enter(task, task.workers + 1);
  let ready = 0;
  const start = (id) => {
    let began = false;
    const worker = spawn(
      (message) => {
        if (message !== "ready") return post(message);
        began = true;
        if (++ready === task.workers) post("ready");
      },
      () => {
        exports["wasmrust:lost"](id);
        // One that never began would not begin the next time either.
        if (began) start(id);
      },
    );
    worker.postMessage({ ...task, role: "worker", id });
  };
  for (let id = 1; id <= task.workers; id++) start(id);
}

async function work(task, post) {
  const imports = task.imports ? (await import(task.imports)).imports : {};
  const exports = enter(task, task.id, imports);
  post("ready");
  exports["wasmrust:worker"]();
}

if (node ? !node.isMainThread && node.workerData === MARK : globalThis.name === MARK && typeof document !== "object") {
  const port = node ? node.parentPort : globalThis;
  const post = (message) => port.postMessage(message);
  const listen = async (task) => {
    try {
      await (task.role === "supervisor" ? supervise : work)(task, post);
    } catch (error) {
      post(String(error?.message ?? error));
    }
  };
  if (node) port.on("message", listen);
  else port.onmessage = (event) => listen(event.data);
}
