//! Bars on a canvas of the page. What is begun must be finished: `CanvasContext` is linear, so a path that forgets it
//! does not build (see ../safety/linear.rs).
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

use alloc::format;
use alloc::string::String;

use wasm::ExternRef;

#[global_allocator]
static ALLOCATOR: wasm::Allocator = wasm::Allocator::new();
wasm::panic_handler!();

/// The page's CanvasRenderingContext2D.
pub struct Context2d;

#[derive(wasm::Pod, Clone, Copy)]
#[repr(C)]
pub struct Rect {
    x: f32,
    y: f32,
    width: f32,
    height: f32,
}

#[wasm::import("canvas")]
extern "wasm" {
    fn begin(selector: &str) -> Result<ExternRef<Context2d>, String>;
    fn set_fill(context: &ExternRef<Context2d>, color: &str);
    fn fill_rects(context: &ExternRef<Context2d>, rects: &[Rect]);
    fn finish(context: ExternRef<Context2d>);
}

#[wasm::linear]
#[must_use]
pub struct CanvasContext {
    context: ExternRef<Context2d>,
    drawn: u32,
}

impl CanvasContext {
    pub fn begin(selector: &str) -> Result<CanvasContext, String> {
        Ok(CanvasContext { context: begin(selector)?, drawn: 0 })
    }

    pub fn fill(&mut self, color: &str, rects: &[Rect]) {
        set_fill(&self.context, color);
        fill_rects(&self.context, rects);
        self.drawn += rects.len() as u32;
    }

    /// Gives the context back; how many rectangles it got.
    pub fn finish(self) -> u32 {
        let (context, drawn) = self.consume();
        finish(context);
        drawn
    }
}

/// Draws one bar for each value of 0 to 1, the lower the redder.
#[wasm::export]
fn draw_bars(selector: &str, values: &[f32], width: f32, height: f32) -> Result<u32, String> {
    let mut canvas = CanvasContext::begin(selector)?;
    canvas.fill("#ffffff", &[Rect { x: 0.0, y: 0.0, width, height }]);
    let step = width / values.len() as f32;
    for (i, value) in values.iter().enumerate() {
        let red = 255 - (value * 255.0) as u32;
        let tall = value * height;
        let bar = Rect { x: i as f32 * step, y: height - tall, width: step - 1.0, height: tall };
        canvas.fill(&format!("rgb({red}, {}, 64)", 255 - red), &[bar]);
    }
    Ok(canvas.finish())
}
