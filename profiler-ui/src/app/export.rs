//! Saving what a view shows.

use super::{App, drawing};
use crate::notices::Severity;
use crate::strings::Text;
use crate::views::{Format, ViewId};

/// A picture that is to be taken.
#[derive(Clone, Copy)]
pub(super) struct Picturing {
    view: ViewId,
    /// PNG or SVG.
    format: Format,
    /// After so many frames.
    frames: u32,
}

impl App {
    /// Saves what the focused view has for a format, or a picture of what is seen of it.
    pub(super) fn export(&mut self, format: Format) {
        let view = self.state.focus;
        let (views, _, context) = self.parts();
        match views.get(view).export(&context, format) {
            Some(text) => self.save(&file_name(view, format), text.into_bytes()),
            None if matches!(format, Format::Png | Format::Svg) && self.has_views() => {
                // Without what it was asked with, which may be drawn over it now.
                if self.dock.rect(view).is_none() {
                    self.show(view);
                }
                self.picturing = Some(Picturing { view, format, frames: FRAMES_BEFORE });
            }
            None => {
                let text = Text::NothingToSave.with("format", format.ending());
                self.notices.add(Severity::Info, text.in_language(self.state.language));
            }
        }
    }

    /// Saves a file where the user wants it, and says where that is.
    pub(super) fn save(&mut self, name: &str, bytes: Vec<u8>) {
        let language = self.state.language;
        match self.host.save(name, bytes) {
            Ok(Some(place)) => {
                let text = Text::FileSaved.with("file", place.display().to_string());
                self.notices.add(Severity::Info, text.in_language(language));
            }
            Ok(None) => {}
            Err(reason) => self.notices.add(Severity::Error, reason),
        }
    }

    /// Takes the picture that was asked for; one of pixels comes with a later frame.
    pub(super) fn take_picture(&mut self, ui: &egui::Ui) {
        let Some(asked) = self.picturing else { return };
        let ctx = ui.ctx();
        ctx.request_repaint();
        if asked.frames > 0 {
            self.picturing = Some(Picturing { frames: asked.frames - 1, ..asked });
            return;
        }
        self.picturing = None;
        let view = asked.view;
        let Some(rect) = self.dock.rect(view) else { return };
        if asked.format == Format::Svg {
            let painted = |layers: &egui::layers::GraphicLayers| {
                layers.get(ui.layer_id()).map(|painted| drawing::svg(painted.all_entries(), rect))
            };
            if let Some(svg) = ctx.graphics(painted) {
                self.save(&file_name(view, Format::Svg), svg.into_bytes());
            }
            return;
        }
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
            let name = file_name(view, Format::Png);
            match png(&picture) {
                Ok(bytes) => self.save(&name, bytes),
                Err(error) => self.notices.add(Severity::Error, format!("{name}: {error}")),
            }
        }
    }
}

fn file_name(view: ViewId, format: Format) -> String {
    format!("{}.{}", view.file_stem(), format.ending())
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
