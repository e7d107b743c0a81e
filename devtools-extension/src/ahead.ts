// The app's module, compiled before the panel is opened.

export const MODULE = "./app/profiler-ui_bg.wasm";

/**
 * Firefox compiles a module whole before it runs, which takes longer than all else of the app's start: there it is done
 * when the developer tools are opened. Chromium compiles functions when they are called.
 */
export const compilesAhead = navigator.userAgent.includes("Firefox/");

/** The panel's window, where the devtools page puts the module before it tells that the panel is shown. */
export type WithModule = Window & { appModule?: Promise<WebAssembly.Module> | undefined };

/** The panel is told that it is shown soon after it was loaded. */
const PATIENCE_MS = 500;

/** The module that the devtools page has compiled, or one that is compiled now. */
export async function appModule(): Promise<WebAssembly.Module> {
  if (compilesAhead && location.pathname === "/panel.html") {
    await new Promise((resolve) => {
      addEventListener("panel-shown", resolve, { once: true });
      setTimeout(resolve, PATIENCE_MS);
    });
    // One that failed there would fail here for the same reason, which is to be told.
    const ahead = await (window as WithModule).appModule?.catch(() => undefined);
    if (ahead) return ahead;
  }
  return WebAssembly.compileStreaming(fetch(MODULE));
}
