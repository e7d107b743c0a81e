// The advice: what to change, and the bytes that it saves.

import { bytes, percent, plural } from './text.js';
import { bar, byId, el } from './dom.js';
import { copyButton } from './panel.js';

export function createInsightsView({ report }, store) {
  const host = byId('insight-list');
  const most = report.insights[0]?.saves || 1;
  const cards = report.insights.map((insight, i) => el('li', { class: 'card', id: 'insight-' + i },
    el('div', { class: 'saves' }, el('strong', {}, insight.saves > 0 ? bytes(insight.saves) : '–'), el('span', { class: 'quiet' }, percent(insight.saves, report.bytes) + ' of the file'), bar(insight.saves / most)),
    el('div', {},
      el('h2', {}, insight.title), el('p', { class: 'quiet' }, insight.detail),
      insight.fix ? el('div', { class: 'fix' }, el('code', {}, insight.fix), copyButton(insight.fix)) : null,
      insight.items.length > 0
        ? el('button', { type: 'button', class: 'small', onclick: () => store.set({ tab: 'map', insight: String(i), q: '', zoom: '' }) }, 'Show ' + plural(insight.items.length, 'item') + ' in the map')
        : null)));
  host.replaceChildren(...(cards.length > 0 ? cards : [el('li', { class: 'empty' }, 'No advice: nothing that wasm-size knows of would make this file smaller.')]));

  return function update(state, changed) {
    if (!changed.has('tab') && !changed.has('insight')) return;
    cards.forEach((card, i) => card.classList.toggle('current', state.insight === String(i)));
    if (state.tab === 'insights' && state.insight !== '') cards[Number(state.insight)]?.scrollIntoView({ block: 'nearest' });
  };
}
