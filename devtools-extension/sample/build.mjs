// Builds the sample into dist/sample; `--serve` serves it at http://127.0.0.1:8300/.

import { execFileSync } from "node:child_process";
import { cpSync, createReadStream, existsSync, mkdirSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const out = join(here, "../dist/sample");
mkdirSync(out, { recursive: true });
for (const file of ["index.html", "page.js"]) cpSync(join(here, file), join(out, file));
execFileSync("rustc", [
  "--edition", "2024", "--target", "wasm32-unknown-unknown", "--crate-type", "cdylib", "-C", "opt-level=1", "-C", "debuginfo=2",
  // Where the allocator begins is told to who looks at the memory.
  "-C", "link-arg=--export=__heap_base", "-C", "link-arg=--export=__data_end", "-C", "link-arg=--export=__stack_pointer",
  "--remap-path-prefix", `${here}=sample`, join(here, "leak.rs"), "-o", join(out, "leak.wasm"),
], { stdio: "inherit" });

if (process.argv.includes("--serve")) {
  const types = { ".html": "text/html", ".js": "text/javascript", ".wasm": "application/wasm" };
  createServer((request, response) => {
    const path = normalize(new URL(request.url, "http://localhost").pathname);
    const file = join(out, path === "/" ? "index.html" : path);
    if (!existsSync(file) || !statSync(file).isFile()) return response.writeHead(404).end();
    response.writeHead(200, { "content-type": types[extname(file)] ?? "application/octet-stream" });
    createReadStream(file).pipe(response);
  }).listen(8300, "127.0.0.1", () => console.log("http://127.0.0.1:8300/"));
}
