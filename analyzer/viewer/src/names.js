// Symbol names: the namespace that a demangled Rust or C++ name lies in.

const MAX_DEPTH = 12;

/** `alloc::vec::Vec<a::B>::push` → `['alloc', 'vec', 'Vec<a::B>', 'push']`: split at `::` outside of brackets. */
export function segments(name) {
  const parts = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i < name.length && parts.length < MAX_DEPTH; i++) {
    switch (name[i]) {
      case '<': case '(': case '[': case '{':
        if (!name.startsWith('operator', i - 8)) depth++;
        break;
      case '>': case ')': case ']': case '}':
        if (name[i - 1] !== '-' && depth > 0) depth--;
        break;
      case ':':
        if (depth === 0 && name[i + 1] === ':') {
          parts.push(name.slice(start, i));
          start = i + 2;
          i++;
        }
    }
  }
  parts.push(name.slice(start));
  return parts;
}

const LEGACY_HASH = /^h[0-9a-f]{16}$/;
const TYPE_PREFIX = /^(?:&|mut |dyn |impl |\*const |\*mut |'\w+ )+/;

const DISAMBIGUATOR = /\[[0-9a-f]{1,16}\]$/; // of a crate, in v0 names

const withoutGenerics = (segment) => (segment.startsWith('<') ? segment : segment.replace(/<.*$/s, '').replace(DISAMBIGUATOR, '')) || segment;

// The self type of `<T as Trait>`, as path segments: ` as ` counts outside of brackets only.
function selfType(segment) {
  const inner = segment.slice(1, -1);
  let end = inner.length;
  for (let i = 0, depth = 0; i < inner.length; i++) {
    if (inner[i] === '<') depth++;
    else if (inner[i] === '>' && inner[i - 1] !== '-') depth--;
    else if (depth === 0 && inner[i] === ' ' && inner.startsWith(' as ', i)) {
      end = i;
      break;
    }
  }
  return segments(inner.slice(0, end).replace(TYPE_PREFIX, ''));
}

/**
 * Where an item lies and what it is called there: `{ space: ['core', 'fmt'], label: 'write' }`.
 * The space begins with the crate if one is given; a name that lies elsewhere keeps its whole text as label.
 */
export function place(name, crate) {
  let parts = segments(name);
  if (parts.length > 1 && LEGACY_HASH.test(parts.at(-1))) parts.pop();
  let space = parts.slice(0, -1);
  if (space.length > 0) {
    if (space[0].startsWith('<')) space = [...selfType(space[0]), ...space.slice(1)];
    // C++ templates: the return type comes first (`void ns::f<int>()`).
    else space[0] = withoutGenerics(space[0]).split(' ').pop();
  }
  space = space.map(withoutGenerics);
  const whole = parts.join('::');
  if (crate) {
    if (space[0] !== crate) return { space: [crate], label: whole };
  } else if (space.length > 0 && !/^[\w~$.-]+$/.test(space[0])) {
    return { space: [], label: whole };
  }
  return { space: space.slice(0, MAX_DEPTH), label: space.length > 0 ? parts.at(-1) : whole };
}
