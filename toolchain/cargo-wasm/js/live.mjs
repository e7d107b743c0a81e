// Live reload: the page is loaded anew after each build; a failed one is shown
// over it.

const shadow = document.createElement("div").attachShadow({ mode: "open" });
shadow.innerHTML = `<style>
  :host { position: fixed; inset: 0; z-index: 2147483647; overflow: auto; background: #1b1b1fee; color: #eee; }
  :host([hidden]) { display: none; }
  h1 { font: 600 16px system-ui; margin: 24px 24px 0; color: #ff8a80; }
  pre { font: 13px/1.45 ui-monospace, monospace; margin: 16px 24px; white-space: pre-wrap; }
</style><h1>The build failed</h1><pre></pre>`;
shadow.host.id = "cargo-wasm-error";
shadow.host.setAttribute("role", "alert");
shadow.host.hidden = true;

let version;
const told = {
  failed: (data) => {
    shadow.querySelector("pre").textContent = JSON.parse(data);
    shadow.host.hidden = false;
    if (!shadow.host.isConnected) document.body.append(shadow.host);
  },
  built: (data) => {
    // The first one tells which build this page has got.
    if (version === undefined) version = data;
    else if (version !== data) location.reload();
    shadow.host.hidden = true;
  },
};

// In a worker, so that for a browser without a window the page comes to its
// end (--virtual-time-budget waits for each request of a page).
const events = new Worker("/__wasm/events.mjs", { type: "module" });
events.onmessage = ({ data: [name, data] }) => told[name](data);
