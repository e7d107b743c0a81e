// `cargo wasm serve` gives `pkg/`; `cargo wasm build --release --out-dir web/pkg`
// writes it, so that `web/` can be put on any server.
import init from "./pkg/{{crate}}.mjs";

const { exports } = await init();
document.querySelector("#greeting").textContent = exports.greet("browser");
