// The app's web bundle, started on the canvas of the page.

import type { App } from "../contract.ts";
import { appModule } from "../ahead.ts";
import { strings } from "../strings.ts";

const APP = "./app/profiler-ui.js";
/** An app that has not started by then has said why. */
const TIMEOUT_MS = 20_000;

export async function startApp(): Promise<App> {
  // The module compiles while the code around it is loaded.
  const [module, app] = await Promise.all([appModule(), import(APP) as Promise<App>]);
  await app.default({ module_or_path: module });
  const end = performance.now() + TIMEOUT_MS;
  // It starts by itself once its module is there; then it has a state.
  while (app.state_json() === undefined) {
    if (performance.now() > end) throw new Error(strings.appSilent);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return app;
}
