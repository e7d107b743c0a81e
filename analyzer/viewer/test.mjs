// Tests of the viewer: its parts in node, and the built report in headless Chromium.
// CHROMIUM names the browser if it is not where distributions put it. The first run installs the locked packages.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { compare, edited, embed, random, synthetic } from './test/sample.mjs';
import { bytes, percent, signedBytes, visible } from './src/text.js';
import { place, segments } from './src/names.js';
import { squarify } from './src/squarify.js';
import { buildTree, findPath, measure, pathText } from './src/tree.js';
import { assignColors, growthColor, themes } from './src/palette.js';

let passed = 0;
let failed = 0;
async function test(name, run) {
  try {
    await run();
    passed++;
  } catch (error) {
    failed++;
    console.error('FAILED ' + name + '\n' + error.stack);
  }
}

await test('report.html is what src/ gives', () => {
  const { status, stderr } = spawnSync(process.execPath, ['build.mjs', '--check'], { cwd: new URL('.', import.meta.url), encoding: 'utf8' });
  assert.equal(status, 0, stderr);
});

// The parts.

await test('unseen characters are written out', () => {
  assert.equal(visible('a\u202eb'), 'a\\u{202e}b');
  assert.equal(visible('\u0000\n\u200b\u2066\ufeff\ud800\u00a0'), '\\u{0}\\u{a}\\u{200b}\\u{2066}\\u{feff}\\u{d800}\\u{a0}');
  assert.equal(visible('Größe <T> 名前 🦀'), 'Größe <T> 名前 🦀');
  assert.equal(visible(undefined), '');
});

await test('sizes have three digits and a unit', () => {
  assert.deepEqual([0, 999, 1000, 12345, 999499, 999600, 49454737, 2.125].map(bytes), ['0 B', '999 B', '1.00 kB', '12.3 kB', '999 kB', '1.00 MB', '49.5 MB', '2.1 B']);
  assert.deepEqual([-1500, 0, 20].map(signedBytes), ['−1.50 kB', '±0 B', '+20 B']);
  assert.deepEqual([percent(1, 3), percent(1, 100000), percent(0, 5), percent(1, 0)], ['33 %', '<0.1 %', '0.0 %', '–']);
});

await test('names are split at namespaces, not inside of types', () => {
  assert.deepEqual(segments('alloc::vec::Vec<a::B>::push'), ['alloc', 'vec', 'Vec<a::B>', 'push']);
  assert.deepEqual(segments('std::operator<(a::b)::x'), ['std', 'operator<(a::b)', 'x']);
  assert.deepEqual(segments('f::{closure#0}::<fn(a::b) -> c::d>::g'), ['f', '{closure#0}', '<fn(a::b) -> c::d>', 'g']);
  assert.ok(segments('a::'.repeat(100000)).length < 20);
  assert.deepEqual(place('core::fmt::write::h0123456789abcdef', 'core'), { space: ['core', 'fmt'], label: 'write' });
  assert.deepEqual(place('<alloc::vec::Vec<T> as core::ops::Drop>::drop', 'alloc'), { space: ['alloc', 'vec', 'Vec'], label: 'drop' });
  assert.deepEqual(place('ruma[e6470094e4a9611]::raw::Raw::new', 'ruma'), { space: ['ruma', 'raw', 'Raw'], label: 'new' });
  assert.deepEqual(place('void ns::f<int>(int)', ''), { space: ['ns'], label: 'f<int>(int)' });
  assert.deepEqual(place('memcpy', 'libc'), { space: ['libc'], label: 'memcpy' });
  assert.deepEqual(place('function 812 (exported as "a::b")', '').space, []);
});

