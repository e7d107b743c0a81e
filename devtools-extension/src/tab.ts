// The full app in a tab, with the files that the panel sends.

import { fromBase64 } from "./hook/base64.ts";
import type { Message } from "./panel/tabs.ts";
import { startApp } from "./panel/app.ts";
import { concat } from "./panel/snapshot.ts";

async function start(): Promise<void> {
  const app = await startApp();
  const key = new URLSearchParams(location.search).get("files");
  if (key === null) return;
  const port = chrome.runtime.connect({ name: key });
  let parts: Uint8Array[] = [];
  port.onMessage.addListener(({ name, base64, is_last_part }: Message) => {
    parts.push(fromBase64(base64));
    if (!is_last_part) return;
    app.open_file(name, concat(parts));
    parts = [];
  });
}

start().catch((error: unknown) => {
  const line = document.getElementById("error");
  if (line) line.textContent = `The app could not start: ${error instanceof Error ? error.message : String(error)}`;
});
