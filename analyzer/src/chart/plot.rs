//! Charts as SVG and PNG, drawn by plotters with a font that the program carries: no font of
//! the system is asked for, so the same history gives the same bytes everywhere.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::register_font;

use super::{Chart, Line, bytes, scale};

/// Why a chart could not be drawn.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the chart could not be drawn: {0}")]
pub struct PlotError(String);

/// Width and height in pixels.
const SIZE: (u32, u32) = (960, 540);
const FONT: &str = "sans-serif";

/// Colours of the measures, which colour-blind people can tell apart (Okabe and Ito).
fn colour(name: &str) -> RGBColor {
    match name {
        "raw" => RGBColor(0, 114, 178),
        "gzip" => RGBColor(213, 94, 0),
        _ => RGBColor(0, 158, 115),
    }
}

impl Chart {
    /// The chart as an SVG document of 960 × 540 pixels.
    pub fn svg(&self) -> Result<String, PlotError> {
        let mut document = String::new();
        self.draw(&SVGBackend::with_string(&mut document, SIZE).into_drawing_area())?;
        Ok(document)
    }

    /// The chart as a PNG file of 960 × 540 pixels.
    pub fn png(&self) -> Result<Vec<u8>, PlotError> {
        let (width, height) = SIZE;
        let mut pixels = vec![0; (width * height * 3) as usize];
        self.draw(&BitMapBackend::with_buffer(&mut pixels, SIZE).into_drawing_area())?;
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, width, height);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header().map_err(failed)?;
        writer.write_image_data(&pixels).map_err(failed)?;
        writer.finish().map_err(failed)?;
        Ok(file)
    }

    fn draw<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>) -> Result<(), PlotError> {
        register_font(FONT, FontStyle::Normal, ttf_noto_sans::REGULAR)
            .map_err(|_| PlotError("the font is damaged".into()))?;
        area.fill(&WHITE).map_err(failed)?;
        let area = area.titled(&self.file, (FONT, 24)).map_err(failed)?;
        let panels: Vec<_> = self.panels().collect();
        for (area, lines) in area.split_evenly((panels.len().max(1), 1)).iter().zip(panels) {
            self.draw_panel(area, lines).map_err(failed)?;
        }
        area.present().map_err(failed)
    }

    fn draw_panel<B: DrawingBackend>(
        &self,
        area: &DrawingArea<B, Shift>,
        lines: &[Line],
    ) -> Result<(), DrawingAreaErrorKind<B::ErrorType>> {
        let (low, high) = scale(lines);
        let builds = self.labels.len();
        let right = builds.saturating_sub(1).max(1) as f64;
        let mut chart = ChartBuilder::on(area)
            .margin(12)
            .x_label_area_size(28)
            .y_label_area_size(84)
            .build_cartesian_2d(-0.2..right + 0.2, low..high)?;
        let name_of = |x: &f64| match x.fract().abs() < 1e-6 {
            true => self.labels.get(*x as usize).cloned().unwrap_or_default(),
            false => String::new(),
        };
        chart
            .configure_mesh()
            .disable_x_mesh()
            .light_line_style(TRANSPARENT)
            .label_style((FONT, 14))
            .x_labels(builds.min(10))
            .x_label_formatter(&name_of)
            .y_labels(5)
            .y_label_formatter(&|size| bytes(size.max(0.0) as u64))
            .draw()?;
        for line in lines {
            let colour = colour(line.name);
            let points = || {
                let points = line.values.iter().zip(0u32..);
                points.filter_map(|(value, x)| value.map(|value| (f64::from(x), value as f64)))
            };
            chart
                .draw_series(LineSeries::new(points(), colour.stroke_width(2)))?
                .label(line.name)
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(2)));
            chart.draw_series(points().map(|point| Circle::new(point, 3, colour.filled())))?;
        }
        chart
            .configure_series_labels()
            .label_font((FONT, 14))
            .position(SeriesLabelPosition::UpperLeft)
            .background_style(WHITE.mix(0.8))
            .border_style(BLACK.mix(0.2))
            .draw()
    }
}

fn failed(error: impl std::error::Error) -> PlotError {
    PlotError(error.to_string())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::super::tests::builds;
    use super::*;

    fn chart() -> Chart {
        Chart::new(&builds().iter().collect::<Vec<_>>())
    }

    #[test]
    fn svg_shows_each_build_and_measure() {
        let svg = chart().svg().unwrap();
        assert!(svg.starts_with("<svg ") && svg.trim_end().ends_with("</svg>"));
        for text in ["app.wasm", "raw", "gzip", "brotli", "1111111", "2222222", "33____", "MB"] {
            assert!(svg.contains(text), "{text} is missing in\n{svg}");
        }
        // 3 raw, 3 gzip, 2 brotli.
        assert_eq!(svg.matches("<circle").count(), 8);
        assert_eq!(svg, chart().svg().unwrap());
    }

    #[test]
    fn png_has_lines_and_text() {
        let file = chart().png().unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(&file)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        assert_eq!((info.width, info.height), SIZE);
        let count = |colour: RGBColor| {
            let wanted = [colour.0, colour.1, colour.2];
            pixels.chunks(3).filter(|pixel| *pixel == wanted).count()
        };
        for name in ["raw", "gzip", "brotli"] {
            assert!(count(colour(name)) > 300, "{name}");
        }
        // The title is at the top, and nothing else is.
        let title = &pixels[..SIZE.0 as usize * 3 * 30];
        assert!(title.chunks(3).filter(|pixel| pixel[0] < 64).count() > 100);
        assert_eq!(file, chart().png().unwrap());
    }

    #[test]
    fn few_builds_are_drawn_too() {
        for count in 0..3 {
            let builds = builds();
            let chart = Chart::new(&builds.iter().take(count).collect::<Vec<_>>());
            assert!(chart.svg().unwrap().contains("</svg>"));
            assert!(!chart.png().unwrap().is_empty());
        }
    }
}