await test('the treemap partitions its rectangle in proportion', () => {
  const next = random(7);
  for (let round = 0; round < 200; round++) {
    const children = Array.from({ length: 1 + Math.floor(next() * 80) }, () => ({ value: Math.floor(next() ** 4 * 1e6) })).sort((a, b) => b.value - a.value);
    const total = children.reduce((sum, c) => sum + c.value, 0);
    const [w, h] = [20 + next() * 900, 20 + next() * 900];
    const tiles = [];
    let from = children.length;
    squarify(children, total, 5, 9, w, h, 3, (child, ...box) => tiles.push({ value: child.value, box }), (i, ...box) => {
      from = i;
      tiles.push({ value: children.slice(i).reduce((sum, c) => sum + c.value, 0), box });
    });
    assert.equal(tiles.length, children.slice(0, from).filter((c) => c.value > 0).length + (from < children.length ? 1 : 0));
    for (const { value, box: [x, y, bw, bh] } of tiles) {
      assert.ok(x > 4.999 && y > 8.999 && x + bw < 5 + w + 1e-6 * w && y + bh < 9 + h + 1e-6 * h, 'inside');
      assert.ok(Math.abs((bw * bh) / (w * h) - value / total) < 1e-9, 'area');
    }
    for (let i = 0; i < tiles.length; i++) {
      for (let j = 0; j < i; j++) {
        const [a, b] = [tiles[i].box, tiles[j].box];
        const over = Math.min(a[0] + a[2], b[0] + b[2]) - Math.max(a[0], b[0]);
        const under = Math.min(a[1] + a[3], b[1] + b[3]) - Math.max(a[1], b[1]);
        assert.ok(over < 1e-6 || under < 1e-6, 'no overlap');
      }
    }
  }
});

await test('trees sum up, join only children, and find their paths again', () => {
  const names = ['a::b::x', 'a::b::y', 'c::z', '__proto__::constructor', 'a%/::b / c::d'];
  const tree = buildTree(names.length, 'file', (i) => ({ groups: ['code'], space: segments(names[i]).slice(0, -1), label: names[i] }));
  assert.equal(measure(tree.root, (i) => i + 1), 15);
  assert.deepEqual(tree.root.children[0].children.map((c) => c.label), ['a%/::b / c', '__proto__', 'a::b', 'c']);
  for (const group of tree.root.children[0].children) assert.equal(findPath(tree.root, pathText(group)), group);
  assert.equal(findPath(tree.root, 'code/none/%zz'), tree.root.children[0]);
  assert.deepEqual([...tree.order].sort(), [0, 1, 2, 3, 4]);
});

await test('text on every tile has a contrast of 4.5 or more', () => {
  const luminance = (color) => {
    const parts = color.startsWith('#') ? [1, 3, 5].map((i) => parseInt(color.slice(i, i + 2), 16)) : color.match(/\d+/g).map(Number);
    const [r, g, b] = parts.map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (a, b) => (Math.max(luminance(a), luminance(b)) + 0.05) / (Math.min(luminance(a), luminance(b)) + 0.05);
  for (const theme of Object.values(themes)) {
    const keys = Array.from({ length: 12 }, (_, i) => 'k' + i);
    const colors = assignColors(new Map(keys.map((key, i) => [key, 100 - i])), theme);
    const tiles = [...keys.flatMap((key) => [0, 1, 2].map((v) => colors.of(key, v))), ...theme.groups, ...[-9, -5, -1, 0, 1, 5, 10].map((delta) => growthColor({ delta, oldSize: 9, newSize: 9 + delta }, theme))];
    for (const tile of tiles) assert.ok(contrast(tile, theme.text) >= 4.5, tile + ' under ' + theme.text + ': ' + contrast(tile, theme.text));
  }
});

// The report, in a browser.

const executablePath = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => path && existsSync(path));
if (!executablePath) {
  console.error('no Chromium: install it, or name it in CHROMIUM');
  console.log(`${passed} passed, ${failed + 1} failed`);
  process.exit(1);
}

