// The page hook, one script for each frame, in the page's own world: put there before the page's first script by
// `inspectedWindow.reload` or by the content script of the optional permission, or later by the panel.

import { AGENT, Agent } from "./agent.ts";
import { Calls } from "./calls.ts";
import { findInGlobals, install } from "./install.ts";
import { guarded } from "./real.ts";
import { Registry } from "./registry.ts";

/** Put in front of the script by who puts it into the page. */
export interface HookOptions {
  counts_calls: boolean;
  is_late: boolean;
}

declare const WASMRUST_HOOK: HookOptions | undefined;

if (typeof WebAssembly === "object" && !Object.hasOwn(globalThis, AGENT)) {
  guarded(() => {
    const options = typeof WASMRUST_HOOK === "object" ? WASMRUST_HOOK : { counts_calls: false, is_late: false };
    const registry = new Registry();
    const calls = options.counts_calls ? new Calls() : null;
    const installed = install(registry, calls);
    if (options.is_late) findInGlobals(registry);
    const agent = new Agent(registry, installed, calls, options.is_late ? "late" : "start");
    Object.defineProperty(globalThis, AGENT, { value: agent });
  });
}
