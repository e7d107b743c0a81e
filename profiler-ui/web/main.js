// Starts the app, and opens what the address names: `?open=samples/rust-markdown.wasm`.
import init, * as app from "./profiler-ui.js";
import { fail, keptLanguage } from "./host.js";
import { wordsOf } from "./words.js";

const words = wordsOf(keptLanguage() ?? navigator.language);
document.documentElement.lang = words.language;
addEventListener("app-language", ({ detail }) => { document.documentElement.lang = detail; });
document.getElementById("status").textContent = words.loading;

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
  fail(`${words.cantStart}${error?.message ?? error}`, words.reload);
}