if (!existsSync(new URL('node_modules/playwright-core', import.meta.url))) execFileSync('npm', ['ci'], { cwd: new URL('.', import.meta.url), stdio: 'inherit' });
const { chromium } = await import('playwright-core');
const folder = mkdtempSync(join(tmpdir(), 'wasm-size-viewer-'));
const template = readFileSync(new URL('report.html', import.meta.url), 'utf8');
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

function write(name, data) {
  const path = join(folder, name + '.html');
  writeFileSync(path, data === null ? template : embed(template, data));
  return pathToFileURL(path).href;
}

const manyOld = synthetic(60000);
const many = edited(manyOld);
const large = write('large', { report: many, diff: compare(manyOld, many), chart_svg: null });

const old = synthetic(6000);
const now = edited(old);
const usual = write('usual', { report: now, diff: compare(old, now), chart_svg: '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 20"><script>parent.pwned = 1</script><rect width="40" height="20"/></svg>' });

const browser = await chromium.launch({
  executablePath,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});

// Opens a report and holds it to what holds for all: no request but for itself, no message on the console.
async function open(url, run, { width = 1440, height = 900, colorScheme = 'light', quiet = true } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme });
  const page = await context.newPage();
  const noise = [];
  page.on('request', (request) => !/^(file|data|blob):/.test(request.url()) && noise.push('request ' + request.url()));
  page.on('console', (message) => noise.push(message.type() + ' ' + message.text()));
  page.on('pageerror', (error) => noise.push('error ' + error.stack));
  page.setDefaultTimeout(10000);
  try {
    await page.goto(url);
    await run(page);
    if (quiet) assert.deepEqual(noise, []);
    assert.equal(await page.evaluate(() => window.pwned), undefined);
  } finally {
    await context.close();
  }
}

const hash = (page) => page.evaluate(() => Object.fromEntries(new URLSearchParams(location.hash.slice(1))));
const text = (page, selector) => page.locator(selector).innerText();
const crumbs = async (page, of = 'map') => (await page.locator(`#${of}-crumbs li:not(.last)`).allInnerTexts()).slice(1);
const firstNames = (page, of = 'map') => page.locator(`#${of}-table .row:not([hidden]) .name`).evaluateAll((cells) =>
  cells.sort((a, b) => a.closest('.row').dataset.at - b.closest('.row').dataset.at).map((cell) => cell.textContent));
const column = (page, index, of = 'map') => page.locator(`#${of}-table .row:not([hidden])`).evaluateAll((rows, i) =>
  rows.sort((a, b) => a.dataset.at - b.dataset.at).map((row) => row.children[i].textContent), index);
const rowCount = async (page, of = 'map') => Number((await text(page, `#${of}-table .count`)).replace(/ row.*/s, '').replaceAll(',', ''));

// Looks for the place in the treemap whose tip begins with `wanted`, and moves the pointer there.
async function pointAt(page, wanted, of = 'map') {
  const found = await page.evaluate(({ of, source, exact }) => {
    const matches = (tip) => (exact ? tip === source : new RegExp(source).test(tip));
    const canvas = document.querySelector(`#${of}-canvas canvas[tabindex]`);
    const box = canvas.getBoundingClientRect();
    for (let y = Math.ceil(box.top) + 5; y < box.bottom - 3; y += 4) {
      for (let x = Math.ceil(box.left) + 5; x < box.right - 3; x += 7) {
        canvas.dispatchEvent(new PointerEvent('pointermove', { clientX: x, clientY: y }));
        const tip = [...document.querySelectorAll('.tip')].find((t) => !t.hidden)?.firstChild.textContent;
        if (tip && matches(tip)) return { x, y, tip };
      }
    }
    return null;
  }, { of, source: wanted.source ?? wanted, exact: typeof wanted === 'string' });
  if (!found) throw new Error('nothing in the treemap is called ' + wanted);
  await page.mouse.move(found.x, found.y);
  return found;
}

