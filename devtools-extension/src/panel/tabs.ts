// Files for the app in a tab of its own: the tab says that it is there, and gets them through a port of the extension.

import { toBase64 } from "../hook/base64.ts";
import { strings } from "../strings.ts";

export interface AppFile {
  name: string;
  bytes: Uint8Array<ArrayBuffer>;
}

/** What goes through the port: JSON only. */
export interface Message {
  name: string;
  base64: string;
  is_last_part: boolean;
}

const PART = 3 << 20;

/** Opens a page of the extension in a tab. Chromium's panels have tabs; a window that they open is no extension's. */
export function openPage(path: string): void {
  const url = chrome.runtime.getURL(path);
  const tabs = chrome.tabs as typeof chrome.tabs | undefined;
  if (tabs?.create) void tabs.create({ url });
  else if (!window.open(url)) throw new Error(strings.noTab);
}

/** Stops waiting for the tab that was opened last. */
let stop = (): void => undefined;

/** Opens the app in a tab at once, as browsers open one for a click only, and gives it the files when they are there. */
export async function sendToTab(files: Promise<readonly AppFile[]>): Promise<void> {
  stop();
  const key = crypto.randomUUID();
  const port = new Promise<chrome.runtime.Port>((resolve) => {
    const listen = (port: chrome.runtime.Port): void => {
      if (port.name !== key) return;
      stop();
      resolve(port);
    };
    stop = () => chrome.runtime.onConnect.removeListener(listen);
    chrome.runtime.onConnect.addListener(listen);
  });
  openPage(`tab.html?files=${key}`);
  try {
    const [tab, given] = await Promise.all([port, files]);
    for (const { name, bytes } of given) {
      for (let at = 0; at === 0 || at < bytes.length; at += PART) {
        const message: Message = { name, base64: toBase64(bytes.subarray(at, at + PART)), is_last_part: at + PART >= bytes.length };
        tab.postMessage(message);
      }
    }
  } catch (error) {
    void port.then((tab) => tab.disconnect());
    throw error;
  }
}
