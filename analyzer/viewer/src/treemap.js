// The treemap on a canvas: lays out what can be seen of the focused node, finds what is under the pointer,
// goes by keyboard. One canvas holds the tiles, a second one above it the marks, so that hovering redraws little.

import { squarify } from './squarify.js';
import { ancestry } from './tree.js';
import { exact, shorten } from './text.js';
import { el } from './dom.js';

const MIN_AREA = 3; // px²: what is smaller is drawn as one tile with its fellows
const HEADER = 17;
const FONT = '11px system-ui, -apple-system, "Segoe UI", sans-serif';
const FONT_BOLD = '600 ' + FONT;

/**
 * `view` has: label; color(entry, variant); leafLabel(node); figure(node); describe(node, rest) → elements for the tooltip;
 * announce(node) → text; onZoom(node); onSelect(entry).
 */
export class Treemap {
  constructor(host, view) {
    this.view = view;
    this.tiles = [];
    this.focus = null;
    this.cursor = null;
    this.hover = -1;
    this.base = el('canvas', { 'aria-hidden': 'true' });
    this.marks = el('canvas', {
      tabindex: '0', role: 'application', 'aria-roledescription': 'treemap', 'aria-label':
        view.label + '. Arrow left and right: neighbours. Arrow down: into a group. Arrow up: out. Enter: zoom or select. Escape: zoom out.',
    });
    this.tip = el('div', { class: 'tip', role: 'tooltip', hidden: true });
    this.live = el('div', { class: 'sr', 'aria-live': 'polite' });
    this.empty = el('p', { class: 'empty', hidden: true });
    host.append(this.base, this.marks, this.empty, this.live);
    document.body.append(this.tip);
    this.host = host;
    this.marks.addEventListener('pointermove', (e) => this.pointAt(e));
    this.marks.addEventListener('pointerleave', () => this.leave());
    this.marks.addEventListener('click', (e) => this.click(e));
    this.marks.addEventListener('keydown', (e) => this.key(e));
    this.marks.addEventListener('focus', () => this.drawMarks());
    this.marks.addEventListener('blur', () => this.drawMarks());
    new ResizeObserver(() => this.resize()).observe(host);
  }

  /** `{ focus, theme, searching, selected }`: the node that fills the map, whether hits are set, the selected leaf. */
  show({ focus, theme, searching, selected, emptyText }) {
    if (focus !== this.focus) this.cursor = null;
    Object.assign(this, { focus, theme, searching, selected });
    this.empty.hidden = focus.value > 0;
    this.empty.textContent = emptyText ?? '';
    this.leave();
    this.layout();
    this.draw();
  }

  /** The selection alone changed: the tiles stay. */
  select(selected) {
    this.selected = selected;
    this.drawMarks();
  }

  resize() {
    const { clientWidth: w, clientHeight: h } = this.host;
    if (!this.focus || w === 0 || h === 0 || (w === this.width && h === this.height)) return;
    this.layout();
    this.draw();
  }

  layout() {
    this.width = this.host.clientWidth;
    this.height = this.host.clientHeight;
    this.tiles = [];
    if (this.focus.value > 0 && this.width > 0) this.put(this.focus, 0, 0, this.width, this.height, 0);
  }

  // Tiles are in tree order; those inside of tile `t` are the ones after it, up to `tiles[t].end`.
  put(node, x, y, w, h, depth) {
    const tile = { node, x, y, w, h, depth, rest: -1, header: 0, end: 0 };
    this.tiles.push(tile);
    if (node.children && w > 3 && h > 3) {
      const root = depth === 0;
      if (!root && w > 60 && h > 44) tile.header = HEADER;
      const pad = root ? 0 : w > 24 && h > 24 ? 2 : 0.5;
      const top = root ? 0 : tile.header || pad;
      squarify(
        node.children, node.value, x + pad, y + top, w - 2 * pad, h - top - pad, MIN_AREA,
        (child, cx, cy, cw, ch) => this.put(child, cx, cy, cw, ch, depth + 1),
        (from, cx, cy, cw, ch) => {
          this.tiles.push({ node, x: cx, y: cy, w: cw, h: ch, depth: depth + 1, rest: from, header: 0, end: this.tiles.length + 1 });
        },
      );
    }
    tile.end = this.tiles.length;
  }

