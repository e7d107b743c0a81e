// What changed between two files.

import { bytes, exact, percent, plural, shorten, signedBytes } from './text.js';
import { bar, byId, el, segmented } from './dom.js';
import { CAUSES } from './model.js';
import { ancestry, buildTree, countHits, findPath, measure, pathText } from './tree.js';
import { growthColor } from './palette.js';
import { compile, matches } from './search.js';
import { figure } from './panel.js';
import { countValued, Treemap } from './treemap.js';
import { VirtualTable } from './table.js';

const AREAS = {
  change: (row) => Math.abs(row.delta),
  size: (row) => Math.max(row.oldSize ?? 0, row.newSize ?? 0),
};

// Before a name, so that not only the colour tells: gone down, the same, gone up.
const SIGNS = ['− ', '', '+ '];

const ROW_PATHS = {
  crate: (row) => (row.space.length > 0
    ? { groups: [], space: row.space, label: row.label }
    : { groups: [row.origin], space: [], label: row.label }),
  cause: (row) => ({ groups: [row.cause], space: row.space, label: row.label }),
  kind: (row) => ({ groups: [row.kind], space: row.space, label: row.label }),
};

export function createDiffView({ diff }, store) {
  const { rows } = diff;
  const origins = new Set(rows.map((row) => row.origin));
  const set = (patch) => store.set(patch);
  const setBy = segmented(byId('dby'), 'Group by', [
    { value: 'crate', label: 'Crate' }, { value: 'cause', label: 'Cause' }, { value: 'kind', label: 'Kind' },
  ], (dby) => set({ dby, dzoom: '' }));
  const setArea = segmented(byId('darea'), 'Area by', [
    { value: 'change', label: 'Change', title: 'Bytes that came or went' }, { value: 'size', label: 'Size', title: 'The larger of both sizes' },
  ], (darea) => set({ darea }));

  const total = diff.new.bytes - diff.old.bytes;
  byId('diff-totals').replaceChildren(
    versus('Raw', diff.old.bytes, diff.new.bytes), versus('Gzip', diff.old.gzip, diff.new.gzip), versus('Brotli', diff.old.brotli, diff.new.brotli),
    el('p', { class: 'quiet' }, shorten(diff.old.file, 120) + ' → ' + shorten(diff.new.file, 120) + ' · ' + plural(diff.unchanged.items, 'item') + ' unchanged (' + bytes(diff.unchanged.bytes) + ')'));

  const causes = CAUSES.map((cause) => ({ cause, rows: rows.filter((row) => row.cause === cause) }))
    .map(({ cause, rows: of }) => ({ cause, count: of.length, delta: of.reduce((sum, row) => sum + row.delta, 0) }));
  const chips = causes.map(({ cause, count, delta }) => el('button', {
    type: 'button', class: 'chip', disabled: count === 0, onclick: () => {
      const on = new Set(store.state.dcause.split(',').filter(Boolean));
      if (!on.delete(cause)) on.add(cause);
      set({ dcause: CAUSES.filter((c) => on.has(c)).join(',') });
    },
  }, el('strong', {}, cause), ' ' + exact(count), el('span', { class: 'quiet' }, signedBytes(delta))));
  byId('diff-causes').replaceChildren(...chips);

  const trees = new Map();
  let tree = null;
  let focus = null;
  let theme = null;
  let matched = null;

  const deltaOf = (node) => {
    let delta = 0;
    for (let p = node.first; p < node.last; p++) delta += rows[tree.order[p]].delta;
    return delta;
  };

  const treemap = new Treemap(byId('diff-canvas'), {
    label: 'Treemap of the changes',
    color: (i) => growthColor(rows[i], theme),
    leafLabel: (node) => SIGNS[Math.sign(rows[node.entry].delta) + 1] + node.label,
    figure: (node) => signedBytes(deltaOf(node)),
    announce: (node) => node.label + ', ' + (node.children ? plural(node.last - node.first, 'row') : rows[node.entry].cause) + ', ' + signedBytes(deltaOf(node)),
    describe: (node, rest) => {
      if (rest >= 0) return [el('strong', {}, plural(countValued(node.children, rest), 'smaller change'))];
      if (node.children) {
        return [el('strong', { class: 'name' }, shorten(node.label, 300)), el('span', { class: 'above' }, plural(node.last - node.first, 'row') + ' · ' + signedBytes(deltaOf(node)))];
      }
      const row = rows[node.entry];
      return [
        el('strong', { class: 'name' }, shorten(row.name, 400)), el('span', { class: 'above' }, row.cause + ' · ' + row.kind),
        el('dl', {}, el('dt', {}, 'Before'), el('dd', {}, bytes(row.oldSize)), el('dt', {}, 'After'), el('dd', {}, bytes(row.newSize)), el('dt', {}, 'Change'), el('dd', {}, signedBytes(row.delta))),
      ];
    },
    onZoom: (node) => set({ dzoom: pathText(node) }),
    onSelect: (i) => set({ dsel: String(i) }),
  });

  const table = new VirtualTable(byId('diff-table'), {
    label: 'Changes',
    entries: rows,
    emptyText: rows.length === 0 ? 'Both files hold the same items: nothing changed.' : 'No change matches.',
    columns: [
      { key: 'name', label: 'Name', class: 'name', width: 'minmax(12rem, 1fr)', text: (r) => shorten(r.name, 300), value: (r) => r.name },
      { key: 'cause', label: 'Cause', width: '6rem', text: (r) => r.cause, value: (r) => r.cause },
      { key: 'kind', label: 'Kind', minor: true, width: '8.5rem', text: (r) => r.kind, value: (r) => r.kind },
      { key: 'crate', label: 'Crate', minor: true, width: '8.5rem', text: (r) => shorten(r.crate, 80), value: (r) => r.crate || null },
      { key: 'old', label: 'Before', numeric: true, width: '5.5rem', text: (r) => bytes(r.oldSize), value: (r) => r.oldSize },
      { key: 'new', label: 'After', numeric: true, width: '5.5rem', text: (r) => bytes(r.newSize), value: (r) => r.newSize },
      { key: 'delta', label: 'Change', numeric: true, width: '6rem', text: (r) => signedBytes(r.delta), value: (r) => Math.abs(r.delta) },
    ],
    onSort: (dsort) => set({ dsort }),
    onSelect: (i) => set({ dsel: String(i) }),
    onOpen: (i) => set({ dzoom: pathText(tree.leafOf[i].parent) }),
  });

  function updateMatches({ q, dcause }) {
    const query = compile(q);
    const on = new Set(dcause.split(',').filter(Boolean));
    causes.forEach(({ cause }, i) => chips[i].setAttribute('aria-pressed', on.has(cause)));
    byId('diff-error').textContent = query?.error ? 'Not a regular expression: ' + query.error : '';
    matched = query?.test || on.size > 0 ? matches(rows, (row) => (on.size === 0 || on.has(row.cause)) && (!query?.test || query.test(row))) : null;
    if (matched) countHits(tree.root, matched);
  }

  function updatePanel(i) {
    const row = rows[i];
    byId('diff-panel').replaceChildren(
      ...(row ? [
        el('div', { class: 'panel-head' }, el('p', { class: 'kind' }, row.cause + ' ' + row.kind),
          el('button', { type: 'button', class: 'small close', 'aria-label': 'Close the details', onclick: () => set({ dsel: '' }) }, '✕')),
        el('h2', { class: 'name full' }, el('bdi', {}, row.name)),
        el('div', { class: 'measures' }, figure('Before', bytes(row.oldSize)), figure('After', bytes(row.newSize)), figure('Change', signedBytes(row.delta))),
        el('p', { class: 'note' }, row.matchedBy ? 'Matched by ' + row.matchedBy + '.' : ''),
      ] : []),
      ...sums('By crate', diff.crates, (name) => (origins.has(name) ? () => set({ q: 'crate:' + name }) : null)),
      ...sums('By section', diff.sections, () => null),
    );
  }

  return function update(state, changed, newTheme) {
    theme = newTheme;
    const touched = (...keys) => keys.some((key) => changed.has(key));
    if (touched('dby', 'darea')) {
      const by = ROW_PATHS[state.dby] ? state.dby : 'crate';
      const area = AREAS[state.darea] ? state.darea : 'change';
      if (!trees.has(by)) trees.set(by, buildTree(rows.length, 'All changes', (i) => ROW_PATHS[by](rows[i])));
      tree = trees.get(by);
      setBy(by);
      setArea(area);
      measure(tree.root, (i) => AREAS[area](rows[i]));
    }
    const rematch = touched('q', 'dcause', 'dby');
    if (rematch) updateMatches(state);
    focus = findPath(tree.root, state.dzoom);
    const i = state.dsel === '' ? -1 : Number(state.dsel);
    if (rematch || touched('darea', 'dzoom', 'theme') || (changed.has('tab') && state.tab === 'diff')) {
      const chain = ancestry(focus);
      byId('diff-crumbs').replaceChildren(...chain.map((node, c) => el('li', {}, c === chain.length - 1
        ? el('span', { 'aria-current': 'location', class: 'name' }, shorten(node.label, 80))
        : el('button', { type: 'button', class: 'link name', onclick: () => set({ dzoom: pathText(node) }) }, shorten(node.label, 80)))));
      treemap.show({ focus, theme, searching: matched !== null, selected: tree.leafOf[i], emptyText: rows.length === 0 ? 'Nothing changed.' : 'No bytes came or went here. Choose “Area by size” to see what moved.' });
    } else if (changed.has('dsel')) treemap.select(tree.leafOf[i]);
    if (rematch || touched('dzoom', 'dsort')) {
      const { first, last } = focus;
      const { positionOf } = tree;
      table.show(state.dsort, (e) => positionOf[e] >= first && positionOf[e] < last && (matched === null || matched[e] === 1),
        (of) => signedBytes(of.reduce((sum, e) => sum + rows[e].delta, 0)) + (total !== 0 && of.length === rows.length ? ' in all' : ''));
    }
    if (touched('dsel', 'tab')) {
      table.select(i, true);
      updatePanel(i);
    }
  };
}

