//! The grid as pixels, for user interfaces.

use super::{Grid, color};

/// An image: rows of red, green, blue, alpha, from the top left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pixels {
    /// Pixels in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Four bytes a pixel.
    pub rgba: Vec<u8>,
}

/// Draws a grid, one pixel a cell: the colour of its use, paler where all is zero, redder where it changed.
pub fn pixels(grid: &Grid, dark: bool) -> Pixels {
    let (width, height) = (grid.columns, grid.rows());
    let mut rgba = Vec::with_capacity(width * height * 4);
    for cell in &grid.cells {
        let mut rgb = color(cell.of, dark);
        let ground = if dark { 0x18 } else { 0xff };
        if cell.zero {
            rgb = rgb.map(|part| mix(part, ground, 110));
        }
        if cell.changes > 0 {
            let heat = 90 + 40 * cell.changes.min(4);
            rgb = [mix(rgb[0], 0xe0, heat), mix(rgb[1], 0x10, heat), mix(rgb[2], 0x30, heat)];
        }
        rgba.extend([rgb[0], rgb[1], rgb[2], 0xff]);
    }
    rgba.resize(width * height * 4, 0);
    Pixels { width, height, rgba }
}

/// `of` with `share` in 255 of `other`.
fn mix(of: u8, other: u8, share: u32) -> u8 {
    ((u32::from(of) * (255 - share) + u32::from(other) * share) / 255) as u8
}
