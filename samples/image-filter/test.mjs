import assert from "node:assert/strict";

import { load } from "../../crates/wasm/js/loader.mjs";
import { tests } from "../programs.mjs";

tests("image-filter", async (path) => {
  const images = { sky: { width: 2, height: 1, pixels: [[0, 0, 255, 255], [255, 255, 255, 9]] }, torn: { width: 9, height: 9, pixels: [] } };
  const gfx = {
    open(name) {
      if (!images[name]) throw new Error(`no image ${name}`);
      return images[name];
    },
    size: ({ width, height }) => ({ width, height }),
    read: (image) => image.pixels.map(([red, green, blue, alpha]) => ({ red, green, blue, alpha })),
    write: (image, pixels) => { image.pixels = pixels.map(({ red, green, blue, alpha }) => [red, green, blue, alpha]); },
  };
  const { exports, refs } = await load(path, { "gfx@2.1": gfx });
  assert.equal(exports["apply-grey"]("sky"), 2);
  assert.deepEqual(images.sky.pixels, [[28, 28, 28, 255], [255, 255, 255, 9]]);
  assert.throws(() => exports["apply-grey"]("sea"), { message: "no image sea" });
  assert.throws(() => exports["apply-grey"]("torn"), { message: "the image is not as large as it says" });
  assert.equal(refs.live, 0);
});
