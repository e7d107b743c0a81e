// wasm-tools as a component, as jco's transpiler made a module of JavaScript of it.
import { $init, tools } from "/npm/@bytecodealliance/jco-transpile/vendor/wasm-tools.js";

await $init;
globalThis.print = async (name) => tools.print(new Uint8Array(await (await fetch(`/built/${name}.wasm`)).arrayBuffer()));
const text = await print("probe");
document.getElementById("out").textContent = text.includes("HELLO FROM LINEAR MEMORY") ? "ready" : text;
