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

    /// Asks for a picture of the window; it comes with a later frame.
    pub(super) fn export_picture(&mut self, ctx: &egui::Context) {
        let inbox = self.pictures.0.clone();
        let repaint = ctx.clone();
        ctx.send_viewport_cmd(egui::ViewportCommand::Screenshot(egui::ScreenshotCallback::new(move |picture| {
            let _ = inbox.send(picture);
            repaint.request_repaint();
        })));
    }

    /// Saves pictures that have come.
    pub(super) fn take_pictures(&mut self) {
        while let Ok(picture) = self.pictures.1.try_recv() {
            let name = format!("{}.png", self.state.focus.file_stem());
            match png(&picture) {
                Ok(bytes) => self.host.save(&name, bytes, &mut self.notices),
                Err(error) => self.notices.add(Severity::Error, format!("{name}: {error}")),
            }
        }
    }
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
