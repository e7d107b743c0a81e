// Builds the extension into dist/, which Chromium and Firefox load as it is, and packs it into dist/wasmrust-devtools.zip.
//
//   node build.mjs [--app DIR] [--out DIR] [--tests]
//
//   --app DIR   the web bundle of profiler-ui (default: ../target/app)
//   --out DIR   another folder than dist/extension; no zip is made
//   --tests     builds the tests instead, into dist/tests, with the modules of their pages, and the extension around a
//               recorder instead of the app, into dist/recorder

import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { brotliCompressSync, constants, crc32, deflateRawSync } from "node:zlib";
import { build } from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));
const { values } = parseArgs({
  options: { app: { type: "string", default: join(here, "../target/app") }, out: { type: "string" }, tests: { type: "boolean", default: false } },
});

const common = { absWorkingDir: here, bundle: true, charset: "utf8", legalComments: "none", logLevel: "warning", target: ["chrome128", "firefox128"] };

if (values.tests) {
  const entryPoints = ["test", "e2e"].flatMap((dir) => (existsSync(join(here, dir)) ? readdirSync(join(here, dir)).filter((name) => name.endsWith(".test.ts")).map((name) => join(dir, name)) : []));
  rmSync(join(here, "dist/tests"), { recursive: true, force: true });
  await build({ ...common, entryPoints, outdir: "dist/tests", outbase: ".", outExtension: { ".js": ".mjs" }, format: "esm", platform: "node", packages: "external", target: "node20", sourcemap: "inline" });
  mkdirSync(join(here, "dist/pages"), { recursive: true });
  for (const wat of readdirSync(join(here, "e2e/pages")).filter((name) => name.endsWith(".wat"))) {
    const to = join("dist/pages", wat.replace(/wat$/, "wasm"));
    execFileSync(process.execPath, ["node_modules/binaryen/bin/wasm-as", "--all-features", "--debuginfo", join("e2e/pages", wat), "-o", to], { cwd: here });
  }
  await extension(join(here, "dist/recorder"), join(here, "e2e/recorder"));
} else {
  await extension(resolve(values.out ?? join(here, "dist/extension")), resolve(values.app));
}

async function extension(out, app) {
  if (!existsSync(join(app, "profiler-ui.js"))) {
    console.error(`${app} has no web bundle of profiler-ui: build it first (docs/devtools.md)`);
    process.exit(1);
  }
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  cpSync(join(here, "static"), out, { recursive: true });
  mkdirSync(join(out, "app"));
  // Without the page that the bundle has of its own, and what that says.
  for (const file of readdirSync(app)) {
    if (/\.(js|wasm)$/.test(file) && !["main.js", "words.js"].includes(file)) cpSync(join(app, file), join(out, "app", file));
  }
  const page = { ...common, outdir: out, minify: true };
  await build({
    ...page, entryPoints: { hook: "src/hook/main.ts" }, format: "iife",
    // By this name the hook finds its own lines in stacks.
    footer: { js: "//# sourceURL=wasmrust-hook.js" },
  });
  await build({ ...page, entryPoints: { devtools: "src/devtools.ts" }, format: "iife" });
  await build({ ...page, entryPoints: { panel: "src/panel/main.ts", tab: "src/tab.ts", permission: "src/permission.ts" }, format: "esm", external: ["./app/*"] });
  await locales(out);
  const files = filesOf(out);
  if (!values.out && !values.tests) writeFileSync(join(here, "dist/wasmrust-devtools.zip"), zip(out, files));
  const brotli = files.reduce((sum, file) => sum + brotliCompressSync(readFileSync(join(out, file)), { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }).length, 0);
  console.log(`${relative(process.cwd(), out) || "."}: ${files.length} files, ${brotli.toLocaleString("en")} bytes with brotli (quality 9)`);
}

/** What the browser itself shows of the extension, as it asks for it. */
async function locales(out) {
  const { outputFiles: [bundle] } = await build({ ...common, entryPoints: ["src/strings.ts"], format: "esm", write: false });
  const { LANGUAGES } = await import(`data:text/javascript;base64,${Buffer.from(bundle.contents).toString("base64")}`);
  for (const [folder, language] of [["en", "en"], ["zh_CN", "zh"], ["zh_TW", "zh"], ["hi", "hi"], ["es", "es"]]) {
    mkdirSync(join(out, "_locales", folder), { recursive: true });
    writeFileSync(join(out, "_locales", folder, "messages.json"), `${JSON.stringify({ description: { message: LANGUAGES[language].description } }, null, 2)}\n`);
  }
}

function filesOf(dir) {
  return readdirSync(dir, { recursive: true }).map(String).filter((file) => statSync(join(dir, file)).isFile()).map((file) => file.replaceAll("\\", "/")).sort();
}

/** A zip archive (APPNOTE 4.3): the same files, the same bytes. */
function zip(dir, files) {
  const parts = [], directory = [];
  let offset = 0;
  for (const file of files) {
    const name = Buffer.from(file), bytes = readFileSync(join(dir, file)), packed = deflateRawSync(bytes, { level: 9 });
    // Version, flags (UTF-8 names), deflate, 1980-01-01 00:00, sums.
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(0x800, 2);
    fields.writeUInt16LE(8, 4);
    fields.writeUInt16LE(0x21, 8);
    fields.writeUInt32LE(crc32(bytes), 10);
    fields.writeUInt32LE(packed.length, 14);
    fields.writeUInt32LE(bytes.length, 18);
    fields.writeUInt16LE(name.length, 22);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    parts.push(Buffer.from("PK\x03\x04"), fields, name, packed);
    directory.push(Buffer.from("PK\x01\x02\x14\x00"), fields, rest, name);
    offset += 4 + fields.length + name.length + packed.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(files.length, 4);
  end.writeUInt16LE(files.length, 6);
  end.writeUInt32LE(central.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...parts, central, Buffer.from("PK\x05\x06"), end]);
}
