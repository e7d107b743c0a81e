// The full app in a tab, with the files that the panel sends.

import { fromBase64 } from "./hook/base64.ts";
import type { Message } from "./panel/tabs.ts";
import { startApp } from "./panel/app.ts";
import { concat } from "./panel/snapshot.ts";
import { followApp, strings, translate } from "./strings.ts";

function fail(text: string): void {
  const line = document.getElementById("error");
  if (line) line.textContent = text;
}

translate(document);
followApp(document, () => undefined);

async function start(): Promise<void> {
  const app = await startApp();
  // For tests and for who looks from the console.
  Object.assign(globalThis, { state_json: () => app.state_json() });
  const key = new URLSearchParams(location.search).get("files");
  if (key === null) return;
  const port = chrome.runtime.connect({ name: key });
  let parts: Uint8Array[] = [];
  let isEmpty = true;
  port.onMessage.addListener(({ name, base64, is_last_part }: Message) => {
    parts.push(fromBase64(base64));
    if (!is_last_part) return;
    app.open_file(name, concat(parts));
    parts = [];
    isEmpty = false;
  });
  port.onDisconnect.addListener(() => {
    if (isEmpty || parts.length > 0) fail(strings.noFiles);
  });
}

start().catch((error: unknown) => fail(strings.appNotStarted(error instanceof Error ? error.message : String(error))));