  fit(canvas) {
    const ratio = devicePixelRatio || 1;
    canvas.width = Math.round(this.width * ratio);
    canvas.height = Math.round(this.height * ratio);
    const context = canvas.getContext('2d');
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.direction = 'ltr';
    context.textBaseline = 'middle';
    return context;
  }

  draw() {
    const { theme } = this;
    const g = this.fit(this.base);
    g.fillStyle = theme.ground;
    g.fillRect(0, 0, this.width, this.height);
    let parity = 0;
    this.tiles.forEach((tile, t) => {
      const { node, x, y, w, h } = tile;
      const inner = tile.end > t + 1;
      if (inner) {
        if (tile.depth === 0) return;
        g.globalAlpha = 1;
        g.fillStyle = theme.groups[tile.depth % 2];
        g.fillRect(x + 0.5, y + 0.5, w - 1, h - 1);
        if (tile.header) {
          g.globalAlpha = this.isHit(tile) ? 1 : 0.45;
          this.label(g, node.label, x + 5, y + HEADER / 2 + 0.5, w - 10, FONT_BOLD, this.view.figure(node));
        }
        return;
      }
      const gap = w > 6 && h > 6 ? 0.5 : w > 3 && h > 3 ? 0.25 : 0;
      g.globalAlpha = this.isHit(tile) ? 1 : 0.16;
      g.fillStyle = tile.rest >= 0 || node.children ? this.view.color(firstEntry(tile), 2) : this.view.color(node.entry, parity++);
      g.fillRect(x + gap, y + gap, w - 2 * gap, h - 2 * gap);
      if (tile.rest >= 0) {
        if (w > 70 && h > 18) this.label(g, exact(countValued(node.children, tile.rest)) + ' smaller', x + 5, y + 11, w - 9, FONT, null, true);
      } else if (w > 36 && h > 13) {
        const two = h > 30;
        this.label(g, this.view.leafLabel(node), x + 5, y + (two ? 11 : Math.min(h / 2, 11)), w - 9, FONT);
        if (two && w > 44) this.label(g, this.view.figure(node), x + 5, y + 25, w - 9, FONT, null, true);
      }
    });
    g.globalAlpha = 1;
    this.drawMarks();
  }

  isHit(tile) {
    if (!this.searching) return true;
    if (tile.rest < 0) return tile.node.hits > 0;
    const { children } = tile.node;
    for (let i = tile.rest; i < children.length; i++) if (children[i].hits > 0) return true;
    return false;
  }

  // Text cut to `width`; `aside` is set after it if there is room. Figures are never cut: they go if they do not fit.
  label(g, text, x, y, width, font, aside = null, quiet = false) {
    g.font = font;
    g.fillStyle = quiet ? this.theme.quiet : this.theme.text;
    let shown = shorten(text, 160);
    let used = g.measureText(shown).width;
    if (used > width && quiet) return;
    for (let room = shown.length; used > width; used = g.measureText(shown).width) {
      room = Math.min(room - 1, Math.floor((room * width) / used));
      if (room < 4) return;
      shown = text.slice(0, room) + '…';
    }
    g.fillText(shown, x, y);
    if (aside) {
      g.font = FONT;
      if (used + 8 + g.measureText(aside).width > width) return;
      g.fillStyle = this.theme.quiet;
      g.fillText(aside, x + used + 7, y);
    }
  }

  drawMarks() {
    if (!this.focus) return;
    const g = this.fit(this.marks);
    const outline = (tile, thickness, dashes) => {
      if (!tile) return;
      g.setLineDash(dashes ?? []);
      const box = [tile.x + thickness / 2, tile.y + thickness / 2, Math.max(1, tile.w - thickness), Math.max(1, tile.h - thickness)];
      g.strokeStyle = this.theme.ground;
      g.lineWidth = thickness + 2;
      g.strokeRect(...box);
      g.strokeStyle = this.theme.mark;
      g.lineWidth = thickness;
      g.strokeRect(...box);
    };
    if (this.hover > 0) outline(this.tiles[this.hover], 1);
    if (this.selected) outline(this.tileOf(this.selected), 2);
    if (this.cursor && document.activeElement === this.marks) outline(this.tileOf(this.cursor), 2, [4, 3]);
  }

