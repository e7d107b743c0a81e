// The hierarchies that the treemaps show. A leaf is one entry (an item or a diff row), by its position in its list.

/**
 * Builds a tree over `count` entries. `pathOf(i)` gives `{ groups, space, label }`: fixed levels, then
 * namespace levels (chains of only children are joined: `core::fmt`), then the label of the leaf.
 * Afterwards `order[node.first .. node.last]` are the entries under a node and `positionOf[i]` is an entry's place in it.
 */
export function buildTree(count, rootLabel, pathOf) {
  const root = group(rootLabel, null, false);
  for (let i = 0; i < count; i++) {
    const { groups, space, label } = pathOf(i);
    let node = root;
    for (const name of groups) node = enter(node, name, false);
    for (const name of space) node = enter(node, name, true);
    node.children.push({ label, parent: node, entry: i, children: null, value: 0, hits: 0, first: 0, last: 0 });
  }
  const order = new Uint32Array(count);
  const positionOf = new Uint32Array(count);
  const leafOf = new Array(count);
  let next = 0;
  const seal = (node) => {
    node.byName = null;
    while (node.joins && node.children.length === 1 && node.children[0].joins) {
      const only = node.children[0];
      node.label += '::' + only.label;
      node.children = only.children;
      for (const child of node.children) child.parent = node;
    }
    node.first = next;
    for (const child of node.children) {
      if (child.children) seal(child);
      else {
        child.first = next;
        child.last = next + 1;
        order[next] = child.entry;
        positionOf[child.entry] = next++;
        leafOf[child.entry] = child;
      }
    }
    node.last = next;
  };
  seal(root);
  return { root, order, positionOf, leafOf };
}

function group(label, parent, joins) {
  return { label, parent, entry: -1, children: [], byName: new Map(), joins, value: 0, hits: 0, first: 0, last: 0 };
}

function enter(node, name, joins) {
  let child = node.byName.get(name);
  if (!child) {
    child = group(name, node, joins);
    node.byName.set(name, child);
    node.children.push(child);
  }
  return child;
}

/** Sums `valueOf(entry)` upwards and sorts the children, largest first. */
export function measure(node, valueOf) {
  if (!node.children) return (node.value = valueOf(node.entry));
  let sum = 0;
  for (const child of node.children) sum += measure(child, valueOf);
  node.children.sort((a, b) => b.value - a.value || (a.label < b.label ? -1 : a.label > b.label ? 1 : a.first - b.first));
  return (node.value = sum);
}

/** Counts the entries under each node for which `matched[entry]` is set. */
export function countHits(node, matched) {
  if (!node.children) return (node.hits = matched[node.entry]);
  let hits = 0;
  for (const child of node.children) hits += countHits(child, matched);
  return (node.hits = hits);
}

/** The nodes from the root to `node`. */
export function ancestry(node) {
  const chain = [];
  for (let n = node; n; n = n.parent) chain.unshift(n);
  return chain;
}

/** A node's path below the root, for the address; `findPath` goes back, as far as the names still lead. */
export const pathText = (node) => ancestry(node).slice(1).map((n) => encodeURIComponent(n.label)).join('/');

export function findPath(root, path) {
  let node = root;
  for (const part of path === '' ? [] : path.split('/')) {
    let label;
    try {
      label = decodeURIComponent(part);
    } catch {
      break;
    }
    const child = node.children.find((c) => c.children && c.label === label);
    if (!child) break;
    node = child;
  }
  return node;
}
