// Serves the pages of the tests, packages of npm, and what the samples' build gives.

import { createReadStream, existsSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import { root, target } from "./paths.ts";

const TYPES: Record<string, string> = {
  ".html": "text/html", ".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm", ".json": "application/json",
};
const FOLDERS: Record<string, string> = {
  pages: join(root, "e2e/pages"),
  built: join(root, "dist/pages"),
  sample: join(root, "dist/sample"),
  npm: join(root, "node_modules"),
  samples: join(target, "samples/release"),
  repo: join(root, ".."),
};
/** As strict as a page with WebAssembly can be. */
const STRICT = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; frame-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'";

export interface Server extends AsyncDisposable {
  url: string;
}

/** `?isolated` gives shared memory, `?csp` the strict policy. */
export async function serve(): Promise<Server> {
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://localhost");
    const [, folder = "", ...rest] = normalize(url.pathname).split("/");
    let file = join(FOLDERS[folder] ?? "/nowhere", ...rest);
    // A folder is a package.
    const described = join(file, "package.json");
    if (existsSync(described)) file = join(file, (JSON.parse(readFileSync(described, "utf8")) as { module?: string; main?: string }).module ?? "index.js");
    if (rest.includes("..") || !existsSync(file) || !statSync(file).isFile()) {
      response.writeHead(404).end();
      return;
    }
    const isIsolated = url.searchParams.has("isolated") || (request.headers.referer ?? "").includes("isolated");
    response.writeHead(200, {
      "content-type": TYPES[extname(file)] ?? "application/octet-stream",
      ...(isIsolated || extname(file) !== ".html" ? { "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp", "cross-origin-resource-policy": "cross-origin" } : {}),
      ...(url.searchParams.has("csp") ? { "content-security-policy": STRICT } : {}),
    });
    createReadStream(file).pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
