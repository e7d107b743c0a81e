// Elements. Text reaches the page only as text nodes and attributes, never as markup: names are hostile.

/** `el('p', { class: 'note', onclick: f }, 'text', child, …)`; null children are skipped. */
export function el(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (value == null || value === false) continue;
    if (key.startsWith('on')) node.addEventListener(key.slice(2), value);
    else node.setAttribute(key, value === true ? '' : value);
  }
  node.append(...children.flat().filter((child) => child != null));
  return node;
}

export const byId = (id) => document.getElementById(id);

/** A bar that shows `share` (0 to 1). Its width is set through the CSSOM, which the CSP allows. */
export function bar(share, color) {
  const fill = el('span', { class: 'bar-fill' });
  fill.style.width = Math.max(0, Math.min(1, share)) * 100 + '%';
  if (color) fill.style.background = color;
  return el('span', { class: 'bar', 'aria-hidden': 'true' }, fill);
}

/** A row of radio buttons drawn as one control. `options`: [{value, label, disabled, title}]. */
export function segmented(host, legend, options, onPick) {
  const name = 'seg-' + host.id;
  const inputs = options.map(({ value, disabled }) =>
    el('input', { type: 'radio', name, value, disabled, onchange: () => onPick(value) }));
  host.replaceChildren(
    el('legend', {}, legend),
    ...options.map(({ label, title }, i) => el('label', { title }, inputs[i], el('span', {}, label))),
  );
  return (value) => inputs.forEach((input) => (input.checked = input.value === value));
}
