// Where things are: the tests run from dist/tests.

import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../../..", import.meta.url));

/** Where cargo builds. */
export const target = process.env.CARGO_TARGET_DIR ?? `${root}../target`;
