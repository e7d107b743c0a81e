// Sample reports. `node test/sample.mjs OUT.html [OLD.wasm] FILE.wasm` writes one from real modules:
// sections, function bodies, data segments and names, read here in the plainest way.

import { readFileSync, writeFileSync } from 'node:fs';

const SECTIONS = ['custom', 'type', 'import', 'function', 'table', 'memory', 'global', 'export', 'start', 'element', 'code', 'data', 'data count', 'tag'];

/** Puts `data` into the viewer as the Rust side does. */
export function embed(template, data) {
  const json = JSON.stringify(data).replaceAll('<', '\\u003c');
  return template.replace('<!--WASM-SIZE-DATA-->', () => json);
}

// Small and seeded, so that every run has the same data (mulberry32).
export function random(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const CRATES = ['app', 'core', 'alloc', 'std', 'serde_json', 'regex_automata', 'hashbrown', 'dlmalloc', 'wasm_bindgen', 'image', 'rustc_demangle', 'futures_util'];
const WORDS = ['parse', 'fmt', 'write', 'render', 'layout', 'decode', 'insert', 'grow', 'drop', 'visit', 'map', 'iter', 'next', 'table', 'cache', 'token', 'state', 'frame', 'node', 'value'];

/** A report of `count` items whose sizes sum to the file. */
export function synthetic(count, seed = 1) {
  const next = random(seed);
  const pick = (from) => from[Math.floor(next() ** 1.6 * from.length)];
  const sections = ['type', 'import', 'function', 'export', 'code', 'data', 'custom "name"'].map((name, id) => ({ id, module: 0, name, offset: 8 + id, size: 0 }));
  const items = [];
  let offset = 8;
  for (let id = 0; id < count; id++) {
    const size = 4 + Math.floor(3 / (next() ** 1.3 + 0.0006));
    const data = next() < 0.04;
    const crate = pick(CRATES);
    const generic = !data && next() < 0.25;
    const path = [crate, pick(WORDS), pick(WORDS)].join('::');
    const name = data ? `data segment ${id}` : generic ? `${path}<${pick(CRATES)}::${pick(WORDS)}${id % 97}>::${pick(WORDS)}` : `${path}_${id}`;
    items.push({
      id, kind: data ? 'data segment' : 'function', module: 0, section: data ? 5 : 4, index: id, name, offset, size,
      ...(data ? {} : { crate, retained: size + Math.floor(next() ** 8 * 40000), raw_name: `_ZN${id}17h0123456789abcdefE` }),
      ...(generic ? { family: `${path}<T>::${WORDS[0]}` } : {}),
      gzip: Math.round(size * (0.2 + next() * 0.4) * 8) / 8,
    });
    sections[data ? 5 : 4].size += size;
    offset += size;
  }
  const largest = [...items].sort((a, b) => b.size - a.size);
  return {
    schema: 'wasm-size/1', tool_version: '0.1.0', file: 'app.wasm', kind: 'module', bytes: offset - 8, attributed_bytes: offset - 8,
    gzip: Math.round(items.reduce((s, i) => s + i.gzip, 0)), gzip_level: 9, brotli: Math.round(offset / 4), brotli_quality: 5,
    build_id: '5d41402abc4b2a76b9719d911017c592', build_id_from: 'content',
    producers: [{ field: 'processed-by', name: 'rustc', version: '1.95.0' }], features: ['bulk-memory', 'mutable-globals', 'sign-ext'],
    damage: [], modules: [{ id: 0, parent: null, name: 'app.wasm', kind: 'module', offset: 0, size: offset }], sections, items,
    insights: [
      { kind: 'panic-machinery', title: 'Panic and formatting machinery', detail: 'Functions that only panics use. The first caller in your code is app::render.', saves: 48211, items: largest.slice(0, 40).map((i) => i.id), fix: 'panic = "abort" in [profile.release], and -Zbuild-std-features=panic_immediate_abort' },
      { kind: 'names', title: 'The name section is shipped', detail: 'Names are of use to debuggers and profilers, not to the engine.', saves: 130122, items: [], fix: 'wasm-strip app.wasm' },
      { kind: 'duplicates', title: 'Equal function bodies', detail: '12 functions have the same body.', saves: 3120, items: largest.slice(100, 112).map((i) => i.id), fix: 'wasm-opt --duplicate-function-elimination' },
    ],
  };
}

/** The diff of two reports by name; every tenth row that moved is called renamed. */
export function compare(old, now) {
  const before = new Map(old.items.map((i) => [i.kind + i.name, i]));
  const rows = [];
  const sums = { crates: new Map(), sections: new Map() };
  let unchanged = { items: 0, bytes: 0 };
  const add = (map, name, a, b) => {
    const s = map.get(name) ?? { name, old_size: 0, new_size: 0, delta: 0 };
    s.old_size += a;
    s.new_size += b;
    s.delta += b - a;
    map.set(name, s);
  };
  const row = (item, a, b, cause) => {
    add(sums.crates, item.crate ?? item.kind, a ?? 0, b ?? 0);
    add(sums.sections, item.kind === 'function' ? 'code' : item.kind, a ?? 0, b ?? 0);
    if (cause) rows.push({ cause, kind: item.kind, name: item.name, crate: item.crate, old_size: a, new_size: b, delta: (b ?? 0) - (a ?? 0), matched_by: a != null && b != null ? 'name' : undefined });
    else unchanged = { items: unchanged.items + 1, bytes: unchanged.bytes + b };
  };
  for (const item of now.items) {
    const was = before.get(item.kind + item.name);
    before.delete(item.kind + item.name);
    if (!was) row(item, null, item.size, 'new');
    else row(item, was.size, item.size, item.size > was.size ? 'grown' : item.size < was.size ? 'shrunk' : item.id % 500 === 7 ? (item.id % 10 ? 'moved' : 'renamed') : null);
  }
  for (const item of before.values()) row(item, item.size, null, 'gone');
  const side = ({ file, bytes, gzip, brotli }) => ({ file, bytes, gzip, brotli });
  return { schema: 'wasm-size-diff/1', old: side(old), new: side(now), rows, unchanged, crates: [...sums.crates.values()], sections: [...sums.sections.values()] };
}

/** A later build of `report`: some items grew, shrank, came and went. */
export function edited(report, seed = 2) {
  const next = random(seed);
  const items = report.items.filter(() => next() > 0.004).map((item) => {
    const luck = next();
    return luck < 0.03 ? { ...item, size: Math.round(item.size * (1 + next())) } : luck < 0.05 ? { ...item, size: Math.max(1, Math.round(item.size * next())) } : item;
  });
  for (let i = 0; i < report.items.length / 300; i++) items.push({ ...items[i], id: report.items.length + i, name: `app::fresh::view_${i}`, crate: 'app', size: 200 + Math.floor(next() * 9000) });
  const bytes = items.reduce((sum, i) => sum + i.size, 0);
  return { ...report, file: 'app.new.wasm', items, bytes, gzip: Math.round(bytes / 2.9), brotli: Math.round(bytes / 3.6) };
}

const bareName = (raw) => raw.replace(/::h[0-9a-f]{16}$/, '');

/** Reads a core module. */
export function reportOf(path) {
  const file = readFileSync(path);
  let at = 8;
  const leb = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = file[at++];
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  };
  const string = () => {
    const length = leb();
    return file.toString('utf8', at, (at += length));
  };
  const sections = [{ id: 0, module: 0, name: 'header', offset: 0, size: 8 }];
  const items = [];
  const names = new Map();
  let imports = 0;
  const push = (kind, section, offset, size, index, name) => items.push({ id: items.length, kind, module: 0, section, index, name, offset, size });
  push('header', 0, 0, 8, undefined, 'header');
  while (at < file.length) {
    const start = at;
    const code = file[at++];
    const length = leb();
    const body = at;
    const end = body + length;
    const id = sections.length;
    const label = code === 0 ? `custom "${string()}"` : SECTIONS[code] ?? `section ${code}`;
    sections.push({ id, module: 0, name: label, offset: start, size: end - start });
    let charged = start;
    const each = (kind, base, skip) => {
      const count = leb();
      push('section overhead', id, start, at - start, undefined, `${label} section overhead`);
      for (let i = 0; i < count; i++) {
        const from = at;
        skip();
        push(kind, id, from, at - from, base + i, `${kind} ${base + i}`);
      }
      charged = end;
    };
    if (code === 10) each('function', imports, () => { const n = leb(); at += n; });
    else if (code === 11) each('data segment', 0, () => { if (leb() !== 1) while (file[at++] !== 0x0b); const n = leb(); at += n; });
    else if (code === 2) {
      const count = leb();
      for (let i = 0; i < count; i++) { string(); string(); if (file[at++] === 0) { imports++; leb(); } else { at = end; break; } }
    } else if (label === 'custom "name"') {
      while (at < end) {
        const kind = file[at++];
        const stop = leb() + at;
        if (kind === 1) for (let n = leb(); n > 0; n--) { const i = leb(); names.set(i, string()); }
        at = stop;
      }
    }
    if (charged < end) push(code === 0 ? 'custom section' : label, id, start, end - start, undefined, `${label} section`);
    at = end;
  }
  for (const item of items) {
    item.gzip = Math.round(item.size * 0.37);
    if (item.kind !== 'function') continue;
    item.retained = item.size;
    const name = names.get(item.index);
    if (!name) continue;
    item.name = bareName(name);
    const crate = /^(?:<+&?(?:mut )?(?:dyn )?)?([a-z_]\w*)(?:\[[0-9a-f]+\])?::/.exec(item.name);
    if (crate && /::h[0-9a-f]{16}$|\[[0-9a-f]{8,16}\]/.test(name)) item.crate = crate[1];
    if (/<.*>/.test(item.name)) item.family = item.name.replace(/<[^<>]*>/g, '<T>');
  }
  return {
    schema: 'wasm-size/1', tool_version: '0.1.0', file: path.replace(/.*\//, ''), kind: 'module', bytes: file.length, attributed_bytes: file.length,
    gzip: Math.round(file.length * 0.37), gzip_level: 9, build_id: 'd2f1', build_id_from: 'content', producers: [], features: [], damage: [],
    modules: [{ id: 0, parent: null, name: path, kind: 'module', offset: 0, size: file.length }], sections, items, insights: synthetic(300).insights,
  };
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const [out, ...files] = process.argv.slice(2);
  const reports = files.length > 0 ? files.map(reportOf) : [synthetic(60000), edited(synthetic(60000))];
  const report = reports.at(-1);
  const template = readFileSync(new URL('../report.html', import.meta.url), 'utf8');
  writeFileSync(out, embed(template, { report, diff: reports.length > 1 ? compare(reports[0], report) : null, chart_svg: null }));
}