function versus(label, before, after) {
  if (before == null || after == null) return '';
  const delta = after - before;
  return el('div', { class: 'versus' }, el('span', { class: 'label' }, label), el('strong', {}, bytes(after)),
    el('span', { class: delta > 0 ? 'grew' : delta < 0 ? 'shrank' : 'quiet' }, signedBytes(delta) + (delta !== 0 && before > 0 ? ' (' + (delta > 0 ? '+' : '') + percent(delta, before) + ')' : '')));
}

// A list of sums, the largest change first. `picker(name)` gives what a click does, if anything.
function sums(title, list, picker) {
  const changed = list.filter((s) => s.delta !== 0);
  if (changed.length === 0) return [];
  const most = Math.abs(changed[0].delta);
  return [
    el('h2', { class: 'sub' }, title),
    el('ul', { class: 'parts' }, changed.slice(0, 14).map((s) => {
      const inside = [el('span', { class: 'part-name name' }, el('bdi', {}, shorten(s.name, 80))), el('span', { class: 'num' }, signedBytes(s.delta)), bar(Math.abs(s.delta) / most, s.delta > 0 ? 'var(--growth)' : 'var(--shrinkage)')];
      const tip = s.name + ': ' + bytes(s.oldSize) + ' → ' + bytes(s.newSize);
      const onclick = picker(s.name);
      return el('li', {}, onclick ? el('button', { type: 'button', class: 'part', title: tip, onclick }, inside) : el('div', { class: 'part', title: tip }, inside));
    })),
    ...(changed.length > 14 ? [el('p', { class: 'note' }, 'and ' + exact(changed.length - 14) + ' more')] : []),
  ];
}
