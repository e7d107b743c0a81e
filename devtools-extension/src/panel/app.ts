// The app's web bundle, started on the canvas of the page.

import type { App } from "../contract.ts";
import { strings } from "../strings.ts";

const APP = "./app/profiler-ui.js";
/** An app that has not started by then has said why. */
const TIMEOUT_MS = 20_000;

export async function startApp(): Promise<App> {
  const app = (await import(APP)) as App;
  await app.default();
  const end = performance.now() + TIMEOUT_MS;
  // It starts by itself once its module is there; then it has a state.
  while (app.state_json() === undefined) {
    if (performance.now() > end) throw new Error(strings.appSilent);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return app;
}
