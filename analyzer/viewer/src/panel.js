// The panel beside the treemap: all about the selected item, or about the group that fills the map.

import { bytes, exact, percent, plural, shorten } from './text.js';
import { bar, el } from './dom.js';

const facts = (rows) => el('dl', { class: 'facts' }, rows.filter(([, value]) => value != null && value !== '').flatMap(([term, value]) => [el('dt', {}, term), el('dd', {}, value)]));

/** A button that puts `text` on the clipboard. */
export function copyButton(text, label = 'Copy') {
  const button = el('button', { type: 'button', class: 'small' }, label);
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = 'Copied';
    } catch {
      button.textContent = 'No access to the clipboard';
    }
    setTimeout(() => (button.textContent = label), 1500);
  });
  return button;
}

export const legendName = (key) => el('bdi', { class: 'name' }, shorten(key, 60));

const both = (n) => (n == null ? null : n < 1000 ? exact(n) + ' B' : bytes(n) + ' (' + exact(n) + ' B)');

/** What is known of one item. `go(patch)` changes the view. */
export function itemPanel(report, item, change, go) {
  const module = report.modules.get(item.module);
  const family = item.family ? report.items.filter((other) => other.family === item.family) : [];
  const about = report.insights.map((insight, i) => ({ insight, i })).filter(({ insight }) => insight.items.includes(item.id));
  const filter = (query, label) => el('button', { type: 'button', class: 'link', onclick: () => go({ q: query }) }, label);
  return [
    el('div', { class: 'panel-head' },
      el('p', { class: 'kind' }, item.kind),
      el('button', { type: 'button', class: 'small close', 'aria-label': 'Close the details', onclick: () => go({ sel: '' }) }, '✕')),
    el('h2', { class: 'name full' }, el('bdi', {}, item.name)),
    el('div', { class: 'measures' },
      share('Size', item.size, report.bytes), share('Retained', item.retained, report.bytes), share('Gzip', item.gzip, report.gzip)),
    facts([
      ['Change', change],
      ['Crate', item.crate && filter('crate:' + item.crate, item.crate)],
      ['Section', filter('section:' + item.sectionName, item.sectionName)],
      ['Module', report.modules.size > 1 && module ? module.name : null],
      ['Index', item.index == null ? null : exact(item.index)],
      ['Offset', item.offset == null ? null : '0x' + item.offset.toString(16) + ' (' + exact(item.offset) + ')'],
      ['Family', family.length > 0 ? filter('family:' + item.family, item.family) : null],
      ['Instances', family.length > 1 ? plural(family.length, 'instance') + ', ' + bytes(family.reduce((sum, f) => sum + f.size, 0)) : null],
      ['Symbol', item.rawName ? el('span', { class: 'name full' }, item.rawName) : null],
    ]),
    el('div', { class: 'actions' },
      el('button', { type: 'button', class: 'small', onclick: () => go({ reveal: true }) }, 'Zoom to it'),
      copyButton(item.name, 'Copy the name')),
    ...about.map(({ insight, i }) => el('button', { type: 'button', class: 'hint', onclick: () => go({ tab: 'insights', insight: String(i) }) },
      el('strong', {}, insight.title), el('span', {}, 'saves ' + bytes(insight.saves)))),
  ];
}

/** A figure with its label above and what it means below. */
export const figure = (label, value, below, title) => el('div', {},
  el('span', { class: 'label' }, label), el('strong', { title }, value), below ? el('span', { class: 'label' }, below) : null);

const share = (label, value, whole) =>
  figure(label, bytes(value), value == null || !whole ? '' : percent(value, whole), value == null ? 'not computed' : exact(value) + ' B');

/** What a group holds: its totals and its largest parts. `metric`: { label, figure(node), share(node) }. */
export function groupPanel(report, node, metric, swatch, go) {
  const root = !node.parent;
  const parts = node.children.filter((child) => child.value > 0).slice(0, 12);
  return [
    el('h2', { class: 'name full' }, el('bdi', {}, root ? report.file : node.label)),
    root ? fileFacts(report) : facts([[metric.label, metric.figure(node)], ['Of the file', metric.share(node)], ['Items', exact(node.last - node.first)]]),
    el('h3', {}, 'Largest parts'),
    el('ul', { class: 'parts' }, parts.map((child) => el('li', {},
      el('button', { type: 'button', class: 'part', title: child.label, onclick: () => go(child.children ? { zoomTo: child } : { sel: child.entry }) },
        el('span', { class: 'part-name name' }, el('bdi', {}, shorten(child.label, 80))),
        el('span', { class: 'num' }, metric.figure(child)),
        bar(child.value / node.value, swatch(child)))))),
    parts.length < node.children.length ? el('p', { class: 'note' }, 'and ' + exact(node.children.length - parts.length) + ' more') : null,
  ].filter(Boolean);
}

function fileFacts(report) {
  const made = report.producers.map((p) => p.name + (p.version ? ' ' + p.version : '')).join(', ');
  return facts([
    ['Size', both(report.bytes)],
    ['Kind', report.kind],
    ['Items', exact(report.items.length)],
    ['Made by', made],
    ['Features', shorten(report.features.join(', '), 400)],
    ['Build', report.buildId && el('span', { class: 'name full', title: report.buildIdFrom === 'content' ? 'hash of code and data' : 'from the build_id section' }, report.buildId)],
  ]);
}
