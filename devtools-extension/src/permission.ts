// Asks for the permission to hook each page from its start, and gives it back.

import { ORIGINS, keepHook } from "./always.ts";
import { strings, translate } from "./strings.ts";

const allow = document.getElementById("allow") as HTMLButtonElement;
const forbid = document.getElementById("forbid") as HTMLButtonElement;
const line = document.getElementById("status") as HTMLElement;

async function show(): Promise<void> {
  const isGranted = (await keepHook()) ?? false;
  line.textContent = isGranted ? strings.isGranted : strings.isNotGranted;
  allow.hidden = isGranted;
  forbid.hidden = !isGranted;
}

translate(document);
const failed = (error: unknown): void => { line.textContent = String(error instanceof Error ? error.message : error); };
allow.addEventListener("click", () => { chrome.permissions.request(ORIGINS).then(show).catch(failed); });
forbid.addEventListener("click", () => { chrome.permissions.remove(ORIGINS).then(show).catch(failed); });
show().catch(failed);
