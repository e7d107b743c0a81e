// Runs modules and says what they did, so that a module and one with parts removed can be compared.
// node engine.mjs < cases.json > results.json: a case is {file, drive, imports}; its result is {what: outcome}.
// The same text runs in a browser, where `cases` carry the bytes as base64 (see engine.rs).

const input = '# Title & more\n\nSome *text* with `code`, [a link](http://x.y) &amp; more.\n\n## Again\n\n- one\n- two\n\n```rust\nfn main() { let x = 1; }\n```\n\n> quote\n\n1. a\n2. b\n';
const sums = 'a = 3\nsqrt(a^2 + 4^2)\nchoose(52, 5)\n1 / 0\nsin(1) + cos(2) * min(3, 4)\n2 +\nlog(10)\nunknown(1)\n-7 % 3\n';

/** What an import is given: functions answer 0 in any numeric type, the rest is as its type asks. */
function provide(imports) {
    const given = {};
    for (const { module, name, kind, type } of imports) {
        const make = {
            function: () => () => '0',
            memory: () => new WebAssembly.Memory(type),
            table: () => new WebAssembly.Table(type),
            global: () => new WebAssembly.Global(type, type.value === 'i64' ? 1024n : 1024),
            tag: () => new WebAssembly.Tag(type),
        };
        (given[module] ??= {})[name] ??= make[kind]();
    }
    return given;
}

const show = (value) => {
    if (Array.isArray(value)) return value.map(show).join(',');
    if (typeof value === 'bigint') return `${value}n`;
    if (typeof value === 'function' || (typeof value === 'object' && value !== null)) return typeof value;
    return Object.is(value, -0) ? '-0' : String(value);
};

const trap = (error) => (error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT' ? 'timeout' : `${error.name}: ${error.message}`.replace(/wasm-function\[\d+\]|#\d+|\+\d+/g, ''));

function fingerprint(exports) {
    let hash = 2166136261;
    const parts = [];
    for (const [name, value] of Object.entries(exports)) {
        if (value instanceof WebAssembly.Memory) {
            const words = new Uint32Array(value.buffer, 0, Math.min(value.buffer.byteLength, 1 << 21) / 4);
            for (const word of words) hash = Math.imul(hash ^ word, 16777619);
        } else if (value instanceof WebAssembly.Global) {
            try {
                parts.push(`${name}=${show(value.value)}`);
            } catch {
                parts.push(`${name}=?`);
            }
        }
    }
    return `${hash >>> 0} ${parts.join(' ')}`;
}

/** Calls every export on its own in a fresh instance, three times with other arguments. */
function exports(module, imports, limited) {
    const results = {};
    for (const { name, kind } of WebAssembly.Module.exports(module)) {
        if (kind !== 'function') continue;
        const said = [];
        try {
            const instance = new WebAssembly.Instance(module, provide(imports));
            for (const seed of [0, 3, 70000]) {
                const f = instance.exports[name];
                const values = Array.from({ length: f.length }, (_, at) => String(seed + at));
                try {
                    said.push(show(limited(() => f(...values))));
                } catch (error) {
                    said.push(trap(error));
                    if (said.at(-1) === 'timeout') break;
                }
            }
            said.push(fingerprint(instance.exports));
        } catch (error) {
            said.push(`no instance: ${trap(error)}`);
        }
        results[name] = said.join('; ');
    }
    return results;
}

function markdown(module) {
    const results = {};
    for (const name of ['markdown_render', 'markdown_outline', 'markdown_measure', 'markdown_plain']) {
        try {
            const { exports } = new WebAssembly.Instance(module);
            if (!exports[name]) continue;
            const text = new TextEncoder().encode(input);
            const at = exports.markdown_input(text.length);
            new Uint8Array(exports.memory.buffer).set(text, at);
            const length = exports[name]();
            const said = new Uint8Array(exports.memory.buffer, exports.markdown_output(), name.endsWith('measure') ? 0 : Math.abs(length));
            results[name] = `${length}: ${new TextDecoder().decode(said)}`;
        } catch (error) {
            results[name] = trap(error);
        }
    }
    return results;
}

async function wasi(module) {
    const [{ WASI }, fs, os, path] = await Promise.all(['node:wasi', 'node:fs', 'node:os', 'node:path'].map((name) => import(name)));
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'oracle-'));
    const [stdin, stdout] = [path.join(folder, 'in'), path.join(folder, 'out')];
    fs.writeFileSync(stdin, sums);
    const [reads, writes] = [fs.openSync(stdin), fs.openSync(stdout, 'w')];
    let end;
    try {
        const host = new WASI({ version: 'preview1', args: ['calc'], stdin: reads, stdout: writes, stderr: writes, returnOnExit: true });
        end = host.start(new WebAssembly.Instance(module, host.getImportObject()));
    } catch (error) {
        end = trap(error);
    }
    [reads, writes].forEach((fd) => fs.closeSync(fd));
    const said = fs.readFileSync(stdout, 'utf8');
    fs.rmSync(folder, { recursive: true });
    return { _start: `${end}: ${said}` };
}

async function run(cases, read, limited) {
    const results = [];
    for (const { file, drive, imports } of cases) {
        try {
            const module = new WebAssembly.Module(await read(file));
            results.push(await { exports, markdown, wasi }[drive](module, imports, limited));
        } catch (error) {
            results.push({ '': `no module: ${trap(error)}` });
        }
    }
    return results;
}

if (globalThis.cases) {
    const decode = (base64) => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
    document.title = JSON.stringify(await run(globalThis.cases, decode, (call) => call()));
} else {
    const [fs, vm] = await Promise.all([import('node:fs'), import('node:vm')]);
    const [context, script] = [vm.createContext({}), new vm.Script('call()')];
    const limited = (call) => {
        context.call = call;
        return script.runInContext(context, { timeout: 200 });
    };
    const cases = JSON.parse(fs.readFileSync(0, 'utf8'));
    fs.writeFileSync(1, JSON.stringify(await run(cases, (file) => fs.readFileSync(file), limited)));
}
