// The server's events, passed on to live.mjs.

const events = new EventSource("/__wasm/events");
for (const name of ["failed", "built"]) events.addEventListener(name, ({ data }) => postMessage([name, data]));