await test('60,000 items: loads in 2 s, searches and sorts at once', async () => {
  const loads = [];
  for (let i = 0; i < 3; i++) await open(large, async (page) => loads.push(await page.evaluate(() => performance.getEntriesByType('navigation')[0].loadEventEnd)));
  console.log('load of 60,000 items and their diff: ' + Math.round(Math.min(...loads)) + ' ms (' + Math.round(readFileSync(new URL(large)).length / 1e6) + ' MB)');
  assert.ok(Math.min(...loads) < 2000, String(loads));
  await open(large, async (page) => {
    assert.equal(await rowCount(page), many.items.length);
    assert.ok(await page.locator('#map-table .row').count() < 80, 'only the rows in sight exist');
    const spent = await page.evaluate(async () => {
      const time = (run) => {
        const start = performance.now();
        run();
        return performance.now() - start;
      };
      const canvas = document.querySelector('#map-canvas canvas:nth-of-type(2)');
      const box = canvas.getBoundingClientRect();
      const hover = time(() => {
        for (let i = 0; i < 100; i++) canvas.dispatchEvent(new PointerEvent('pointermove', { clientX: box.left + (i * 37) % box.width, clientY: box.top + (i * 17) % box.height, bubbles: true }));
      }) / 100;
      const sort = time(() => document.querySelector('#map-table .head button').click());
      const group = time(() => document.querySelector('#by label:nth-of-type(2) input').click());
      return { hover, sort, group };
    });
    console.log('hover ' + spent.hover.toFixed(1) + ' ms, sort by name ' + Math.round(spent.sort) + ' ms, regroup ' + Math.round(spent.group) + ' ms');
    assert.ok(spent.hover < 16 && spent.sort < 600 && spent.group < 600, JSON.stringify(spent));
  });
});

await test('what is under the pointer is what a click zooms to or selects', () => open(usual + '#by=crate', async (page) => {
  const { x, y } = await pointAt(page, 'core');
  assert.match(await text(page, '.tip:not([hidden])'), /Size[\s\S]*%[\s\S]*Items/);
  await page.mouse.click(x, y);
  assert.deepEqual(await crumbs(page), ['core']);
  assert.equal((await hash(page)).zoom, 'core');
  const inCore = now.items.filter((item) => item.crate === 'core');
  assert.equal(await rowCount(page), inCore.length);
  assert.equal(await text(page, '#map-panel h2'), 'core');

  const item = await pointAt(page, /^core::\w+::\w+_\d+$/);
  assert.match(await text(page, '.tip:not([hidden])'), /Size[\s\S]*Retained[\s\S]*Gzip/);
  await page.mouse.click(item.x, item.y);
  assert.equal(await text(page, '#map-panel h2'), item.tip);
  const { sel } = await hash(page);
  assert.equal(now.items.find((i) => i.id === Number(sel)).name, item.tip);
  await page.mouse.click(item.x, item.y);
  assert.equal((await crumbs(page)).length, 2, 'once more zooms to its group');

  await page.locator('#map-crumbs button').first().click();
  assert.deepEqual(await crumbs(page), []);
  await page.goBack();
  await page.goBack();
  assert.deepEqual(await crumbs(page), ['core']);
}));

await test('area follows the metric: the heaviest group of each comes first', () => open(usual + '#by=crate', async (page) => {
  for (const metric of ['size', 'retained', 'gzip']) {
    await page.locator('#metric label', { hasText: new RegExp('^' + metric + '$', 'i') }).click();
    const sums = new Map();
    for (const item of now.items) {
      const key = item.crate ?? '(data segment)';
      sums.set(key, (sums.get(key) ?? 0) + (item[metric] ?? 0));
    }
    const ranked = [...sums].sort((a, b) => b[1] - a[1]);
    assert.deepEqual(await page.locator('#map-panel .part-name').allInnerTexts(), ranked.filter(([, v]) => v > 0).slice(0, 12).map(([key]) => key));
    const first = await page.locator('#map-panel .parts li:first-child .num').textContent();
    assert.equal(first, metric === 'retained' ? '' : bytes(ranked[0][1]), 'retained sizes overlap: no sum is shown');
    assert.equal(/overlap/.test(await page.locator('#map-note').textContent()), metric === 'retained');
  }
}));

