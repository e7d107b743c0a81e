//! The app: a window on a desktop, a canvas in a page.

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    use clap::Parser;
    match profiler_ui::desktop::run(profiler_ui::desktop::Arguments::parse()) {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("profiler-ui: {error:#}");
            std::process::ExitCode::FAILURE
        }
    }
}

#[cfg(target_arch = "wasm32")]
fn main() {
    wasm_bindgen_futures::spawn_local(async {
        if let Err(error) = profiler_ui::web::start().await {
            let status = web_sys::window().and_then(|w| w.document()).and_then(|d| d.get_element_by_id("status"));
            if let Some(status) = status {
                let reason = error.as_string().unwrap_or_else(|| format!("{error:?}"));
                status.set_text_content(Some(&format!(
                    "The app cannot start: {reason}. It needs WebGL and WebAssembly."
                )));
            }
        }
    });
}
