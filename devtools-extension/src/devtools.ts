// Adds the panel to the browser's developer tools, and tells it whether it is seen.

chrome.devtools.panels.create("WASM", "icon.svg", "panel.html", (panel) => {
  let shown: Window | undefined;
  panel.onShown.addListener((window) => {
    shown = window;
    shown.dispatchEvent(new Event("panel-shown"));
  });
  panel.onHidden.addListener(() => shown?.dispatchEvent(new Event("panel-hidden")));
});