await test('search: text, regular expression, field; it marks the map and filters the table', () => open(usual, async (page) => {
  const search = page.locator('#map .search input');
  const pixels = () => page.evaluate(() => document.querySelector('#map-canvas canvas').toDataURL());
  const before = await pixels();
  const count = (test) => now.items.filter(test).length;
  const expectCount = async (query, wanted) => {
    await search.fill(query);
    await page.waitForFunction((n) => document.querySelector('#map-table .count').textContent.replaceAll(',', '').startsWith(n + ' row'), wanted);
  };
  await expectCount('RENDER', count((i) => /render/i.test(i.name)));
  assert.notEqual(await pixels(), before, 'what does not match is dimmed');
  await expectCount('/^serde_json::.*_\\d5$/', count((i) => /^serde_json::.*_\d5$/.test(i.name)));
  await expectCount('/_ZN599\\d/', count((i) => /_ZN599\d/.test(i.raw_name)));
  await expectCount('kind:data segment', count((i) => i.kind === 'data segment'));
  await expectCount('nothing has this name', 0);
  assert.match(await text(page, '#map-table .empty'), /No item matches/);
  await search.fill('/(/');
  await page.locator('#map-error:not(:empty)').waitFor();
  assert.match(await text(page, '#map-error'), /Not a regular expression/);
  await search.fill('');
  await page.waitForFunction((n) => document.querySelector('#map-table .count').textContent.replaceAll(',', '').startsWith(n + ' row'), now.items.length);
  assert.equal(await pixels(), before);
}));

await test('the table sorts both ways by each column and keeps its rows when scrolled', () => open(usual, async (page) => {
  const head = (name) => page.locator('#map-table .head button', { hasText: name });
  const bySize = [...now.items].map((i, at) => [i, at]).sort((a, b) => b[0].size - a[0].size || a[1] - b[1]).map(([i]) => i.name);
  assert.deepEqual((await firstNames(page)).slice(0, 8), bySize.slice(0, 8));
  await head('Name').click();
  const names = now.items.map((i) => i.name).sort();
  assert.deepEqual((await firstNames(page)).slice(0, 8), names.slice(0, 8));
  assert.equal(await page.locator('#map-table [aria-sort=ascending]').innerText().then((t) => t.split('\n')[0].trim().replace(/[▲▼]/, '')), 'Name');
  await head('Name').click();
  assert.deepEqual((await firstNames(page)).slice(0, 8), names.slice(-8).reverse());
  await head('Retained').click();
  const largest = Math.max(...now.items.map((i) => i.retained ?? 0));
  assert.equal((await column(page, 5))[0], bytes(largest));
  await head('Retained').click();
  assert.notEqual((await column(page, 5))[0], '–', 'unknown values come last, both ways');
  await page.locator('#map-table .grid').focus();
  await page.keyboard.press('End');
  await page.waitForFunction((n) => [...document.querySelectorAll('#map-table .row:not([hidden])')].some((row) => Number(row.dataset.at) === n - 1), now.items.length);
  await page.keyboard.press('Enter');
  assert.notEqual((await hash(page)).sel, undefined);
}));

await test('the address holds the view: a second window shows the same', () => open(usual, async (page) => {
  await page.locator('#by label', { hasText: 'Crate' }).click();
  await page.locator('#metric label', { hasText: 'Gzip' }).click();
  await page.locator('#color').selectOption('kind');
  const { x, y } = await pointAt(page, 'alloc');
  await page.mouse.click(x, y);
  await page.locator('#map .search input').fill('cache');
  await page.waitForFunction(() => location.hash.includes('q=cache'));
  await page.locator('#map-table .head button', { hasText: 'Name' }).click();
  await page.locator('#map-table .row').first().click();
  await page.locator('#theme').click();
  const look = async (p) => ({ crumbs: await crumbs(p), rows: (await firstNames(p)).slice(0, 5), panel: await text(p, '#map-panel'), theme: await p.evaluate(() => document.documentElement.dataset.theme), legend: await text(p, '#map-legend'), q: await p.locator('#map .search input').inputValue() });
  const url = page.url();
  const wanted = await look(page);
  assert.equal(wanted.theme, 'dark');
  assert.deepEqual(wanted.crumbs, ['alloc']);
  await open(url, async (second) => assert.deepEqual(await look(second), wanted));
}));

