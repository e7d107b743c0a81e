//! Letters of Indic scripts, drawn by the browser a whole cluster at a time.
//!
//! egui asks the browser for what its fonts do not have by the pieces that its shaper makes of a cluster; in conjuncts
//! such as `ख्या` later pieces would be drawn twice.

use std::ops::RangeInclusive;

use egui::{ColorImage, FontFamily, GlyphBitmap, GlyphRasterizer, GlyphRasterizerRequest, RasterizedGlyph, vec2};
use wasm_bindgen::prelude::*;

/// Devanagari to Sinhala.
const INDIC: RangeInclusive<char> = '\u{900}'..='\u{dff}';

#[wasm_bindgen(raw_module = "./host.js")]
extern "C" {
    /// What was drawn, in pixels.
    type Drawn;

    #[wasm_bindgen(js_name = drawText)]
    fn draw_text(text: &str, font: &str, offset: f32) -> Option<Drawn>;

    #[wasm_bindgen(method, getter)]
    fn width(this: &Drawn) -> u32;

    #[wasm_bindgen(method, getter)]
    fn height(this: &Drawn) -> u32;

    /// From the pen to the left edge of the picture.
    #[wasm_bindgen(method, getter)]
    fn x(this: &Drawn) -> f32;

    /// From the baseline down to the upper edge of the picture.
    #[wasm_bindgen(method, getter)]
    fn y(this: &Drawn) -> f32;

    /// How far the pen goes.
    #[wasm_bindgen(method, getter)]
    fn advance(this: &Drawn) -> f32;

    /// Red, green, blue and opacity.
    #[wasm_bindgen(method, getter)]
    fn pixels(this: &Drawn) -> Vec<u8>;
}

/// What draws them.
pub(super) fn rasterizer() -> GlyphRasterizer {
    GlyphRasterizer::new("profiler_ui::web::glyphs", rasterize).with_priority(egui::FontPriority::Highest)
}

fn rasterize(request: &GlyphRasterizerRequest<'_>) -> Option<RasterizedGlyph> {
    if !request.cluster.chars().any(|letter| INDIC.contains(&letter)) {
        return None;
    }
    let family = match request.family {
        FontFamily::Monospace => "monospace",
        _ => "system-ui, sans-serif",
    };
    let font = format!("{}px {family}", request.font_size_px);
    let drawn = draw_text(request.cluster, &font, request.subpixel_offset_px)?;
    let size = [drawn.width() as usize, drawn.height() as usize];
    let pixels = drawn.pixels();
    if pixels.len() != size[0] * size[1] * 4 {
        return None;
    }
    Some(RasterizedGlyph {
        bitmap: GlyphBitmap {
            image: ColorImage::from_rgba_unmultiplied(size, &pixels),
            offset_px: vec2(drawn.x(), drawn.y()),
            is_color: false,
        },
        advance_px: drawn.advance(),
    })
}
