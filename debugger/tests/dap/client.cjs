// Drives `wasm-gdb --dap` by Microsoft's test client for debug adapters, and
// prints what matters of what comes back.
//
//   node client.cjs WASM_GDB SCENARIO PROGRAM SOURCE

const { DebugClient } = require("@vscode/debugadapter-testsupport");
const path = require("path");

const [wasmGdb, scenario, program, source] = process.argv.slice(2);
const client = new DebugClient(wasmGdb, "--dap", "wasm", undefined, true);
client.defaultTimeout = 60_000;

// Paths, and sizes that depend on them, are another machine's.
const shorten = (text) => String(text).replaceAll(path.dirname(source), "…").replace(/\d{4,} bytes/, "… bytes");
const say = (...words) => console.log(shorten(words.join(" ")));
const line = (text) => require("fs").readFileSync(source, "utf8").split("\n").findIndex((line) => line.includes(text)) + 1;
const threadId = 1;

// What the program writes, apart from the order of what happens.
const written = { stdout: "", stderr: "", console: "", important: "" };
client.on("output", ({ body }) => (written[body.category] += body.output));

async function start(launch, lines, more = async () => {}) {
    const initialized = client.waitForEvent("initialized");
    await client.initializeRequest();
    await client.launchRequest({ program, ...launch });
    await initialized;
    if (lines.length) {
        const set = await client.setBreakpointsRequest({ source: { path: source }, breakpoints: lines });
        for (const { verified, line, message } of set.body.breakpoints) say("breakpoint", verified, line, message ?? "");
    }
    await more();
    const stopped = happened();
    await client.configurationDoneRequest();
    await stopped;
}

// The next stop, or the end.
function happened() {
    return new Promise((resolve) => {
        const events = { stopped: stop, exited: exit, terminated: resolve };
        const listen = (method) => Object.entries(events).forEach(([event, then]) => client[method](event, then));
        async function stop({ body }) {
            listen("off");
            const { stackFrames } = (await client.stackTraceRequest({ threadId, startFrame: 0, levels: 1 })).body;
            const [frame] = stackFrames;
            say("stopped:", body.reason, body.text ?? "", "in", frame.name, "line", frame.line);
            resolve(frame);
        }
        function exit({ body }) {
            say("exited:", body.exitCode);
        }
        listen("on");
    });
}

async function go(request, args = {}) {
    const next = happened();
    await client.send(request, { threadId, ...args });
    return await next;
}

async function frame() {
    return (await client.stackTraceRequest({ threadId })).body.stackFrames[0];
}

async function variables(scope, frameId) {
    const { scopes } = (await client.scopesRequest({ frameId: frameId ?? (await frame()).id })).body;
    const { variablesReference } = scopes.find(({ name }) => name === scope);
    return [variablesReference, (await client.variablesRequest({ variablesReference })).body.variables];
}

async function show(scope, frameId) {
    for (const { name, type, value } of (await variables(scope, frameId))[1]) say(`  ${name}: ${type} = ${value}`);
}

async function evaluate(expression, context = "watch") {
    const answer = await client.evaluateRequest({ expression, context, frameId: (await frame()).id }).catch((error) => error);
    say(`  ${expression} →`, answer.body?.result ?? `refused: ${answer.message}`);
    return answer.body;
}

async function refused(command, args) {
    const message = await client.send(command, args).then(() => "not refused", (error) => error.message);
    say(`${command} refused:`, message);
}