await test('all by keyboard: into the map, down, in, out; tabs; the search key', () => open(usual + '#by=crate', async (page) => {
  await page.locator('#map-canvas canvas[tabindex]').focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  assert.match(await page.locator('#map-canvas [aria-live]').textContent(), /items?, .*%/);
  await page.keyboard.press('Enter');
  assert.equal((await crumbs(page)).length, 1);
  await page.keyboard.press('Escape');
  assert.equal((await crumbs(page)).length, 0);
  await page.keyboard.press('/');
  assert.equal(await page.evaluate(() => document.activeElement.type), 'search');
  await page.locator('#tab-map').focus();
  await page.keyboard.press('ArrowRight');
  assert.equal((await hash(page)).tab, 'insights');
}));

await test('insights tell the saving and the fix, and lead to their items', () => open(usual + '#tab=insights', async (page) => {
  assert.deepEqual(await page.locator('.card h2').allInnerTexts(), ['The name section is shipped', 'Panic and formatting machinery', 'Equal function bodies']);
  assert.match(await text(page, '.card:nth-child(2)'), /48\.2 kB[\s\S]*panic = "abort"/);
  await page.locator('.card:nth-child(2) button', { hasText: 'in the map' }).click();
  const there = now.insights[0].items.filter((id) => now.items.some((i) => i.id === id)).length;
  assert.equal(await rowCount(page), there);
  await page.locator('#map-insight button').click();
  assert.equal(await rowCount(page), now.items.length);
}));

await test('diff: totals, causes, sums, treemap and table agree', () => open(usual + '#tab=diff', async (page) => {
  const diff = compare(old, now);
  assert.equal(await rowCount(page, 'diff'), diff.rows.length);
  assert.match(await text(page, '#diff-totals'), new RegExp(signedBytes(now.bytes - old.bytes).replace(/[+.]/g, '\\$&')));
  const byChange = diff.rows.map((r) => Math.abs(r.delta)).sort((a, b) => b - a);
  assert.equal((await column(page, 6, 'diff'))[0].replace(/[+−]/, ''), bytes(byChange[0]));
  for (const cause of ['grown', 'shrunk', 'new', 'gone', 'moved', 'renamed']) {
    const count = diff.rows.filter((r) => r.cause === cause).length;
    const chip = page.locator('#diff-causes button', { hasText: cause });
    assert.match(await chip.innerText(), new RegExp(cause + '\\s+' + count.toLocaleString('en-US') + '\\b'));
    if (count === 0) continue;
    await chip.click();
    assert.equal(await rowCount(page, 'diff'), count);
    assert.deepEqual([...new Set(await column(page, 1, 'diff'))], [cause]);
    await chip.click();
  }
  assert.equal(await page.locator('#diff-panel .parts li:first-child .num').first().innerText(), signedBytes(Math.max(...diff.crates.map((c) => c.delta))));
  const { x, y } = await pointAt(page, 'app', 'diff');
  await page.mouse.click(x, y);
  assert.deepEqual(await crumbs(page, 'diff'), ['app']);
  assert.equal(await rowCount(page, 'diff'), diff.rows.filter((r) => r.crate === 'app').length);
  const row = await pointAt(page, /^app::fresh::view_/, 'diff');
  await page.mouse.click(row.x, row.y);
  assert.match(await text(page, '#diff-panel'), /new function[\s\S]*app::fresh::view_/);
}));

