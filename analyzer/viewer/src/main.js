// Starts the report: reads the embedded data, makes the views, and keeps them in line with the state.

import { bytes, exact, plural, shorten, visible } from './text.js';
import { byId, el } from './dom.js';
import { readData } from './model.js';
import { themes } from './palette.js';
import { createStore } from './state.js';
import { createMapView } from './map.js';
import { createInsightsView } from './insights.js';
import { createDiffView } from './diff.js';

const TABS = ['map', 'insights', 'diff', 'history'];
const systemDark = matchMedia('(prefers-color-scheme: dark)');

function start(data) {
  const { report, diff, chartSvg } = data;
  const present = TABS.filter((tab) => (tab === 'diff' ? diff : tab === 'history' ? chartSvg : true));
  let views = [];
  const store = createStore((state, changed) => {
    const tab = present.includes(state.tab) ? state.tab : 'map';
    for (const name of TABS) {
      const button = byId('tab-' + name);
      button.hidden = !present.includes(name);
      button.setAttribute('aria-selected', name === tab);
      button.tabIndex = name === tab ? 0 : -1;
      byId(name).hidden = name !== tab;
    }
    const dark = state.theme === 'dark' || (state.theme !== 'light' && systemDark.matches);
    document.documentElement.dataset.theme = dark ? 'dark' : 'light';
    byId('theme').textContent = dark ? 'Light' : 'Dark';
    byId('theme').setAttribute('aria-label', dark ? 'Use light colours' : 'Use dark colours');
    for (const input of document.querySelectorAll('.search input')) if (input.value !== state.q) input.value = state.q;
    for (const update of views) update({ ...state, tab }, changed, themes[dark ? 'dark' : 'light']);
  });

  header(report);
  views = [createMapView(data, store), createInsightsView(data, store)];
  if (diff) views.push(createDiffView(data, store));
  if (chartSvg) byId('history-chart').replaceChildren(el('img', { alt: 'Chart of the size over time', src: 'data:image/svg+xml,' + encodeURIComponent(chartSvg) }));

  byId('tabs').addEventListener('click', (e) => {
    const tab = e.target.closest('[role=tab]');
    if (tab) store.set({ tab: tab.id.slice(4) });
  });
  byId('tabs').addEventListener('keydown', (e) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
    if (!step) return;
    const at = present.indexOf(store.state.tab);
    const next = present[(at + step + present.length) % present.length];
    store.set({ tab: next });
    byId('tab-' + next).focus();
  });
  byId('theme').addEventListener('click', () => store.set({ theme: document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark' }));
  systemDark.addEventListener('change', () => store.refresh('theme'));
  let timer = 0;
  for (const input of document.querySelectorAll('.search input')) {
    input.addEventListener('input', () => {
      clearTimeout(timer);
      timer = setTimeout(() => store.set({ q: input.value }), 90);
    });
  }
  addEventListener('keydown', (e) => {
    if (e.key !== '/' || e.ctrlKey || e.metaKey || e.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(e.target.tagName)) return;
    const input = document.querySelector('[role=tabpanel]:not([hidden]) .search input');
    if (!input) return;
    e.preventDefault();
    input.focus();
    input.select();
  });
  store.start();
}

function header(report) {
  document.title = report.file + ' – wasm-size';
  byId('file').textContent = shorten(report.file, 120);
  byId('file').title = report.file;
  byId('made-by').textContent = 'wasm-size' + (report.toolVersion ? ' ' + report.toolVersion : '');
  const total = (label, value, title) => (value == null ? null : el('div', { title }, el('dt', {}, label), el('dd', {}, bytes(value))));
  byId('totals').replaceChildren(...[
    total('raw', report.bytes, exact(report.bytes) + ' B'),
    total('gzip', report.gzip, exact(report.gzip) + ' B' + (report.gzipLevel == null ? '' : ', level ' + report.gzipLevel)),
    total('brotli', report.brotli, exact(report.brotli) + ' B' + (report.brotliQuality == null ? '' : ', quality ' + report.brotliQuality)),
  ].filter(Boolean));
  const saves = report.insights.length;
  byId('tab-insights').replaceChildren('Insights', el('span', { class: 'badge' }, exact(saves)));
  if (report.damage.length > 0) {
    const more = report.damage.length - 3;
    byId('damage').hidden = false;
    byId('damage').replaceChildren(
      el('strong', {}, 'The file is damaged; what could be read is shown. '),
      report.damage.slice(0, 3).map((d) => d.message + ' (' + (d.section ? d.section + ' section, ' : '') + 'offset ' + exact(d.offset) + ')').join('; '),
      more > 0 ? '; ' + plural(more, 'more place') : '');
  }
}

function fail(title, detail) {
  byId('failure').hidden = false;
  byId('failure').replaceChildren(el('h1', {}, title), el('p', {}, detail));
  for (const id of ['top', 'tabs', 'main']) byId(id).hidden = true;
}

let data = null;
try {
  data = readData(JSON.parse(byId('data').textContent));
  byId('data').remove();
} catch (error) {
  data = null;
  console.warn('no report data: ' + visible(String(error)));
}
if (data) start(data);
else fail('There is no report in this file', 'Make one with: wasm-size report --format html FILE > report.html');