  // The tile of a node, or of the nearest thing drawn that it lies in.
  tileOf(node) {
    const chain = ancestry(node);
    const below = new Map(chain.map((n, i) => [n, chain[i + 1]]));
    if (!below.has(this.focus)) return null;
    let best = 0;
    for (let t = 1; t < this.tiles.length;) {
      const tile = this.tiles[t];
      const holds = below.has(tile.node)
        && (tile.rest < 0 || tile.node.children.indexOf(below.get(tile.node)) >= tile.rest);
      if (holds) best = t++;
      else t = tile.end;
    }
    return best === 0 ? null : this.tiles[best];
  }

  /** The index of the innermost tile at a point; -1 outside. */
  at(x, y) {
    const inside = (tile) => x >= tile.x && y >= tile.y && x < tile.x + tile.w && y < tile.y + tile.h;
    let best = -1;
    for (let t = 0; t < this.tiles.length;) {
      if (inside(this.tiles[t])) best = t++;
      else t = this.tiles[t].end;
    }
    return best;
  }

  pointAt(event) {
    const t = this.at(event.offsetX, event.offsetY);
    if (t !== this.hover) {
      this.hover = t;
      this.drawMarks();
      if (t > 0) this.tip.replaceChildren(...this.view.describe(this.tiles[t].node, this.tiles[t].rest));
      this.marks.classList.toggle('zooms', t > 0 && this.zooms(this.tiles[t]));
    }
    this.tip.hidden = t <= 0;
    if (t <= 0) return;
    const { offsetWidth: w, offsetHeight: h } = this.tip;
    const left = event.clientX + 16 + w > innerWidth ? event.clientX - w - 12 : event.clientX + 16;
    const top = event.clientY + 18 + h > innerHeight ? event.clientY - h - 12 : event.clientY + 18;
    this.tip.style.left = Math.max(4, left) + 'px';
    this.tip.style.top = Math.max(4, top) + 'px';
  }

  leave() {
    this.tip.hidden = true;
    if (this.hover < 0) return;
    this.hover = -1;
    this.drawMarks();
  }

  zooms = (tile) => (tile.node.children !== null || tile.node === this.selected) && this.target(tile) !== this.focus;

  target = (tile) => (tile.node.children ? tile.node : tile.node.parent);

  // A group zooms; an item is selected; the selected item once more zooms to its group.
  click(event) {
    const tile = this.tiles[this.at(event.offsetX, event.offsetY)];
    if (!tile || tile.depth === 0) return;
    if (this.zooms(tile)) this.view.onZoom(this.target(tile));
    else if (!tile.node.children) this.view.onSelect(tile.node.entry);
  }

  key(event) {
    const { cursor, focus } = this;
    const siblings = (cursor ? cursor.parent : focus)?.children ?? [];
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    let next = null;
    if (step) next = cursor ? siblings[siblings.indexOf(cursor) + step] : siblings[0];
    else if (event.key === 'ArrowDown') next = cursor ? cursor.children?.[0] : siblings[0];
    else if (event.key === 'ArrowUp') next = cursor && cursor.parent !== focus ? cursor.parent : null;
    else if (event.key === 'Enter' || event.key === ' ') {
      if (cursor?.children) this.view.onZoom(cursor);
      else if (cursor) this.view.onSelect(cursor.entry);
    } else if (event.key === 'Escape' || event.key === 'Backspace') {
      if (focus.parent) this.view.onZoom(focus.parent);
    } else return;
    event.preventDefault();
    if (!next || next.value <= 0) return;
    this.cursor = next;
    this.live.textContent = this.view.announce(next);
    this.drawMarks();
  }
}

/** How many of `children`, in falling order, have a value, from `from` on. */
export function countValued(children, from) {
  let end = children.length;
  while (end > from && children[end - 1].value <= 0) end--;
  return end - from;
}

// The heaviest entry that a tile stands for.
function firstEntry(tile) {
  let node = tile.rest >= 0 ? tile.node.children[tile.rest] : tile.node;
  while (node.children) node = node.children[0];
  return node.entry;
}
