// The page that is inspected, as `chrome.devtools` gives access to it: texts of code go in, texts come out.

import { faultIn } from "../hook/faults.ts";
import { strings } from "../strings.ts";

/** The agent's symbol (src/hook/agent.ts). */
const AGENT = `Symbol.for("wasmrust.devtools")`;
/** A page that does not answer for so long is told of as such. */
const TIMEOUT_MS = 10_000;

/**
 * Why the page gave no answer: its code threw, the way to it failed, or it is silent, as a page that computes is for a
 * while and one that has crashed for ever, or it was left for another one.
 */
export class PageError extends Error {
  readonly why: "threw" | "failed" | "silent" | "left";

  constructor(message: string, why: PageError["why"]) {
    super(message);
    this.why = why;
  }
}

/** Where code runs: the top frame, a frame that the top one can reach, or one by its address. */
export interface Place {
  path: readonly number[];
  /** Of a frame of another origin. */
  url: string | null;
}

export const TOP: Place = { path: [], url: null };

const { inspectedWindow } = chrome.devtools;

const waiting = new Set<(error: PageError) => void>();

/** The page was left: what it was asked, it answers no more. */
export function leave(): void {
  for (const reject of waiting) reject(new PageError(strings.left, "left"));
  waiting.clear();
}

function run(code: string, url: string | null): Promise<unknown> {
  return new Promise((resolve, reject) => {
    waiting.add(reject);
    const timer = setTimeout(() => {
      waiting.delete(reject);
      reject(new PageError(strings.silent, "silent"));
    }, TIMEOUT_MS);
    const done = (result: unknown, problem?: Partial<chrome.devtools.inspectedWindow.EvaluationExceptionInfo>): void => {
      clearTimeout(timer);
      waiting.delete(reject);
      if (problem?.isException) reject(new PageError(wordsOf(String(problem.value ?? problem.code)), "threw"));
      else if (problem?.isError) reject(new PageError(String(problem.description ?? problem.code).slice(0, 500), "failed"));
      // All that is asked gives something: Firefox gives nothing when it has lost the page at a change of processes.
      else if (result === undefined) reject(new PageError(strings.lost, "failed"));
      else resolve(result);
    };
    if (url === null) inspectedWindow.eval(code, done);
    else inspectedWindow.eval(code, { frameURL: url }, done);
  });
}

/** The hook's own faults come as codes; other exceptions are the page's or the browser's, and told as they are. */
function wordsOf(exception: string): string {
  const code = faultIn(exception);
  const { faults } = strings;
  return code !== undefined && Object.hasOwn(faults, code) ? faults[code as keyof typeof faults] : exception.slice(0, 500);
}

const windowAt = ({ path }: Place): string => path.reduce((code, index) => `${code}[${index}]`, "globalThis");

/** Runs a script in a frame. */
export function runScript(place: Place, script: string): Promise<unknown> {
  // A frame inside of a reachable one has its own `eval`; the page's policy may forbid it, which is an error like others.
  return place.path.length === 0 ? run(`${script}\nnull`, place.url) : run(`${windowAt(place)}.eval(${JSON.stringify(script)}), null`, place.url);
}

/**
 * Calls a method of the frame's agent. Null if there is none, or another one than `token` names: the frame was loaded
 * anew.
 */
export function call(place: Place, token: string | null, method: string, ...args: unknown[]): Promise<unknown> {
  const passed = args.map((arg) => JSON.stringify(arg)).join(",");
  const isThere = token === null ? "a" : `a&&a.token===${JSON.stringify(token)}`;
  return run(`(a=>${isThere}?a.${method}(${passed}):null)(${windowAt(place)}[${AGENT}])`, place.url);
}

/** What the hook is to know, in front of its script. */
export function hookScript(script: string, options: { counts_calls: boolean; is_late: boolean }): string {
  return `{const WASMRUST_HOOK=${JSON.stringify(options)};${script}\n}`;
}

/** Loads the page anew, with a script before its first one. */
export function reload(script: string): void {
  inspectedWindow.reload({ injectedScript: script });
}
