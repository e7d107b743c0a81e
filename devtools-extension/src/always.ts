// The hook on every page: a script of the extension, registered as long as the permission for all pages is there.

export const ORIGINS = { origins: ["<all_urls>"] };

const SCRIPT: chrome.scripting.RegisteredContentScript = {
  id: "hook", js: ["hook.js"], matches: ORIGINS.origins, runAt: "document_start", world: "MAIN", allFrames: true,
  persistAcrossSessions: true,
};

/** Whether the permission is there; null where this page of the extension can't ask. */
export async function isAllowed(): Promise<boolean | null> {
  const permissions = chrome.permissions as typeof chrome.permissions | undefined;
  return permissions ? permissions.contains(ORIGINS) : null;
}

/** Registers the script, or takes it back, as the permission is: browsers forget scripts when an extension is updated. */
export async function keepHook(): Promise<boolean | null> {
  const allowed = await isAllowed();
  if (allowed === null) return null;
  const isRegistered = (await chrome.scripting.getRegisteredContentScripts({ ids: [SCRIPT.id] })).length > 0;
  if (allowed && !isRegistered) await chrome.scripting.registerContentScripts([SCRIPT]);
  if (!allowed && isRegistered) await chrome.scripting.unregisterContentScripts({ ids: [SCRIPT.id] });
  return allowed;
}
