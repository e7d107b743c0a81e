// The extension in Firefox's real toolbox.

import { join } from "node:path";
import { executable, launch } from "./firefox.ts";
import { root } from "./paths.ts";
import { scenarios } from "./scenarios.ts";

scenarios("Firefox", executable ? false : "Firefox is missing", () => launch(join(root, "dist/recorder")));
