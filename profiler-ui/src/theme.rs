//! Colours: told apart by people who see no red or no green (after Okabe and Ito, "Color Universal Design", 2008), in
//! light and dark.

use std::sync::LazyLock;

use egui::Color32;

/// Colours of categories, in the order in which they are given out.
const CATEGORIES: [[u8; 3]; 10] = [
    [0x00, 0x72, 0xb2],
    [0xe6, 0x9f, 0x00],
    [0x00, 0x9e, 0x73],
    [0xcc, 0x79, 0xa7],
    [0x56, 0xb4, 0xe9],
    [0xd5, 0x5e, 0x00],
    [0x8f, 0x7d, 0xc9],
    [0xb8, 0xad, 0x2e],
    [0x7a, 0x9e, 0x4f],
    [0x9a, 0x6a, 0x4d],
];

/// egui's fonts, with the signs of the fixed-width one in all text; what neither has comes from the system or the
/// browser.
pub fn fonts() -> egui::FontDefinitions {
    let mut fonts = egui::FontDefinitions::default();
    if let Some(proportional) = fonts.families.get_mut(&egui::FontFamily::Proportional) {
        proportional.push("Hack".into());
    }
    fonts
}

/// How often the categories' colours come before they repeat: the second time as other shades, so far from the first that
/// lightness alone tells them apart.
const ROUNDS: usize = 2;

/// All colours of categories, in light and in dark: mixing one takes longer than drawing it.
static PALETTES: LazyLock<[Vec<Color32>; 2]> = LazyLock::new(|| {
    [false, true].map(|is_dark| (0..CATEGORIES.len() * ROUNDS).map(|index| mixed_category(index, is_dark)).collect())
});

/// The colour of the n-th category.
pub fn category(index: u32, is_dark: bool) -> Color32 {
    let palette = &PALETTES[usize::from(is_dark)];
    palette[index as usize % palette.len()]
}

fn mixed_category(index: usize, is_dark: bool) -> Color32 {
    let [r, g, b] = CATEGORIES[index % CATEGORIES.len()];
    let color = Color32::from_rgb(r, g, b);
    let is_first = index < CATEGORIES.len();
    match (is_dark, is_first) {
        (true, true) => scale(color, 0.8),
        (true, false) => mix(color, Color32::WHITE, 0.55),
        (false, true) => mix(color, Color32::WHITE, 0.25),
        (false, false) => mix(color, Color32::BLACK, 0.45),
    }
}

/// What does not match a search.
pub fn dimmed(is_dark: bool) -> Color32 {
    if is_dark { Color32::from_gray(48) } else { Color32::from_gray(222) }
}

/// What grew, by how much of 1.
pub fn grown(strength: f32, is_dark: bool) -> Color32 {
    mix(neutral(is_dark), Color32::from_rgb(0xd5, 0x5e, 0x00), strength)
}

/// What shrank, by how much of 1.
pub fn shrunk(strength: f32, is_dark: bool) -> Color32 {
    mix(neutral(is_dark), Color32::from_rgb(0x00, 0x72, 0xb2), strength)
}

/// What is gone: hollow, for its place is empty.
pub fn gone(is_dark: bool) -> Color32 {
    let ground = if is_dark { Color32::from_gray(24) } else { Color32::WHITE };
    mix(ground, shrunk(1.0, is_dark), 0.16)
}

/// What did not change.
pub fn neutral(is_dark: bool) -> Color32 {
    if is_dark { Color32::from_gray(70) } else { Color32::from_gray(205) }
}

/// From cold (0) to hot (1): by lightness, so that it reads without colours too.
pub fn heat(value: f32, is_dark: bool) -> Color32 {
    let (cold, hot) = if is_dark {
        (Color32::from_rgb(0x1c, 0x24, 0x3b), Color32::from_rgb(0xff, 0xd9, 0x66))
    } else {
        (Color32::from_rgb(0xee, 0xf2, 0xf8), Color32::from_rgb(0x8c, 0x2d, 0x04))
    };
    mix(cold, hot, value)
}

/// Black or white, whichever reads on a colour (WCAG's relative luminance).
pub fn text_on(background: Color32) -> Color32 {
    let linear = |channel: u8| (f32::from(channel) / 255.0).powf(2.2);
    let luminance = 0.2126 * linear(background.r()) + 0.7152 * linear(background.g()) + 0.0722 * linear(background.b());
    if luminance > 0.2 { Color32::BLACK } else { Color32::WHITE }
}

/// A mix of two colours: of the second so much.
pub fn mix(a: Color32, b: Color32, of_b: f32) -> Color32 {
    a.lerp_to_gamma(b, of_b.clamp(0.0, 1.0))
}

fn scale(color: Color32, by: f32) -> Color32 {
    color.gamma_multiply(by).to_opaque()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_categories_look_alike() {
        for is_dark in [false, true] {
            let all: Vec<Color32> = (0..2 * CATEGORIES.len() as u32).map(|index| category(index, is_dark)).collect();
            for (at, a) in all.iter().enumerate() {
                for b in &all[..at] {
                    let far: i32 = (0..3).map(|i| (i32::from(a[i]) - i32::from(b[i])).abs()).sum();
                    assert!(far > 30, "{a:?} {b:?}");
                }
            }
        }
    }
}
