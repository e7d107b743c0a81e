// The extension in Chromium's real developer tools; the app is a recorder, so that what the bridge tells can be asked.

import { join } from "node:path";
import { executable, launch, sessionOf } from "./chromium.ts";
import { root } from "./paths.ts";
import { scenarios } from "./scenarios.ts";

scenarios("Chromium", executable ? false : "Chromium is missing", async () => sessionOf(await launch(join(root, "dist/recorder"))));
