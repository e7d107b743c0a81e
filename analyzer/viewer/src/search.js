// The search box: a substring, a /regular expression/, or crate:, kind:, section:, family: with an exact value.

const FIELDS = new Map([['crate', 'origin'], ['kind', 'kind'], ['section', 'sectionName'], ['family', 'family'], ['cause', 'cause']]);

/** `{ test(entry) }`, or `{ error }`; null if the query is empty. */
export function compile(query) {
  const wanted = query.trim();
  if (wanted === '') return null;
  const regex = /^\/(.+)\/([imsuv]*)$/s.exec(wanted);
  if (regex) {
    try {
      const re = new RegExp(regex[1], regex[2]);
      return { test: (e) => re.test(e.name) || (!!e.rawName && re.test(e.rawName)) };
    } catch (error) {
      return { error: error.message };
    }
  }
  const field = /^(\w+):(?!:)(.+)$/s.exec(wanted);
  if (field && FIELDS.has(field[1])) {
    const key = FIELDS.get(field[1]);
    const value = field[2].trim().toLowerCase();
    return { test: (e) => (e[key] ?? '').toLowerCase() === value };
  }
  const needle = wanted.toLowerCase();
  return {
    test: (e) => (e.lower ??= e.name.toLowerCase()).includes(needle)
      || (!!e.rawName && e.rawName.toLowerCase().includes(needle))
      || e.crate.toLowerCase().includes(needle),
  };
}

/** One byte per entry: 1 if it matches. */
export function matches(entries, test) {
  const matched = new Uint8Array(entries.length);
  for (let i = 0; i < entries.length; i++) matched[i] = test(entries[i]) ? 1 : 0;
  return matched;
}
