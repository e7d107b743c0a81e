// WASI preview 1 for a page or worker: arguments, environment, clocks, random
// numbers, output and exit. There are no files; what asks for one is told that
// it is not there.

const OK = 0, BADF = 8, INVAL = 28, NOSYS = 52, SPIPE = 70;

/** How `proc_exit` leaves the program. */
export class Exit extends Error {
  constructor(code) {
    super(`exit ${code}`);
    this.code = code;
  }
}

/**
 * The functions of `wasi_snapshot_preview1` that `module` imports.
 * @param memory gives the program's memory, once there is one
 * @param write is called with a stream (1, 2) and bytes that are the caller's
 */
export function wasi(module, { args = [], env = {}, memory, write }) {
  const utf8 = new TextEncoder();
  const view = () => new DataView(memory().buffer);
  const bytes = (at, length) => new Uint8Array(memory().buffer, at >>> 0, length >>> 0);
  const now = (clock) => BigInt(Math.round((clock === 0 ? performance.timeOrigin + performance.now() : performance.now()) * 1e6));

  const sizes = (list) => (count, length) => {
    view().setUint32(count >>> 0, list.length, true);
    view().setUint32(length >>> 0, list.reduce((sum, text) => sum + text.length, 0), true);
    return OK;
  };
  const get = (list) => (pointers, buffer) => {
    for (const [index, text] of list.entries()) {
      view().setUint32((pointers >>> 0) + 4 * index, buffer, true);
      bytes(buffer, text.length).set(text);
      buffer += text.length;
    }
    return OK;
  };
  const terminated = (texts) => texts.map((text) => utf8.encode(`${text}\0`));
  const arguments_ = terminated(args);
  const variables = terminated(Object.entries(env).map(([name, value]) => `${name}=${value}`));

  const sleep = (milliseconds) => {
    // A worker may wait; a page may not, so it counts the time.
    if (typeof SharedArrayBuffer === "function" && typeof document !== "object") {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
    } else {
      for (const end = performance.now() + milliseconds; performance.now() < end;);
    }
  };

  const functions = {
    args_sizes_get: sizes(arguments_),
    args_get: get(arguments_),
    environ_sizes_get: sizes(variables),
    environ_get: get(variables),
    clock_res_get: (clock, at) => (view().setBigUint64(at >>> 0, 1000n, true), OK),
    clock_time_get: (clock, precision, at) => (view().setBigUint64(at >>> 0, now(clock), true), OK),
    random_get: (at, length) => {
      // The system gives at most 65,536 bytes at a time, and none into shared memory.
      for (let done = 0; done < length >>> 0; done += 65536) {
        const part = new Uint8Array(Math.min(65536, (length >>> 0) - done));
        crypto.getRandomValues(part);
        bytes(at + done, part.length).set(part);
      }
      return OK;
    },
    fd_write: (fd, parts, count, written) => {
      if (fd !== 1 && fd !== 2) return BADF;
      let total = 0;
      for (let i = 0; i < count >>> 0; i++) {
        const part = (parts >>> 0) + 8 * i;
        const length = view().getUint32(part + 4, true);
        write(fd, bytes(view().getUint32(part, true), length).slice());
        total += length;
      }
      view().setUint32(written >>> 0, total, true);
      return OK;
    },
    fd_read: (fd, parts, count, read) => {
      if (fd !== 0) return BADF;
      view().setUint32(read >>> 0, 0, true);
      return OK;
    },
    fd_fdstat_get: (fd, at) => {
      if (fd > 2) return BADF;
      bytes(at, 24).fill(0);
      view().setUint8(at >>> 0, 2); // a character device
      view().setBigUint64((at >>> 0) + 8, fd === 0 ? 2n : 64n, true); // the right to read, to write
      return OK;
    },
    fd_prestat_get: () => BADF,
    fd_prestat_dir_name: () => BADF,
    fd_close: () => OK,
    fd_seek: (fd) => (fd <= 2 ? SPIPE : BADF),
    sched_yield: () => OK,
    poll_oneoff: (subscriptions, events, count, happened) => {
      // Only clocks: the nearest one is waited for.
      let nearest;
      for (let i = 0; i < count >>> 0; i++) {
        const at = (subscriptions >>> 0) + 48 * i;
        if (view().getUint8(at + 8) !== 0) continue;
        const clock = view().getUint32(at + 16, true), time = view().getBigUint64(at + 24, true);
        const absolute = (view().getUint16(at + 40, true) & 1) !== 0;
        const left = absolute ? time - now(clock) : time;
        if (!nearest || left < nearest.left) nearest = { left, user: view().getBigUint64(at, true) };
      }
      if (!nearest) return INVAL;
      if (nearest.left > 0n) sleep(Number(nearest.left) / 1e6);
      bytes(events, 32).fill(0);
      view().setBigUint64(events >>> 0, nearest.user, true);
      view().setUint32(happened >>> 0, 1, true);
      return OK;
    },
    proc_exit: (code) => { throw new Exit(code); },
  };
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    if (from === "wasi_snapshot_preview1") functions[name] ??= () => NOSYS;
  }
  return functions;
}
