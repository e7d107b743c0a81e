// Starts the app, and opens what the address names: `?open=samples/rust-markdown.wasm`.
import init, * as app from "./profiler-ui.js";
import { fail } from "./host.js";

try {
  await init();
  if (app.state_json()) {
    document.getElementById("status").remove();
    performance.mark("app started");
    for (const path of new URLSearchParams(location.search).getAll("open")) app.open_beside(path);
    // For tests, and for who is curious.
    globalThis.wasmrust = app;
  }
} catch (error) {
  fail(`The app can't start: ${error?.message ?? error}`);
}
