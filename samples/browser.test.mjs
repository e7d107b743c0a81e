// The samples that live in a page, and workers.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";

import { chromium, inBrowser } from "./browser.mjs";
import { program } from "./programs.mjs";

const skip = !chromium ? "chromium is missing" : !existsSync(program("life")) && "not built here";

test("in Chromium: canvas, life, workers", { skip }, async () => {
  assert.deepEqual(await inBrowser("browser.html"), {
    // The background, the tallest bar (the fourth), and above the first.
    canvas: { drawn: 6, background: "255,255,255", fourth: "0,255,64", aboveFirst: "255,255,255", first: "230,25,64" },
    life: { living: 409, drawn: 409 },
    workers: { 1: true, 2: true, 4: true, lost: 1 },
  });
});
