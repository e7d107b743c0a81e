// Chromium's side of `cargo wasm run` and `test`: runs the program in a worker,
// where it may wait, and sends what it writes to the tool.

import { run, told, TRAPPED } from "./run.mjs";
import { wasi } from "./wasi.mjs";

const send = (path, body) => {
  // Synchronous, so that all arrives in order and before the program can trap.
  const request = new XMLHttpRequest();
  request.open("POST", path, false);
  request.send(body);
};

let waiting = [], stream = 1, size = 0, last = performance.now();
const flush = () => {
  if (size) send(`/output/${stream}`, new Blob(waiting));
  [waiting, size, last] = [[], 0, performance.now()];
};
const write = (to, bytes) => {
  if (to !== stream) flush(), (stream = to);
  waiting.push(bytes);
  size += bytes.length;
  if (size > 65536 || performance.now() - last > 50) flush();
};
const utf8 = new TextEncoder();

let code = TRAPPED;
try {
  const settings = await (await fetch("/settings")).json();
  const imports = settings.imports && new URL(settings.imports, location).href;
  const bytes = await (await fetch("/app.wasm")).arrayBuffer();
  code = await run(bytes, {
    imports,
    missingTrap: settings.missingTrap,
    launched: settings.launched,
    starts: (text) => write(2, utf8.encode(text)),
    wasi: (module, memory) => wasi(module, { args: settings.args, env: settings.env, memory, write }),
    print: (to, text) => write(to === 2 ? 2 : 1, utf8.encode(text)),
  });
} catch (error) {
  if (!(error instanceof WebAssembly.RuntimeError)) code = 2;
  write(2, utf8.encode(`${told(error)}\n`));
}
flush();
send(`/exit/${code}`, "");
