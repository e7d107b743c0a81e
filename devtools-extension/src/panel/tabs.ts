// Files for the app in a tab of its own: the tab says that it is there, and gets them through a port of the extension.

export interface File {
  name: string;
  bytes: Uint8Array<ArrayBuffer>;
}

/** What goes through the port: JSON only. */
export interface Message {
  name: string;
  base64: string;
  is_last_part: boolean;
}

import { toBase64 } from "../hook/base64.ts";

const PART = 3 << 20;

/** Opens a page of the extension in a tab. Chromium's panels have tabs; a window that they open is no extension's. */
export function openPage(path: string): void {
  const url = chrome.runtime.getURL(path);
  const tabs = chrome.tabs as typeof chrome.tabs | undefined;
  if (tabs?.create) void tabs.create({ url });
  else window.open(url);
}

export function sendToTab(files: File[]): void {
  const key = crypto.randomUUID();
  const listen = (port: chrome.runtime.Port): void => {
    if (port.name !== key) return;
    chrome.runtime.onConnect.removeListener(listen);
    for (const { name, bytes } of files) {
      for (let at = 0; at === 0 || at < bytes.length; at += PART) {
        const message: Message = { name, base64: toBase64(bytes.subarray(at, at + PART)), is_last_part: at + PART >= bytes.length };
        port.postMessage(message);
      }
    }
  };
  chrome.runtime.onConnect.addListener(listen);
  openPage(`tab.html?files=${key}`);
}
