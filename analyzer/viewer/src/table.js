// A sortable table of any length: only the rows in sight are in the document.

import { el } from './dom.js';
import { plural } from './text.js';

const ROW = 28;
const SPARE = 6;

/**
 * `columns`: [{ key, label, numeric, minor (goes where room is short), width (CSS grid track), text(entry), value(entry) }].
 * `view`: { label, columns, entries, onSort(sort), onSelect(entry), onOpen(entry), emptyText }.
 */
export class VirtualTable {
  constructor(host, view) {
    this.view = view;
    this.host = host;
    this.rows = [];
    this.active = -1;
    this.selected = -1;
    this.pool = [];
    this.sorted = new Map();
    host.style.setProperty('--columns', view.columns.map((c) => c.width).join(' '));
    host.style.setProperty('--columns-narrow', view.columns.filter((c) => !c.minor).map((c) => c.width).join(' '));
    this.heads = view.columns.map((column) =>
      el('div', { role: 'columnheader', class: cellClass(column) },
        el('button', { type: 'button', onclick: () => this.toggle(column) }, column.label, el('span', { class: 'arrow', 'aria-hidden': 'true' }))));
    this.id = host.id;
    this.spacer = el('div', { class: 'spacer', role: 'rowgroup', 'aria-label': view.label });
    this.empty = el('p', { class: 'empty' });
    this.scroller = el('div', { class: 'scroll' }, el('div', { class: 'head', role: 'row', 'aria-rowindex': '1' }, this.heads), this.spacer, this.empty);
    this.grid = el('div', { class: 'grid', role: 'grid', tabindex: '0', 'aria-label': view.label, 'aria-colcount': view.columns.length }, this.scroller);
    this.count = el('div', { class: 'count', 'aria-live': 'polite' });
    host.append(this.grid, this.count);
    this.scroller.addEventListener('scroll', () => this.schedule(), { passive: true });
    this.spacer.addEventListener('click', (e) => this.click(e));
    this.spacer.addEventListener('dblclick', () => this.active >= 0 && view.onOpen(this.rows[this.active]));
    this.grid.addEventListener('keydown', (e) => this.key(e));
    new ResizeObserver(() => this.schedule()).observe(this.scroller);
  }

  toggle(column) {
    const [key, down] = parseSort(this.sort);
    this.view.onSort((key === column.key ? !down : column.numeric) ? '-' + column.key : column.key);
  }

  // All entries in the order of `sort`; kept, so that a filter need not sort again.
  sortedBy(sort) {
    const [key, down] = parseSort(sort);
    const column = this.view.columns.find((c) => c.key === key) ?? this.view.columns[0];
    const id = column.key + down;
    if (!this.sorted.has(id)) {
      const { entries } = this.view;
      const keys = entries.map(column.value);
      const way = down ? -1 : 1;
      const order = Uint32Array.from(keys.keys());
      // Unknown values (null) come last, both ways.
      order.sort((a, b) => {
        const [x, y] = [keys[a], keys[b]];
        if (x === y) return a - b;
        if (x === null) return 1;
        if (y === null) return -1;
        return x < y ? -way : way;
      });
      this.sorted.set(id, order);
    }
    return this.sorted.get(id);
  }

  /** Shows the entries that `keep` admits, in the order of `sort` (`name`, `-size`). */
  show(sort, keep, note) {
    this.sort = sort;
    const [key, down] = parseSort(sort);
    this.view.columns.forEach((column, i) => {
      const on = column.key === key;
      this.heads[i].setAttribute('aria-sort', on ? (down ? 'descending' : 'ascending') : 'none');
      this.heads[i].querySelector('.arrow').textContent = on ? (down ? '▼' : '▲') : '';
    });
    const entry = this.rows[this.active];
    this.rows = this.sortedBy(sort).filter(keep);
    this.active = entry === undefined ? -1 : this.rows.indexOf(entry);
    this.grid.setAttribute('aria-rowcount', this.rows.length + 1);
    this.spacer.style.height = this.rows.length * ROW + 'px';
    this.empty.textContent = this.view.emptyText;
    this.empty.hidden = this.rows.length > 0;
    this.count.textContent = plural(this.rows.length, 'row') + (note ? ' · ' + note(this.rows) : '');
    this.scroller.scrollTop = 0;
    this.render();
  }

  select(entry, reveal) {
    this.selected = entry;
    const at = this.rows.indexOf(entry);
    if (at >= 0) {
      this.active = at;
      if (reveal) this.reveal();
    }
    this.render();
  }

  reveal() {
    const top = this.active * ROW;
    const height = this.scroller.clientHeight - ROW;
    const away = top - this.scroller.scrollTop;
    if (away < -ROW || away > height) this.scroller.scrollTop = top - (height - ROW) / 2;
    else if (away < 0) this.scroller.scrollTop = top;
    else if (away > height - ROW) this.scroller.scrollTop = top + ROW - height;
  }

  schedule() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.render();
    });
  }

  render() {
    const { scrollTop, clientHeight } = this.scroller;
    const first = Math.max(0, Math.floor(scrollTop / ROW) - SPARE);
    const last = Math.min(this.rows.length, Math.ceil((scrollTop + clientHeight) / ROW) + SPARE);
    while (this.pool.length < last - first) {
      const row = el('div', { role: 'row', class: 'row' }, this.view.columns.map((c) => el('div', { role: 'gridcell', class: cellClass(c) })));
      this.pool.push(row);
      this.spacer.append(row);
    }
    this.pool.forEach((row, p) => {
      const at = first + p;
      row.hidden = at >= last;
      if (row.hidden) return;
      const entry = this.view.entries[this.rows[at]];
      row.id = this.id + '-row-' + at;
      row.dataset.at = at;
      row.style.transform = `translateY(${at * ROW}px)`;
      row.setAttribute('aria-rowindex', at + 2);
      row.setAttribute('aria-selected', this.rows[at] === this.selected);
      row.classList.toggle('active', at === this.active);
      this.view.columns.forEach((column, c) => {
        const text = column.text(entry);
        const cell = row.children[c];
        if (cell.textContent !== text) cell.textContent = text;
        if (!column.numeric) cell.title = text;
      });
    });
    if (this.active >= first && this.active < last) this.grid.setAttribute('aria-activedescendant', this.id + '-row-' + this.active);
    else this.grid.removeAttribute('aria-activedescendant');
  }

  click(event) {
    const row = event.target.closest('.row');
    if (!row) return;
    this.active = Number(row.dataset.at);
    this.view.onSelect(this.rows[this.active]);
  }

  key(event) {
    if (event.target !== this.grid) return;
    const page = Math.max(1, Math.floor(this.scroller.clientHeight / ROW) - 2);
    const moves = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    if (event.key in moves) {
      if (this.rows.length === 0) return;
      this.active = Math.max(0, Math.min(this.rows.length - 1, this.active + moves[event.key]));
      this.reveal();
      this.render();
    } else if ((event.key === 'Enter' || event.key === ' ') && this.active >= 0) {
      const again = this.rows[this.active] === this.selected;
      this.view[again ? 'onOpen' : 'onSelect'](this.rows[this.active]);
    } else return;
    event.preventDefault();
  }
}

const cellClass = ({ numeric, minor, class: own }) => [numeric && 'num', minor && 'minor', own].filter(Boolean).join(' ');

const parseSort = (sort) => (sort.startsWith('-') ? [sort.slice(1), true] : [sort, false]);
