// The map: every byte of the file as a treemap and as a table.

import { bytes, exact, percent, plural, shorten } from './text.js';
import { byId, el, segmented } from './dom.js';
import { ancestry, buildTree, countHits, findPath, measure, pathText } from './tree.js';
import { assignColors } from './palette.js';
import { compile, matches } from './search.js';
import { moduleChain } from './model.js';
import { groupPanel, itemPanel, legendName } from './panel.js';
import { countValued, Treemap } from './treemap.js';
import { VirtualTable } from './table.js';

const METRICS = {
  size: { label: 'Size', of: (item) => item.size },
  retained: { label: 'Retained', of: (item) => item.retained ?? 0 },
  gzip: { label: 'Gzip', of: (item) => item.gzip ?? 0 },
};

const COLOR_KEYS = { crate: (item) => item.origin, section: (item) => item.sectionName, kind: (item) => item.kind };

// Retained sizes of a group's items overlap, so their sum means nothing and is not shown.
const isAdditive = (metric) => metric !== 'retained';

// The levels above the leaves, by grouping; see `buildTree`.
const ITEM_PATHS = {
  section: (item, chain) => ({ groups: [...chain, item.sectionName], space: item.space, label: item.label }),
  crate: (item) => (item.space.length > 0
    ? { groups: [], space: item.space, label: item.label }
    : { groups: [item.origin], space: [], label: item.label }),
  kind: (item) => ({ groups: [item.kind], space: item.space, label: item.label }),
  family: (item) => (item.family
    ? { groups: [item.origin, item.family], space: [], label: item.name }
    : { groups: ['(not generic)', item.kind], space: item.space, label: item.label }),
};

