// Asks for the permission to hook each page from its start, and gives it back.

import { strings, translate } from "./strings.ts";

const ORIGINS = { origins: ["<all_urls>"] };
const SCRIPT: chrome.scripting.RegisteredContentScript = {
  id: "hook", js: ["hook.js"], matches: ORIGINS.origins, runAt: "document_start", world: "MAIN", allFrames: true,
  persistAcrossSessions: true,
};

const allow = document.getElementById("allow") as HTMLButtonElement;
const forbid = document.getElementById("forbid") as HTMLButtonElement;
const line = document.getElementById("status") as HTMLElement;

async function show(): Promise<void> {
  const isGranted = await chrome.permissions.contains(ORIGINS);
  const isRegistered = (await chrome.scripting.getRegisteredContentScripts({ ids: [SCRIPT.id] })).length > 0;
  if (isGranted && !isRegistered) await chrome.scripting.registerContentScripts([SCRIPT]);
  if (!isGranted && isRegistered) await chrome.scripting.unregisterContentScripts({ ids: [SCRIPT.id] });
  line.textContent = isGranted ? strings.isGranted : strings.isNotGranted;
  allow.hidden = isGranted;
  forbid.hidden = !isGranted;
}

translate(document);
const failed = (error: unknown): void => { line.textContent = String(error instanceof Error ? error.message : error); };
allow.addEventListener("click", () => { chrome.permissions.request(ORIGINS).then(show).catch(failed); });
forbid.addEventListener("click", () => { chrome.permissions.remove(ORIGINS).then(show).catch(failed); });
show().catch(failed);
