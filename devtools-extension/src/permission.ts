// Asks for the permission to hook each page from its start, and gives it back.

const ORIGINS = { origins: ["<all_urls>"] };
const SCRIPT = {
  id: "hook", js: ["hook.js"], matches: ["<all_urls>"], runAt: "document_start", world: "MAIN", allFrames: true,
  persistAcrossSessions: true,
} as const;

const allow = document.getElementById("allow") as HTMLButtonElement;
const forbid = document.getElementById("forbid") as HTMLButtonElement;
const line = document.getElementById("status") as HTMLElement;

async function show(): Promise<void> {
  const isGranted = await chrome.permissions.contains(ORIGINS);
  const isRegistered = (await chrome.scripting.getRegisteredContentScripts({ ids: [SCRIPT.id] })).length > 0;
  if (isGranted && !isRegistered) await chrome.scripting.registerContentScripts([{ ...SCRIPT, js: [...SCRIPT.js], matches: [...SCRIPT.matches] }]);
  if (!isGranted && isRegistered) await chrome.scripting.unregisterContentScripts({ ids: [SCRIPT.id] });
  line.textContent = isGranted ? "Each page is hooked from its start." : "No page is hooked unless you reload it with the hook.";
  allow.hidden = isGranted;
  forbid.hidden = !isGranted;
}

const failed = (error: unknown): void => { line.textContent = String(error instanceof Error ? error.message : error); };
allow.addEventListener("click", () => { chrome.permissions.request(ORIGINS).then(show).catch(failed); });
forbid.addEventListener("click", () => { chrome.permissions.remove(ORIGINS).then(show).catch(failed); });
show().catch(failed);