const scenarios = {
    // From the launch to the exit code, on a Rust program.
    async shop() {
        await start({}, [{ line: line("*total += item.count"), condition: "item.count == 2" }]);
        const { stackFrames, totalFrames } = (await client.stackTraceRequest({ threadId, startFrame: 0, levels: 20 })).body;
        say("frames complete:", totalFrames === stackFrames.length);
        stackFrames.slice(0, 2).forEach(({ name, line, source }) => say(" ", name, source.name, line));
        const { scopes } = (await client.scopesRequest({ frameId: stackFrames[0].id })).body;
        say("scopes:", scopes.map(({ name }) => name).join(", "));
        await show("Arguments");
        await show("Statics");
        say("in main:");
        const [, locals] = await variables("Locals", stackFrames[1].id);
        for (const name of ["items", "total", "by_name"]) {
            const { type, value } = locals.find((variable) => variable.name === name);
            say(`  ${name}: ${type} = ${value}`);
        }
        const items = locals.find(({ name }) => name === "items");
        const elements = (await client.variablesRequest({ variablesReference: items.variablesReference })).body.variables;
        elements.forEach(({ name, value }) => say(`  items${name} = ${value}`));
        await evaluate("item.name");
        await evaluate("*total + item.count * 10", "hover");
        await evaluate("nonsense");
        await go("next");
        await evaluate("*total");
        await go("stepBack");
        await evaluate("*total");
        await go("stepOut");

        // Watch a variable of the caller.
        const [reference] = await variables("Locals");
        const info = (await client.dataBreakpointInfoRequest({ variablesReference: reference, name: "total" })).body;
        say("watch:", info.description.replace(/0x[0-9a-f]+/, "0x…"), info.accessTypes.join(" "));
        await client.setBreakpointsRequest({ source: { path: source }, breakpoints: [] });
        const watched = await client.setDataBreakpointsRequest({ breakpoints: [{ dataId: info.dataId, accessType: "write" }] });
        say("watched:", watched.body.breakpoints[0].verified);
        await goHidingAddress("continue");
        await goHidingAddress("reverseContinue");
        await client.setDataBreakpointsRequest({ breakpoints: [] });

        // Change what the program does from before the addition on.
        await go("stepBack");
        const set = await client.send("setExpression", { expression: "*total", value: "40", frameId: (await frame()).id });
        say("set:", set.body.value, set.body.type);
        await go("continue");
        say("wrote:", JSON.stringify(written.stdout), JSON.stringify(written.stderr));
    },

    // A C program: log points, hit counts, memory, instructions, pages.
    async count() {
        const logPoint = { line: line("return depth(level - 1)"), logMessage: "depth {level} of {no_such}" };
        await start({ stdin: path.join(path.dirname(program), "input") }, [
            { line: line("hits[i] += here.x"), hitCondition: ">= 8" },
            logPoint,
            { line: 4000 },
        ]);
        await show("Locals");
        await go("continue");
        await client.setBreakpointsRequest({ source: { path: source }, breakpoints: [logPoint] });
        const [hits] = (await variables("Statics"))[1].filter(({ name }) => name === "hits");
        say(hits.type, hits.indexedVariables);
        const page = { variablesReference: hits.variablesReference, filter: "indexed", start: 6, count: 3 };
        (await client.variablesRequest(page)).body.variables.forEach(({ name, value }) => say(`  ${name} = ${value}`));

        const read = (await client.send("readMemory", { memoryReference: hits.memoryReference, offset: 4, count: 8 })).body;
        say("read:", Buffer.from(read.data, "base64").toString("hex"));
        const data = Buffer.from([4, 0, 0, 0]).toString("base64");
        await client.send("writeMemory", { memoryReference: hits.memoryReference, offset: 4, data });
        await evaluate("hits[1]");
        await refused("writeMemory", { memoryReference: "0xfffffffffff", data });

        const at = (await frame()).instructionPointerReference;
        const { instructions } = (await client.disassembleRequest({ memoryReference: at, instructionOffset: -2, instructionCount: 5 })).body;
        instructions.forEach(({ address, instruction, line }) => say(address === at ? "=>" : "  ", instruction.trim(), line ?? ""));
        await go("stepIn", { granularity: "instruction" });

        const [locals] = await variables("Locals");
        const set = await client.setVariableRequest({ variablesReference: locals, name: "i", value: "9" });
        say("set i:", set.body.value);
        const [stack] = await variables("Wasm stack");
        await refused("setVariable", { variablesReference: stack, name: "stack0", value: "9" });
        await evaluate("wasm modules", "repl");

        const functions = await client.setFunctionBreakpointsRequest({ breakpoints: [{ name: "depth", condition: "level == 4" }, { name: "nowhere" }] });
        functions.body.breakpoints.forEach(({ verified, message }) => say("function breakpoint", verified, message ?? ""));
        await go("continue");
        const { stackFrames } = (await client.stackTraceRequest({ threadId })).body;
        stackFrames.slice(0, 4).forEach(({ name, line, presentationHint }) => say(" ", name, line, presentationHint ?? ""));
        await go("continue");
        say("wrote:", JSON.stringify(written.stdout), "logged:", JSON.stringify(written.console));
    },

    // Data breakpoints: with conditions, and of a variable whose call ends.
    async watch() {
        client.on("breakpoint", ({ body }) => say("breakpoint", body.breakpoint.id, body.reason));
        await start({}, [{ line: line("hits[i] += here.x") }]);
        const info = async (name) => (await client.dataBreakpointInfoRequest({ frameId: (await frame()).id, name })).body;
        const watch = async (...breakpoints) => {
            const set = await client.setDataBreakpointsRequest({ breakpoints });
            for (const { verified, message } of set.body.breakpoints) say("watch", verified, message ?? "");
        };
        await client.setBreakpointsRequest({ source: { path: source }, breakpoints: [] });
        const { dataId } = await info("hits");
        await watch({ dataId, condition: "i == 7" }, { dataId, condition: "1 +" }, { dataId, hitCondition: "often" });
        await goHidingAddress("continue");
        await evaluate("i");
        await watch({ dataId, hitCondition: "2" });
        await goHidingAddress("continue");
        await evaluate("i");
        await watch();
        await client.setFunctionBreakpointsRequest({ breakpoints: [{ name: "depth", condition: "level == 2" }] });
        await go("continue");
        const local = await info("level");
        say(local.description.replace(/0x[0-9a-f]+/, "0x…"));
        await watch({ dataId: local.dataId });
        await client.setFunctionBreakpointsRequest({ breakpoints: [] });
        await goHidingAddress("continue");
        await evaluate("level");
        await go("continue");
    },

    // Structs and arrays, unfolded; nothing of them can be set.
    async objects() {
        await start({}, [], () => client.setFunctionBreakpointsRequest({ breakpoints: [{ name: "look" }] }));
        const unfold = async (variablesReference, depth) => {
            const { variables } = (await client.variablesRequest({ variablesReference, start: 0, count: 3 })).body;
            for (const { name, type, value, variablesReference } of variables) {
                say(`${"  ".repeat(depth)}${name}: ${type} = ${value}`);
                if (variablesReference && depth < 3) await unfold(variablesReference, depth + 1);
            }
        };
        const { scopes } = (await client.scopesRequest({ frameId: (await frame()).id })).body;
        for (const { name, variablesReference } of scopes.filter(({ name }) => name !== "Wasm stack")) {
            say(name);
            const { variables } = (await client.variablesRequest({ variablesReference })).body;
            for (const variable of variables) {
                say(`  ${variable.name}: ${variable.type} = ${variable.value}`);
                if (variable.variablesReference) await unfold(variable.variablesReference, 2);
            }
        }
        await evaluate("$local3.next.value.x + 1");
        await evaluate("$local0.x = 9");
        await go("continue");
    },

    // A panic: where it begins, what it says, how the program ends.
    async panic() {
        await start({ args: ["--panic"] }, [], async () => {
            await client.setExceptionBreakpointsRequest({ filters: ["trap"] });
        });
        const { exceptionId, description } = (await client.exceptionInfoRequest({ threadId })).body;
        say(exceptionId, description);
        await go("continue");
        say("wrote:", JSON.stringify(written.stdout));
    },

    // A program that never ends is paused, asked while it runs, and ended.
    async forever() {
        const initialized = client.waitForEvent("initialized");
        await client.initializeRequest();
        await client.launchRequest({ program, args: ["forever"] });
        await initialized;
        const printed = new Promise((resolve) => client.on("output", resolve));
        await client.configurationDoneRequest();
        await printed;
        say("threads:", (await client.threadsRequest()).body.threads.map(({ name }) => name).join());
        await refused("stackTrace", { threadId });
        const reached = client.waitForEvent("stopped");
        const set = await client.setBreakpointsRequest({ source: { path: source }, breakpoints: [{ line: line("forever++") }] });
        say("set while it runs:", set.body.breakpoints[0].verified);
        say("reached:", (await reached).body.reason);
        await client.setBreakpointsRequest({ source: { path: source }, breakpoints: [] });
        await client.continueRequest({ threadId });
        const stopped = client.waitForEvent("stopped");
        await client.pauseRequest({ threadId });
        say("paused:", (await stopped).body.reason, (await frame()).name);
        const again = client.waitForEvent("output");
        await client.restartRequest({});
        await again;
        say("restarted");
        const terminated = client.waitForEvent("terminated");
        await client.terminateRequest({});
        await terminated;
        say("terminated");
    },
};

async function goHidingAddress(request) {
    const saying = console.log;
    console.log = (text) => saying(text.replace(/0x[0-9a-f]+/, "0x…"));
    await go(request);
    console.log = saying;
}

client
    .start()
    .then(() => scenarios[scenario]())
    .then(() => client.disconnectRequest())
    .then(() => process.exit(0))
    .catch((error) => {
        console.log("failed:", error.stack, JSON.stringify(written));
        process.exit(1);
    });
