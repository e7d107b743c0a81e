// Adds the panel to the browser's developer tools, tells it whether it is seen, and gives it the app's module. Sees to it
// that the hook is still there after an update of the extension.

import { keepHook } from "./always.ts";
import { type WithModule, MODULE, compilesAhead } from "./ahead.ts";

let shown: Window | undefined;
let module: Promise<WebAssembly.Module> | undefined;

chrome.devtools.panels.create("WASM", "icon.svg", "panel.html", (panel) => {
  panel.onShown.addListener((window) => {
    shown = window;
    (shown as WithModule).appModule = module;
    shown.dispatchEvent(new Event("panel-shown"));
  });
  panel.onHidden.addListener(() => shown?.dispatchEvent(new Event("panel-hidden")));
});

if (compilesAhead) {
  // The tools themselves come first. A panel that is there by then has compiled its own.
  setTimeout(() => {
    if (shown) return;
    module = WebAssembly.compileStreaming(fetch(MODULE));
    module.catch(() => undefined);
  }, 1000);
}

// Nobody is there to be told; the permission's own page tells what is wrong.
keepHook().catch(() => undefined);
