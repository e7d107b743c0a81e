// Adds the panel to the browser's developer tools.

chrome.devtools.panels.create("WASM", "icon.svg", "panel.html");
