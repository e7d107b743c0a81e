// The report and the diff as the views read them: every string visible, every number checked.

import { visible, shorten } from './text.js';
import { place } from './names.js';

const MAX_NAME = 4000;
const MAX_NESTING = 24;

const list = (value) => (Array.isArray(value) ? value : []);
const text = (value) => shorten(visible(value), MAX_NAME);
const number = (value) => (typeof value === 'number' && Number.isFinite(value) ? value : null);
const size = (value) => Math.min(Number.MAX_SAFE_INTEGER, Math.max(0, number(value) ?? 0));

/** Reads `{ report, diff, chart_svg }`; null if there is no report in it. */
export function readData(json) {
  if (!json || typeof json !== 'object' || !json.report) return null;
  return {
    report: readReport(json.report),
    diff: json.diff ? readDiff(json.diff) : null,
    chartSvg: typeof json.chart_svg === 'string' && json.chart_svg !== '' ? json.chart_svg : null,
  };
}

function readReport(report) {
  const modules = new Map(list(report.modules).map((m) => [m.id, { parent: m.parent, name: text(m.name), kind: text(m.kind), size: size(m.size) }]));
  const sections = new Map(list(report.sections).map((s) => [s.id, { module: s.module, name: text(s.name), offset: size(s.offset), size: size(s.size) }]));
  const items = list(report.items).map((item) => readItem(item, sections));
  return {
    file: text(report.file) || 'module',
    kind: text(report.kind),
    toolVersion: text(report.tool_version),
    bytes: size(report.bytes),
    gzip: number(report.gzip),
    gzipLevel: number(report.gzip_level),
    brotli: number(report.brotli),
    brotliQuality: number(report.brotli_quality),
    buildId: text(report.build_id),
    buildIdFrom: text(report.build_id_from),
    producers: list(report.producers).map((p) => ({ field: text(p.field), name: text(p.name), version: text(p.version) })),
    features: list(report.features).map(text),
    damage: list(report.damage).map((d) => ({ offset: size(d.offset), section: text(d.section), message: text(d.message) })),
    modules,
    sections,
    items,
    indexOfId: new Map(items.map((item, i) => [item.id, i])),
    insights: list(report.insights)
      .map((a) => ({ kind: text(a.kind), title: text(a.title), detail: text(a.detail), saves: size(a.saves), items: list(a.items), fix: text(a.fix) }))
      .sort((a, b) => b.saves - a.saves),
  };
}

function readItem(item, sections) {
  const name = text(item.name) || '(no name)';
  const crate = text(item.crate);
  const kind = text(item.kind) || 'unknown';
  return {
    id: item.id,
    kind,
    name,
    rawName: text(item.raw_name),
    crate,
    family: text(item.family),
    module: item.module,
    section: item.section,
    sectionName: sections.get(item.section)?.name ?? '(no section)',
    index: number(item.index),
    offset: number(item.offset),
    size: size(item.size),
    retained: number(item.retained),
    gzip: number(item.gzip),
    ...origin(name, crate, kind),
  };
}

// `origin` is the crate, else the outermost namespace, else the kind in parentheses.
function origin(name, crate, kind) {
  const { space, label } = place(name, crate);
  return { space, label, origin: space[0] ?? '(' + kind + ')' };
}

/** The names of the components and modules that hold a module, outermost first; the file itself is left out. */
export function moduleChain(report, id) {
  const chain = [];
  for (let m = report.modules.get(id); m && m.parent != null && chain.length < MAX_NESTING; m = report.modules.get(m.parent)) {
    chain.unshift(m.name || 'module ' + id);
  }
  return chain;
}

export const CAUSES = ['grown', 'shrunk', 'new', 'gone', 'moved', 'renamed'];

function readDiff(diff) {
  const side = (s) => ({ file: text(s?.file), bytes: size(s?.bytes), gzip: number(s?.gzip), brotli: number(s?.brotli) });
  const sums = (rows) => list(rows)
    .map((r) => ({ name: text(r.name), oldSize: number(r.old_size), newSize: number(r.new_size), delta: number(r.delta) ?? 0 }))
    .sort((a, b) => Math.abs(b.delta) - Math.abs(a.delta));
  return {
    old: side(diff.old),
    new: side(diff.new),
    rows: list(diff.rows).map((row) => {
      const name = text(row.name) || '(no name)';
      const crate = text(row.crate);
      const kind = text(row.kind) || 'unknown';
      return {
        cause: text(row.cause), kind, name, crate,
        oldSize: number(row.old_size), newSize: number(row.new_size), delta: number(row.delta) ?? 0,
        matchedBy: text(row.matched_by),
        ...origin(name, crate, kind),
      };
    }),
    unchanged: { items: size(diff.unchanged?.items), bytes: size(diff.unchanged?.bytes) },
    crates: sums(diff.crates),
    sections: sums(diff.sections),
  };
}
