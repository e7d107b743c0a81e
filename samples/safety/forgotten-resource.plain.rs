// accepted
#[must_use]
pub struct CanvasContext {
    handle: u32,
}

unsafe extern "C" {
    safe fn begin() -> u32;
    safe fn finish(handle: u32);
}

#[unsafe(no_mangle)]
pub extern "C" fn draw(fast: bool) {
    let canvas = CanvasContext { handle: begin() };
    if fast {
        return;
    }
    finish(canvas.handle);
}
