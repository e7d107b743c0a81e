// refused: `CanvasContext` is linear
use wasm::ExternRef;

#[wasm::import("canvas")]
extern "wasm" {
    fn begin() -> ExternRef<CanvasContext>;
    fn finish(context: ExternRef<CanvasContext>);
}

#[wasm::linear]
pub struct CanvasContext {
    context: ExternRef<CanvasContext>,
}

impl CanvasContext {
    pub fn begin() -> CanvasContext {
        CanvasContext { context: begin() }
    }

    pub fn finish(self) {
        let (context,) = self.consume();
        finish(context);
    }
}

#[wasm::export]
fn draw(fast: bool) {
    let canvas = CanvasContext::begin();
    if fast {
        return;
    }
    canvas.finish();
}
