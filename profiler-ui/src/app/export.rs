//! Saving what a view shows.

use super::App;
use crate::notices::Severity;
use crate::views::Format;

impl App {
    /// Saves the focused view's contents.
    pub(super) fn export(&mut self, format: Format) {
        let view = self.state.focus;
        let ending = match format {
            Format::Svg => "svg",
            Format::Json => "json",
            Format::Csv => "csv",
        };
        let (views, _, context) = self.parts();
        match views.get(view).export(&context, format) {
            Some(text) => {
                let name = format!("{}.{ending}", view.file_stem());
                self.host.save(&name, text.into_bytes(), &mut self.notices);
            }
            None => self.notices.add(Severity::Info, format!("This view has nothing to save as {ending}.")),
        }
    }

    /// Asks for a picture of the focused view, when what was asked with is not drawn over it any more.
    pub(super) fn export_picture(&mut self) {
        let view = self.state.focus;
        if self.dock.rect(view).is_none() {
            self.show(view);
        }
        self.picturing = Some((view, FRAMES_BEFORE));
    }

    /// Takes the picture that was asked for; it comes with a later frame.
    pub(super) fn take_picture(&mut self, ctx: &egui::Context) {
        let Some((view, frames)) = self.picturing else { return };
        ctx.request_repaint();
        if frames > 0 {
            self.picturing = Some((view, frames - 1));
            return;
        }
        self.picturing = None;
        let Some(rect) = self.dock.rect(view) else { return };
        let (inbox, repaint) = (self.pictures.0.clone(), ctx.clone());
        let pixels_per_point = ctx.pixels_per_point();
        ctx.send_viewport_cmd(egui::ViewportCommand::Screenshot(egui::ScreenshotCallback::new(move |picture| {
            let _ = inbox.send((view, part(&picture, rect, pixels_per_point)));
            repaint.request_repaint();
        })));
    }

    /// Saves pictures that have come.
    pub(super) fn take_pictures(&mut self) {
        while let Ok((view, picture)) = self.pictures.1.try_recv() {
            let name = format!("{}.png", view.file_stem());
            match png(&picture) {
                Ok(bytes) => self.host.save(&name, bytes, &mut self.notices),
                Err(error) => self.notices.add(Severity::Error, format!("{name}: {error}")),
            }
        }
    }
}

/// Frames until a menu is closed that a picture was asked for in.
const FRAMES_BEFORE: u32 = 3;

/// The part of a picture that a rectangle in points covers.
fn part(picture: &egui::ColorImage, rect: egui::Rect, pixels_per_point: f32) -> egui::ColorImage {
    let [width, height] = picture.size;
    let pixels = |points: f32, most: usize| ((points * pixels_per_point).round().max(0.0) as usize).min(most);
    let (left, right) = (pixels(rect.left(), width), pixels(rect.right(), width));
    let (top, bottom) = (pixels(rect.top(), height), pixels(rect.bottom(), height));
    picture.region_by_pixels([left, top], [right.saturating_sub(left), bottom.saturating_sub(top)])
}

/// A picture as a PNG file.
///
/// # Errors
/// If it has no pixels.
pub fn png(picture: &egui::ColorImage) -> Result<Vec<u8>, png::EncodingError> {
    let mut bytes = Vec::new();
    let [width, height] = picture.size.map(|side| u32::try_from(side).unwrap_or(u32::MAX));
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    let pixels: Vec<u8> = picture.pixels.iter().flat_map(|pixel| pixel.to_array()).collect();
    writer.write_image_data(&pixels)?;
    writer.finish()?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::{Color32, ColorImage, Rect, pos2};

    #[test]
    fn a_part_lies_within_its_picture() {
        let pixels = (0..12).map(Color32::from_gray).collect();
        let picture = ColorImage::new([4, 3], pixels);
        let half = part(&picture, Rect::from_min_max(pos2(0.5, 0.0), pos2(1.5, 1.0)), 2.0);
        assert_eq!(half.size, [2, 2]);
        assert_eq!(half.pixels, [1, 2, 5, 6].map(Color32::from_gray));
        let beyond = part(&picture, Rect::from_min_max(pos2(-5.0, 1.0), pos2(90.0, 90.0)), 1.0);
        assert_eq!(beyond.size, [4, 2]);
    }
}
