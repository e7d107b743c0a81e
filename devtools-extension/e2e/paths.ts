// Where things are: the tests run from dist/tests.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../../..", import.meta.url));

/** Where cargo builds. */
export const target = process.env.CARGO_TARGET_DIR ?? `${root}../target`;

/** The extension as users get it. */
export const extension = join(root, "dist/extension");

/** Why tests of the app in it can't run. */
export const skipApp = !existsSync(join(extension, "app/profiler-ui.js")) ? "the extension is not built (npm run build)"
  : existsSync(join(root, "dist/sample/leak.wasm")) ? false : "the sample is not built (node sample/build.mjs)";