await test('the chart is shown as a picture, which can run nothing', () => open(usual + '#tab=history', async (page) => {
  assert.ok(await page.locator('#history img').evaluate((img) => img.decode().then(() => img.naturalWidth > 0)));
}));

const hostile = [
  '</script><script>window.pwned = 1</script>', '<img src=x onerror="window.pwned = 1">', '<!--<script>', 'evil\u202egnp.exe', 'nul\u0000\u001b[31mred\u0085',
  '__proto__', 'constructor::__proto__::toString', 'a::'.repeat(50000) + 'deep', '<'.repeat(30000), 'x'.repeat(1000000), '\ud800lone', '',
  'javascript:alert(1)', '"><svg onload=window.pwned=1>', "' onmouseover='window.pwned=1", 'عربي::اسم', '&lt;b&gt; &#60;', '\u2028\u2029', '$&$1$`',
];

await test('hostile names and values are text and nothing else', async () => {
  const items = hostile.map((name, id) => ({
    id, kind: id % 2 ? name : 'function', module: 0, section: 0, index: id, name, raw_name: name, crate: id % 3 ? name : undefined, family: name, offset: id * 10, size: 1000 + id, retained: 2000 + id, gzip: 500.5,
  }));
  items.push({ id: 'x', kind: null, name: { a: 1 }, size: -5, gzip: 'NaN' }, { id: 900, kind: 'function', name: 'huge', size: 1e300, module: 77, section: 99 }, {});
  const report = {
    ...synthetic(3), file: '<b>\u202efile</b>', items, tool_version: '<i>', features: hostile.slice(0, 3), producers: [{ name: hostile[0], version: hostile[1] }],
    sections: [{ id: 0, module: 0, name: hostile[1], offset: 0, size: 1 }], modules: [{ id: 0, parent: 0, name: hostile[0] }, { id: 1, parent: 1 }], damage: [{ offset: 12, section: hostile[0], message: hostile[3] }],
    insights: hostile.map((title, i) => ({ kind: title, title, detail: title, saves: i, items: [i, 'no such'], fix: title })),
  };
  const rows = hostile.map((name, i) => ({ cause: i % 5 ? 'grown' : name, kind: name, name, crate: name, old_size: i, new_size: 2 * i, delta: i, matched_by: name }));
  const sums = hostile.map((name) => ({ name, old_size: 1, new_size: 2, delta: 1 }));
  const side = { file: hostile[0], bytes: 10 };
  const url = write('hostile', { report, diff: { old: side, new: side, rows, unchanged: {}, crates: sums, sections: sums }, chart_svg: hostile[0] });
  for (const tab of ['map', 'map&by=crate&theme=dark', 'map&by=family&color=kind', 'insights', 'diff', 'history']) {
    await open(url + '#tab=' + tab, async (page) => {
      assert.equal(await page.locator('#main script, #main b, #main i, #main svg, #main [onerror], #top b').count(), 0);
      const shown = await page.evaluate(() => document.body.innerText + document.title + [...document.querySelectorAll('[title]')].map((e) => e.title).join(''));
      assert.ok(!/[\u202e\u0000\u001b\u2028]/.test(shown), 'no unseen character is shown');
      if (tab === 'map') {
        assert.ok(shown.includes('evil\\u{202e}gnp.exe') && shown.includes('</script><script>window.pwned = 1</script>'));
        assert.match(await text(page, '#damage'), /damaged/);
        for (let id = 0; id < hostile.length; id++) await page.evaluate((i) => { location.hash = 'sel=' + i; }, id);
      }
    });
  }
});

