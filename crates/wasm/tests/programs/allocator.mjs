// Random use of the allocator inside wasm: content is kept, blocks are
// aligned and disjoint, and freed memory is used again.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

const { exports: e } = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(process.argv[2])));
let seed = 1;
const random = (n) => ((seed = (Math.imul(seed, 1103515245) + 12345) >>> 0) >>> 8) % n;
const bytes = () => new Uint8Array(e.memory.buffer);
const pages = [];
for (let round = 0; round < 6; round++) {
  const live = [];
  for (let i = 0; i < 4000; i++) {
    const kind = random(10);
    if (kind < 5 || !live.length) {
      const size = 1 + random(kind ? 100 : 20000), align = 1 << random(7), at = e.allocate(size, align) >>> 0;
      assert(at && at % align === 0);
      bytes().fill(i, at, at + size);
      live.push({ at, size, align, fill: i & 255 });
    } else {
      const [block] = live.splice(random(live.length), 1);
      assert(bytes().subarray(block.at, block.at + block.size).every((b) => b === block.fill));
      if (kind < 8) e.free(block.at, block.size, block.align);
      else {
        const size = 1 + random(300), at = e.resize(block.at, block.size, block.align, size) >>> 0;
        assert(at && at % block.align === 0);
        assert(bytes().subarray(at, at + Math.min(size, block.size)).every((b) => b === block.fill));
        bytes().fill(block.fill, at, at + size);
        live.push({ ...block, at, size });
      }
    }
  }
  const sorted = live.toSorted((a, b) => a.at - b.at);
  for (let i = 1; i < sorted.length; i++) assert(sorted[i - 1].at + sorted[i - 1].size <= sorted[i].at);
  for (const { at, size, align } of live) e.free(at, size, align);
  pages.push(e.memory.buffer.byteLength / 65536);
}
// All came back as one block: all of it but the stack serves one request.
assert(pages.at(-1) <= pages[0] + 4, `memory keeps growing: ${pages}`);
const before = e.memory.buffer.byteLength;
assert(e.allocate(before - 2 ** 20 - 65536 * 2, 8));
assert.equal(e.memory.buffer.byteLength, before);
assert.equal(e.allocate(2 ** 31 - 64, 8) && e.allocate(2 ** 31 - 64, 8), 0, "no memory is null");
