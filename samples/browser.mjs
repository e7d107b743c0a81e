// Pages in headless Chromium, from a server with the headers that shared memory needs.
import { spawn, spawnSync } from "node:child_process";
import { createReadStream, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { dirname, extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

import { program } from "./programs.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const TYPES = { ".html": "text/html", ".mjs": "text/javascript", ".wasm": "application/wasm" };
export const chromium = ["chromium", "google-chrome"].find((name) => spawnSync(name, ["--version"]).status === 0);

/** Opens a page of this folder; the object that it posts to `/result`. */
export async function inBrowser(page, timeout = 60_000) {
  let server, browser;
  const profile = mkdtempSync(join(tmpdir(), "wasm-chromium-"));
  try {
    return await new Promise((resolve, reject) => {
      setTimeout(() => reject(new Error(`${page}: no answer`)), timeout).unref();
      server = createServer((request, response) => {
        const path = normalize(new URL(request.url, "http://localhost").pathname);
        if (path === "/result") {
          let body = "";
          request.on("data", (part) => { body += part; }).on("end", () => { response.end(); resolve(JSON.parse(body)); });
          return;
        }
        // /samples/NAME.wasm and /speed/… are what was built for size and for speed.
        const [, folder, name] = /^\/(speed|samples(?=\/[\w.-]+\.wasm$))\/([\w.-]+)$/.exec(path) ?? [];
        const file = name ? join(dirname(program("any", folder === "speed" ? "speed" : "release")), name) : join(root, path);
        const headers = {
          "Content-Type": TYPES[extname(file)] ?? "application/octet-stream",
          "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp",
        };
        createReadStream(file).on("open", () => response.writeHead(200, headers))
          .on("error", () => response.writeHead(404).end()).pipe(response);
      }).listen(0, "127.0.0.1", () => {
        const url = `http://127.0.0.1:${server.address().port}/samples/${page}`;
        browser = spawn(chromium, ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", `--user-data-dir=${profile}`, url]);
        browser.on("exit", () => reject(new Error("chromium ended")));
      });
    });
  } finally {
    server?.close();
    server?.closeAllConnections();
    browser?.removeAllListeners("exit");
    if (browser?.kill()) await new Promise((ended) => browser.on("exit", ended));
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}
