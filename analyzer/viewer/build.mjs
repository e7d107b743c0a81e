// Joins src/ to one file, report.html. `node build.mjs` writes it; `node build.mjs --check` fails if it is not current.
//
// The modules are put in the order of their imports into one module scope, so their top-level names must differ:
// the syntax check tells if two do not. The CSP names the hashes of the one script and the one style, so that
// nothing else can run, whatever the data holds.

import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';

const here = (path) => new URL(path, import.meta.url);
const read = (path) => readFileSync(here(path), 'utf8').replaceAll('\r\n', '\n');

const IMPORT = /^import (?:\{[^}]*\}) from '\.\/([\w.]+)';\n/gm;

function joinModules(entry) {
  const seen = new Set();
  const parts = [];
  const visit = (file) => {
    if (seen.has(file)) return;
    seen.add(file);
    const source = read('src/' + file);
    for (const [, imported] of source.matchAll(IMPORT)) visit(imported);
    parts.push(source.replace(IMPORT, '').replace(/^export /gm, ''));
  };
  visit(entry);
  return parts.join('');
}

// Comments on lines of their own and indentation are for readers of src/. No literal there spans lines.
const squeeze = (source) => source
  .replace(/^\s*\/\*\*(?:[^*]|\*(?!\/))*\*\/\n/gm, '')
  .split('\n')
  .map((line) => line.trim())
  .filter((line) => line !== '' && !line.startsWith('//'))
  .join('\n');

const script = '\n' + squeeze(joinModules('main.js')) + '\n';
const style = '\n' + squeeze(read('src/style.css')) + '\n';

const check = spawnSync(process.execPath, ['--input-type=module', '--check', '-'], { input: script, encoding: 'utf8' });
if (check.status !== 0) throw new Error('the joined script does not parse:\n' + check.stderr);
if (/<\/script|<!--/i.test(script) || /<\/style/i.test(style)) throw new Error('script or style would end its element');

const sha256 = (text) => "'sha256-" + createHash('sha256').update(text).digest('base64') + "'";
const csp = `default-src 'none'; script-src ${sha256(script)}; style-src ${sha256(style)}; img-src data:; base-uri 'none'; form-action 'none'`;
const report = read('src/index.html')
  .replace('{{csp}}', () => csp)
  .replace('{{style}}', () => style)
  .replace('{{script}}', () => script);

if (process.argv.includes('--check')) {
  let committed = '';
  try {
    committed = read('report.html');
  } catch {}
  if (committed !== report) {
    console.error('report.html is not current: run `node build.mjs`');
    process.exit(1);
  }
} else {
  writeFileSync(here('report.html'), report);
  console.log('report.html: ' + Buffer.byteLength(report) + ' bytes');
}