export function createMapView({ report, diff }, store) {
  const { items } = report;
  const set = (patch) => store.set(patch);
  const has = (key) => items.some((item) => item[key] != null && item[key] !== '');
  const setBy = segmented(byId('by'), 'Group by', [
    { value: 'section', label: 'Section' }, { value: 'crate', label: 'Crate' }, { value: 'kind', label: 'Kind' },
    { value: 'family', label: 'Generics', disabled: !has('family'), title: 'Instances of one generic function together' },
  ], (by) => set({ by, zoom: '' }));
  const setMetric = segmented(byId('metric'), 'Size by', [
    { value: 'size', label: 'Size', title: 'Bytes in the file' },
    { value: 'retained', label: 'Retained', disabled: !has('retained'), title: 'Bytes that go if the item goes' },
    { value: 'gzip', label: 'Gzip', disabled: !has('gzip'), title: 'Bytes of the compressed file' },
  ], (metric) => set({ metric }));
  byId('color').addEventListener('change', (e) => set({ color: e.target.value }));

  const chains = new Map([...report.modules.keys()].map((id) => [id, moduleChain(report, id)]));
  const trees = new Map();
  const treeBy = (by) => {
    if (!trees.has(by)) {
      trees.set(by, buildTree(items.length, report.file, (i) => ITEM_PATHS[by](items[i], chains.get(items[i].module) ?? [])));
    }
    return trees.get(by);
  };
  const deltas = diff && new Map(diff.rows.map((row) => [row.kind + '\n' + row.name, row]));

  let tree = null;
  let metric = 'size';
  let focus = null;
  let colors = null;
  let keyOf = COLOR_KEYS.crate;
  let matched = null;

  const figure = (node) => (node.children && !isAdditive(metric) ? '' : bytes(node.value));
  const wholeOf = () => (metric === 'gzip' ? tree.root.value : report.bytes);
  const shareOf = (node) => (node.children && !isAdditive(metric) ? '' : percent(node.value, wholeOf()));
  const itemIndex = (sel) => (sel === '' ? -1 : report.indexOfId.get(Number(sel)) ?? -1);
  const go = ({ zoomTo, reveal, sel, ...patch }) => {
    if (zoomTo) patch.zoom = pathText(zoomTo);
    if (reveal) patch.zoom = pathText(tree.leafOf[itemIndex(store.state.sel)].parent);
    if (sel !== undefined) patch.sel = sel === '' ? '' : String(items[sel].id);
    set(patch);
  };

  const treemap = new Treemap(byId('map-canvas'), {
    label: 'Treemap of ' + report.file,
    color: (i, variant) => colors.of(keyOf(items[i]), variant),
    leafLabel: (node) => node.label,
    figure,
    announce: (node) => node.label + ', ' + (node.children ? plural(node.last - node.first, 'item') : items[node.entry].kind) + ', ' + figure(node) + ', ' + shareOf(node),
    describe: (node, rest) => describe(node, rest),
    onZoom: (node) => go({ zoomTo: node }),
    onSelect: (i) => go({ sel: i }),
  });

  function describe(node, rest) {
    const line = (label, value) => [el('dt', {}, label), el('dd', {}, value)];
    const sum = (of) => (isAdditive(metric) ? line(METRICS[metric].label, figure(of) + ' · ' + shareOf(of)) : []);
    if (rest >= 0) {
      const value = node.children.slice(rest).reduce((total, child) => total + child.value, 0);
      return [el('strong', { class: 'name' }, plural(countValued(node.children, rest), 'smaller part') + ' of ' + shorten(node.label, 200)), el('dl', {}, ...sum({ ...node, value }))];
    }
    const above = ancestry(node).slice(1, -1).map((n) => n.label).join(' › ');
    if (node.children) {
      return [
        el('strong', { class: 'name' }, shorten(node.label, 300)), above ? el('span', { class: 'above' }, shorten(above, 200)) : '',
        el('dl', {}, ...sum(node), line('Items', exact(node.last - node.first))),
      ];
    }
    const item = items[node.entry];
    return [
      el('strong', { class: 'name' }, shorten(item.name, 400)), el('span', { class: 'above' }, item.kind + (above ? ' · ' + shorten(above, 200) : '')),
      el('dl', {}, line('Size', bytes(item.size) + ' · ' + percent(item.size, report.bytes)), line('Retained', bytes(item.retained)), line('Gzip', bytes(item.gzip))),
    ];
  }

  const table = new VirtualTable(byId('map-table'), {
    label: 'Items',
    entries: items,
    emptyText: 'No item matches. Clear the search or zoom out.',
    columns: [
      { key: 'name', label: 'Name', class: 'name', width: 'minmax(12rem, 1fr)', text: (i) => shorten(i.name, 300), value: (i) => i.name },
      { key: 'kind', label: 'Kind', width: '8.5rem', text: (i) => i.kind, value: (i) => i.kind },
      { key: 'crate', label: 'Crate', minor: true, width: '8.5rem', text: (i) => shorten(i.crate, 80), value: (i) => i.crate || null },
      { key: 'size', label: 'Size', numeric: true, width: '5.5rem', text: (i) => bytes(i.size), value: (i) => i.size },
      { key: 'share', label: '%', numeric: true, minor: true, width: '5.2rem', text: (i) => percent(i.size, report.bytes), value: (i) => i.size },
      { key: 'retained', label: 'Retained', numeric: true, width: '6rem', text: (i) => bytes(i.retained), value: (i) => i.retained },
      { key: 'gzip', label: 'Gzip', numeric: true, width: '5.5rem', text: (i) => bytes(i.gzip), value: (i) => i.gzip },
    ],
    onSort: (sort) => set({ sort }),
    onSelect: (i) => go({ sel: i }),
    onOpen: (i) => go({ zoomTo: tree.leafOf[i].parent }),
  });

  function updateMatches({ q, insight }) {
    const query = compile(q);
    const wanted = insight !== '' ? report.insights[Number(insight)] : null;
    byId('map-error').textContent = query?.error ? 'Not a regular expression: ' + query.error : '';
    byId('map-insight').hidden = !wanted;
    if (wanted) {
      byId('map-insight').replaceChildren('Showing: ' + wanted.title + ' ', el('button', { type: 'button', class: 'small', onclick: () => set({ insight: '' }) }, 'Show all'));
    }
    if (!query?.test && !wanted) {
      matched = null;
      return;
    }
    const ids = wanted && new Set(wanted.items);
    matched = matches(items, (item) => (!ids || ids.has(item.id)) && (!query?.test || query.test(item)));
  }

  function updateLegend(state, theme) {
    keyOf = COLOR_KEYS[state.color] ?? COLOR_KEYS.crate;
    const weights = new Map();
    for (const item of items) weights.set(keyOf(item), (weights.get(keyOf(item)) ?? 0) + item.size);
    colors = assignColors(weights, theme);
    const swatch = (color) => {
      const dot = el('span', { class: 'dot', 'aria-hidden': 'true' });
      dot.style.background = color;
      return dot;
    };
    const query = (key) => state.color + ':' + key;
    const shown = colors.ranked.filter(([, weight]) => weight >= report.bytes / 200);
    const others = weights.size - shown.length;
    byId('map-legend').replaceChildren(
      ...shown.map(([key, weight]) => el('li', {},
        el('button', { type: 'button', class: 'chip', title: key + ': ' + bytes(weight) + ', ' + percent(weight, report.bytes) + '. Click to show only these.', 'aria-pressed': state.q === query(key), onclick: () => set({ q: state.q === query(key) ? '' : query(key) }) },
          swatch(colors.swatch(key)), legendName(key), el('span', { class: 'quiet' }, percent(weight, report.bytes))))),
      ...(others > 0 ? [el('li', { class: 'chip plain' }, swatch(colors.other), plural(others, 'other'))] : []),
    );
  }

  function updateCrumbs() {
    const chain = ancestry(focus);
    byId('map-crumbs').replaceChildren(...chain.map((node, i) => el('li', {},
      i === chain.length - 1
        ? el('span', { 'aria-current': 'location', class: 'name' }, shorten(node.label, 80))
        : el('button', { type: 'button', class: 'link name', onclick: () => go({ zoomTo: node }) }, shorten(node.label, 80)))),
      el('li', { class: 'quiet last' }, figure(focus) + (focus.parent && isAdditive(metric) ? ' · ' + shareOf(focus) : '')));
  }

  /** Brings the view in line with the state. */
  return function update(state, changed, theme) {
    const touched = (...keys) => keys.some((key) => changed.has(key));
    const by = ITEM_PATHS[state.by] ? state.by : 'section';
    const remeasure = touched('by', 'metric');
    if (remeasure) {
      tree = treeBy(by);
      metric = METRICS[state.metric] ? state.metric : 'size';
      setBy(by);
      setMetric(metric);
      measure(tree.root, (i) => METRICS[metric].of(items[i]));
      byId('map-note').textContent = metric === 'retained' ? 'Retained sizes overlap: an item counts in all that keep it. Areas compare items and do not add up to the file.' : '';
    }
    const rematch = touched('q', 'insight', 'by');
    if (rematch) {
      updateMatches(state);
      if (matched) countHits(tree.root, matched);
    }
    if (touched('color', 'theme', 'q')) {
      byId('color').value = state.color;
      updateLegend(state, theme);
    }
    focus = findPath(tree.root, state.zoom);
    const i = itemIndex(state.sel);
    const redraw = remeasure || rematch || touched('zoom', 'color', 'theme') || (changed.has('tab') && state.tab === 'map');
    if (redraw) {
      updateCrumbs();
      treemap.show({ focus, theme, searching: matched !== null, selected: tree.leafOf[i], emptyText: METRICS[metric].label + ' is not known for anything here.' });
    } else if (changed.has('sel')) treemap.select(tree.leafOf[i]);

    if (rematch || touched('zoom', 'sort') || remeasure) {
      const { first, last } = focus;
      const { positionOf } = tree;
      table.show(state.sort, (e) => positionOf[e] >= first && positionOf[e] < last && (matched === null || matched[e] === 1),
        (rows) => bytes(rows.reduce((sum, e) => sum + items[e].size, 0)));
    }
    if (redraw || changed.has('sel')) {
      table.select(i, true);
      const row = i >= 0 && deltas?.get(items[i].kind + '\n' + items[i].name);
      const change = row ? row.cause + ', ' + bytes(row.oldSize) + ' → ' + bytes(row.newSize) : null;
      const swatchOf = (node) => {
        let leaf = node;
        while (leaf.children) leaf = leaf.children[0];
        return colors.of(keyOf(items[leaf.entry]), 0);
      };
      byId('map-panel').replaceChildren(...(i >= 0 ? itemPanel(report, items[i], change, go) : groupPanel(report, focus, { label: METRICS[metric].label, figure, share: shareOf }, swatchOf, go)));
    }
  };
}
