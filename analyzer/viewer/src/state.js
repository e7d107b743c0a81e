// The state of the view. All of it is in the address after `#`, so that a link shows the same again.

const DEFAULTS = {
  tab: 'map', theme: '', q: '',
  by: 'section', metric: 'size', color: 'crate', zoom: '', sel: '', insight: '', sort: '-size',
  dby: 'crate', darea: 'change', dcause: '', dzoom: '', dsel: '', dsort: '-delta',
};

// What the Back button goes through.
const STEPS = ['tab', 'by', 'zoom', 'insight', 'dby', 'dzoom'];

function parse(hash) {
  const params = new URLSearchParams(hash.replace(/^#/, ''));
  return Object.fromEntries(Object.entries(DEFAULTS).map(([key, value]) => [key, params.get(key) ?? value]));
}

function format(state) {
  const params = new URLSearchParams();
  for (const key of Object.keys(DEFAULTS)) if (state[key] !== DEFAULTS[key]) params.set(key, state[key]);
  return '#' + params;
}

/** `onChange(state, changed)` is told which keys changed; at first, all. */
export function createStore(onChange) {
  let state = parse(location.hash);
  const apply = (next) => {
    const changed = new Set(Object.keys(DEFAULTS).filter((key) => next[key] !== state[key]));
    state = next;
    if (changed.size > 0) onChange(state, changed);
  };
  addEventListener('popstate', () => apply(parse(location.hash)));
  return {
    get state() {
      return state;
    },
    start() {
      onChange(state, new Set(Object.keys(DEFAULTS)));
    },
    /** What `key` means changed outside of the state (the system's colours). */
    refresh(key) {
      onChange(state, new Set([key]));
    },
    set(patch) {
      const next = { ...state, ...patch };
      const step = STEPS.some((key) => next[key] !== state[key]);
      if (format(next) !== format(state)) history[step ? 'pushState' : 'replaceState'](null, '', format(next));
      apply(next);
    },
  };
}