await test('the policy lets no other script and no request through', () => open(usual, async (page) => {
  const blocked = await page.evaluate(async () => {
    const seen = [];
    document.addEventListener('securitypolicyviolation', (e) => seen.push(e.effectiveDirective));
    const script = document.createElement('script');
    script.textContent = 'window.pwned = 1';
    document.body.append(script);
    const image = new Image();
    image.src = 'https://example.invalid/x.png';
    await fetch('https://example.invalid/').catch(() => {});
    await new Promise((done) => setTimeout(done, 200));
    return seen.sort();
  });
  assert.deepEqual(blocked, ['connect-src', 'img-src', 'script-src-elem']);
}, { quiet: false }));

await test('components: modules nest, and what is not known is said', async () => {
  const modules = [{ id: 0, parent: null, name: 'app.wasm', kind: 'component', offset: 0, size: 0 }];
  for (let id = 1; id <= 14; id++) modules.push({ id, parent: id < 4 ? 0 : id % 3 + 1, name: `module ${id}`, kind: 'module', offset: id, size: 100 });
  const sections = modules.map(({ id }) => ({ id, module: id, name: 'code', offset: 0, size: 100 }));
  const items = modules.flatMap(({ id: module }) => [1, 2, 3].map((n) => ({ id: module * 10 + n, kind: 'function', module, section: module, name: `f${n}`, offset: 0, size: n * 400 })));
  const url = write('component', { report: { ...synthetic(1), kind: 'component', modules, sections, items, bytes: 36000, insights: [] }, diff: null, chart_svg: null });
  await open(url, async (page) => {
    await pointAt(page, 'module 1');
    assert.ok(await page.locator('#metric input').nth(1).isDisabled());
    assert.ok(await page.locator('#tab-diff').isHidden());
    assert.equal((await column(page, 5))[0], '–');
    await page.locator('#tab-insights').click();
    assert.match(await text(page, '#insight-list'), /No advice/);
  });
  const inner = items.filter((i) => i.module === 1 || modules[i.module].parent === 1);
  await open(url + '#zoom=' + encodeURIComponent(encodeURIComponent('module 1')), async (page) => assert.equal(await rowCount(page), inner.length));
});

await test('no data, no items, no changes: each says so', async () => {
  await open(write('none', null), async (page) => assert.match(await text(page, '#failure'), /no report/), { quiet: false });
  const report = { ...synthetic(0), items: [], sections: [], bytes: 0 };
  const side = { file: 'a.wasm', bytes: 0 };
  const url = write('empty', { report, diff: { old: side, new: side, rows: [], unchanged: { items: 0, bytes: 0 }, crates: [], sections: [] }, chart_svg: null });
  await open(url, async (page) => {
    assert.equal(await rowCount(page), 0);
    await page.locator('#tab-diff').click();
    assert.match(await text(page, '#diff-table .empty'), /nothing changed/);
  });
});

await test('nothing overflows from 900 to 2500 pixels, and axe finds no fault, light and dark', async () => {
  const small = synthetic(300);
  const url = write('small', { report: small, diff: compare(synthetic(300), edited(small)), chart_svg: null });
  for (const [tab, colorScheme] of [['map', 'light'], ['map&sel=17', 'dark'], ['insights', 'dark'], ['diff', 'light'], ['diff&dsel=1', 'dark']]) {
    await open(url + '#tab=' + tab, async (page) => {
      for (const [width, height] of [[900, 700], [2500, 1300], [1440, 900]]) {
        await page.setViewportSize({ width, height });
        const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(over <= 0, `${tab} at ${width}: ${over} px too wide`);
        assert.ok(await page.evaluate(() => [...document.querySelectorAll('.canvas, .grid')].every((e) => e.closest('[hidden]') || (e.clientHeight > 120 && e.clientWidth > 300))), `${tab} at ${width}: map and table are too small`);
      }
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'best-practice'] }));
      assert.deepEqual(violations.map((v) => v.id + ': ' + v.nodes.slice(0, 3).map((n) => n.target + ' ' + n.failureSummary).join(' | ')), [], `${tab}, ${colorScheme}`);
    }, { colorScheme });
  }
});

await browser.close();
rmSync(folder, { recursive: true, force: true });
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
