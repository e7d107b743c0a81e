//! What is seen of a view as a drawing: the shapes that egui painted within its rectangle as SVG, texts as texts.

use std::fmt::{Display, Formatter, Write as _};

use egui::epaint::text::FontFamily;
use egui::epaint::{
    ClippedShape, ColorMode, Mesh, PathShape, RectShape, TessellationOptions, Tessellator, TextShape, Vertex,
};
use egui::{Color32, Pos2, Rangef, Rect, Shape, Stroke, StrokeKind, TextureId, Vec2};

use crate::widgets;

/// What shapes draw within a rectangle.
pub(super) fn svg<'a>(shapes: impl IntoIterator<Item = &'a ClippedShape>, seen: Rect) -> String {
    let mut drawing = Drawing { out: String::new(), clips: Vec::new(), clip: Rect::NOTHING };
    for clipped in shapes {
        // What is still transformed is a menu that opens: that is in no view.
        drawing.add(&clipped.shape, clipped.clip_rect.intersect(seen));
    }
    drawing.finish(seen)
}

struct Drawing {
    out: String,
    /// The rectangles that cut something off, each once.
    clips: Vec<Rect>,
    /// What cuts off what is written now.
    clip: Rect,
}

/// Nothing that is seen is farther away, in points.
const FARTHEST: f32 = 1e6;

/// A length in points, written as short as it can be seen.
struct Points(f32);

impl Display for Points {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let value = if self.0.is_nan() { 0.0 } else { self.0.clamp(-2.0 * FARTHEST, 2.0 * FARTHEST) };
        write!(f, "{}", (value * 100.0).round() / 100.0)
    }
}

/// A colour for the attribute that is named.
struct Paint(&'static str, Color32);

impl Display for Paint {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let Paint(name, color) = self;
        let [r, g, b, a] = color.to_srgba_unmultiplied();
        match a {
            0 => write!(f, " {name}=\"none\""),
            255 => write!(f, " {name}=\"#{r:02x}{g:02x}{b:02x}\""),
            _ => write!(f, " {name}=\"#{r:02x}{g:02x}{b:02x}\" {name}-opacity=\"{:.3}\"", f32::from(a) / 255.0),
        }
    }
}

/// The line around something.
struct Outline(Stroke);

impl Display for Outline {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        if self.0.is_empty() {
            return Ok(());
        }
        write!(f, "{} stroke-width=\"{}\"", Paint("stroke", self.0.color), Points(self.0.width))
    }
}

impl Drawing {
    fn add(&mut self, shape: &Shape, clip: Rect) {
        if let Shape::Vec(shapes) = shape {
            shapes.iter().for_each(|shape| self.add(shape, clip));
            return;
        }
        if !clip.is_positive() || !shape.visual_bounding_rect().intersects(clip) {
            return;
        }
        self.cut_off(clip);
        match shape {
            Shape::Noop | Shape::Vec(_) | Shape::Callback(_) => {}
            Shape::Rect(rect) => self.rect(rect),
            Shape::Text(text) => self.text(text, clip),
            Shape::Mesh(mesh) => self.mesh(mesh, clip),
            Shape::Circle(circle) => self.line(format_args!(
                "<circle cx=\"{}\" cy=\"{}\" r=\"{}\"{}{}/>",
                Points(circle.center.x),
                Points(circle.center.y),
                Points(circle.radius),
                Paint("fill", circle.fill),
                Outline(circle.stroke),
            )),
            Shape::LineSegment { points, stroke } => self.path(points, false, Color32::TRANSPARENT, *stroke),
            Shape::Path(PathShape { points, closed, fill, stroke }) if let ColorMode::Solid(color) = stroke.color => {
                self.path(points, *closed, *fill, Stroke::new(stroke.width, color));
            }
            Shape::Path(_) | Shape::Ellipse(_) | Shape::Band(_) | Shape::QuadraticBezier(_) | Shape::CubicBezier(_) => {
                self.triangles(shape, clip);
            }
        }
    }

    /// Writes a line; writing to a text does not fail.
    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        let _ = self.out.write_fmt(line);
        self.out.push('\n');
    }

    /// What follows is cut off at a rectangle.
    fn cut_off(&mut self, clip: Rect) {
        if self.clip == clip {
            return;
        }
        self.end_clip();
        self.clip = clip;
        let at = self.clips.iter().position(|known| *known == clip).unwrap_or_else(|| {
            self.clips.push(clip);
            self.clips.len() - 1
        });
        self.line(format_args!("<g clip-path=\"url(#c{at})\">"));
    }

    fn end_clip(&mut self) {
        if self.clip != Rect::NOTHING {
            self.out.push_str("</g>\n");
        }
    }

    fn rect(&mut self, shape: &RectShape) {
        // A rectangle with a texture is a picture, and the app shows none.
        if shape.brush.is_some() {
            return;
        }
        let rect = match shape.stroke_kind {
            _ if shape.stroke.is_empty() => shape.rect,
            StrokeKind::Inside => shape.rect.shrink(shape.stroke.width / 2.0),
            StrokeKind::Middle => shape.rect,
            StrokeKind::Outside => shape.rect.expand(shape.stroke.width / 2.0),
        };
        let corners = shape.corner_radius;
        let radius = corners.nw.max(corners.ne).max(corners.sw).max(corners.se);
        let round = if radius > 0 { format!(" rx=\"{radius}\"") } else { String::new() };
        let turned = turned(shape.angle, rect.center());
        self.line(format_args!(
            "<rect {}{round}{}{}{turned}/>",
            place(rect),
            Paint("fill", shape.fill),
            Outline(shape.stroke)
        ));
    }

    fn path(&mut self, points: &[Pos2], closed: bool, fill: Color32, stroke: Stroke) {
        let end = if closed { "Z" } else { "" };
        self.line(format_args!("<path d=\"{}{end}\"{}{}/>", track(points), Paint("fill", fill), Outline(stroke)));
    }

    /// A text, row by row, each in runs of one look. A run is as wide here as there, whatever font draws it.
    fn text(&mut self, shape: &TextShape, clip: Rect) {
        let sections = &shape.galley.job.sections;
        let text = &shape.galley.job.text;
        // Of the job's text, what the rows so far are of.
        let mut read = 0;
        for row in &shape.galley.rows {
            let origin = shape.pos + row.pos.to_vec2();
            let mut runs: Vec<Run> = Vec::new();
            for glyph in &row.glyphs {
                let section = sections.partition_point(|section| section.byte_range.end.0 <= read);
                let section = section.min(sections.len().saturating_sub(1));
                // The mark of what is left out is not in the text.
                if text.get(read..).is_some_and(|rest| rest.starts_with(glyph.chr)) {
                    read += glyph.chr.len_utf8();
                }
                if runs.last().is_none_or(|run| run.section != section) {
                    let baseline = origin.y + glyph.pos.y;
                    let none = Rangef::NOTHING;
                    runs.push(Run { section, text: String::new(), area: none, ink: none, baseline });
                }
                let Some(run) = runs.last_mut() else { continue };
                let width = Rangef::new(origin.x + glyph.pos.x, origin.x + glyph.max_x());
                run.area = run.area.union(width);
                if !glyph.chr.is_whitespace() {
                    run.ink = run.ink.union(width);
                }
                run.text.push(glyph.chr);
            }
            if row.ends_with_newline {
                read += 1;
            }
            let is_seen = shape.angle != 0.0 || row.rect().translate(shape.pos.to_vec2()).intersects(clip);
            for run in runs.iter().filter(|_| is_seen) {
                let Some(section) = sections.get(run.section) else { continue };
                let area = Rect::from_x_y_ranges(run.area, origin.y..=origin.y + row.size.y);
                self.run(shape, run, &section.format, area);
            }
        }
    }

    fn run(&mut self, shape: &TextShape, run: &Run, format: &egui::TextFormat, area: Rect) {
        let turned = turned(shape.angle, shape.pos);
        let faded = |color: Color32| color.gamma_multiply(shape.opacity_factor);
        if format.background != Color32::TRANSPARENT {
            let area = area.expand(format.expand_bg);
            self.line(format_args!("<rect {}{}{turned}/>", place(area), Paint("fill", faded(format.background))));
        }
        let shown = run.text.trim();
        if shown.is_empty() {
            return;
        }
        let color = shape.override_text_color.unwrap_or(match format.color {
            Color32::PLACEHOLDER => shape.fallback_color,
            color => color,
        });
        let family = match format.font_id.family {
            FontFamily::Monospace => "monospace",
            FontFamily::Proportional | FontFamily::Name(_) => "sans-serif",
        };
        let style = match (format.underline.is_empty(), format.strikethrough.is_empty()) {
            (true, true) => "",
            (false, true) => " text-decoration=\"underline\"",
            (true, false) => " text-decoration=\"line-through\"",
            (false, false) => " text-decoration=\"underline line-through\"",
        };
        let slant = if format.italics { " font-style=\"italic\"" } else { "" };
        self.line(format_args!(
            "<text x=\"{}\" y=\"{}\" textLength=\"{}\" lengthAdjust=\"spacingAndGlyphs\" font-family=\"{family}\" \
             font-size=\"{}\"{}{style}{slant}{turned}>{}</text>",
            Points(run.ink.min),
            Points(run.baseline),
            Points(run.ink.span()),
            Points(format.font_id.size),
            Paint("fill", faded(color)),
            widgets::xml(shown),
        ));
    }

    /// Triangles; two that are a rectangle are written as that.
    fn mesh(&mut self, mesh: &Mesh, clip: Rect) {
        // One with a texture is a picture, and the app shows none.
        if mesh.texture_id != TextureId::default() {
            return;
        }
        // Neighbours would show seams.
        self.line(format_args!("<g shape-rendering=\"crispEdges\">"));
        let mut rest = &mesh.indices[..];
        while let Some((triangle, behind)) = rest.split_at_checked(3) {
            if let Some((rect, color)) = rest.get(..6).and_then(|two| rectangle(mesh, two)) {
                rest = rest.get(6..).unwrap_or_default();
                if rect.intersects(clip) {
                    self.line(format_args!("<rect {}{}/>", place(rect), Paint("fill", color)));
                }
                continue;
            }
            rest = behind;
            let corners: Vec<Vertex> =
                triangle.iter().filter_map(|at| mesh.vertices.get(*at as usize).copied()).collect();
            let points: Vec<Pos2> = corners.iter().map(|corner| corner.pos).collect();
            if let Some(first) = corners.first()
                && Rect::from_points(&points).intersects(clip)
            {
                self.path(&points, true, first.color, Stroke::NONE);
            }
        }
        self.out.push_str("</g>\n");
    }

    /// A shape for which a drawing has no word that is as simple.
    fn triangles(&mut self, shape: &Shape, clip: Rect) {
        let options = TessellationOptions { feathering: false, ..TessellationOptions::default() };
        let mut mesh = Mesh::default();
        Tessellator::new(1.0, options, [1, 1], Vec::new()).tessellate_shape(shape.clone(), &mut mesh);
        self.mesh(&mesh, clip);
    }

    fn finish(mut self, seen: Rect) -> String {
        self.end_clip();
        let (width, height) = (Points(seen.width()), Points(seen.height()));
        let mut out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"{} {} {width} {height}\" xml:space=\"preserve\" \
             style=\"white-space:pre\">\n<defs>\n",
            Points(seen.left()),
            Points(seen.top()),
        );
        for (at, clip) in self.clips.iter().enumerate() {
            // Writing to a text does not fail.
            let _ = writeln!(out, "<clipPath id=\"c{at}\"><rect {}/></clipPath>", place(*clip));
        }
        out.push_str("</defs>\n");
        out.push_str(&self.out);
        out.push_str("</svg>\n");
        out
    }
}

/// Letters that look alike.
struct Run {
    section: usize,
    text: String,
    area: Rangef,
    /// Without the spaces at the ends.
    ink: Rangef,
    baseline: f32,
}

fn place(rect: Rect) -> String {
    // A rectangle may reach to infinity, a number in a drawing may not.
    let rect = rect.intersect(Rect::from_center_size(Pos2::ZERO, Vec2::splat(2.0 * FARTHEST)));
    let [x, y, width, height] = [rect.left(), rect.top(), rect.width(), rect.height()].map(Points);
    format!("x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"")
}

fn track(points: &[Pos2]) -> String {
    let mut track = String::new();
    for (at, point) in points.iter().enumerate() {
        let sign = if at == 0 { "M" } else { "L" };
        // Writing to a text does not fail.
        let _ = write!(track, "{sign}{} {}", Points(point.x), Points(point.y));
    }
    track
}

fn turned(angle: f32, around: Pos2) -> String {
    if angle == 0.0 {
        return String::new();
    }
    format!(" transform=\"rotate({} {} {})\"", Points(angle.to_degrees()), Points(around.x), Points(around.y))
}

/// The rectangle that two triangles of one colour are, if they are one.
fn rectangle(mesh: &Mesh, two: &[u32]) -> Option<(Rect, Color32)> {
    let corners: Vec<&Vertex> = two.iter().filter_map(|at| mesh.vertices.get(*at as usize)).collect();
    let color = corners.first()?.color;
    let points: Vec<Pos2> = corners.iter().map(|corner| corner.pos).collect();
    let rect = Rect::from_points(&points);
    let wanted = [rect.left_top(), rect.right_top(), rect.left_bottom(), rect.right_bottom()];
    let is_one = corners.len() == 6
        && corners.iter().all(|corner| corner.color == color && wanted.contains(&corner.pos))
        && wanted.iter().all(|corner| points.contains(corner));
    is_one.then_some((rect, color))
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::{Align2, CornerRadius, FontId, pos2, vec2};

    fn drawn(paint: impl Fn(&egui::Painter)) -> String {
        let ctx = egui::Context::default();
        let mut drawing = String::new();
        let output = ctx.run_ui(egui::RawInput::default(), |ui| {
            paint(ui.painter());
            let seen = Rect::from_min_size(pos2(10.0, 10.0), vec2(200.0, 100.0));
            ui.ctx().graphics(|layers| {
                let painted = layers.get(ui.layer_id()).into_iter().flat_map(|painted| painted.all_entries());
                drawing = svg(painted, seen);
            });
        });
        output.drop_without_applying_deltas();
        drawing
    }

    #[test]
    fn texts_are_texts_and_what_is_not_seen_is_not_drawn() {
        let svg = drawn(|painter| {
            let text = |at, text: &str| painter.text(at, Align2::LEFT_TOP, text, FontId::monospace(12.0), Color32::RED);
            text(pos2(20.0, 20.0), "  <b> & \"c\"\u{1b}");
            text(pos2(20.0, 300.0), "below");
            painter.with_clip_rect(Rect::from_min_size(pos2(20.0, 60.0), vec2(50.0, 9.0))).text(
                pos2(20.0, 80.0),
                Align2::LEFT_TOP,
                "cut off",
                FontId::proportional(12.0),
                Color32::RED,
            );
        });
        assert!(svg.contains("fill=\"#ff0000\">&lt;b&gt; &amp; &quot;c&quot;</text>"), "{svg}");
        assert!(svg.contains("viewBox=\"10 10 200 100\""), "{svg}");
        assert!(!svg.contains("below") && !svg.contains("cut off"), "{svg}");
    }

    #[test]
    fn shapes_are_shapes_and_a_mesh_of_rectangles_is_rectangles() {
        let svg = drawn(|painter| {
            painter.rect_filled(Rect::EVERYTHING, CornerRadius::ZERO, Color32::WHITE);
            painter.rect_filled(Rect::from_min_size(pos2(20.0, 20.0), vec2(30.0, 10.0)), 3.0, Color32::BLUE);
            painter.line_segment([pos2(0.0, 50.0), pos2(90.0, 50.0)], Stroke::new(2.0, Color32::from_black_alpha(128)));
            painter.circle_filled(pos2(60.0, 60.0), 5.0, Color32::GREEN);
            let mut mesh = Mesh::default();
            mesh.add_colored_rect(Rect::from_min_size(pos2(100.0, 50.0), vec2(20.0, 10.0)), Color32::RED);
            mesh.add_colored_rect(Rect::from_min_size(pos2(1000.0, 50.0), vec2(20.0, 10.0)), Color32::RED);
            for corner in [pos2(100.0, 80.0), pos2(120.0, 80.0), pos2(110.0, 90.0)] {
                mesh.colored_vertex(corner, Color32::BLACK);
            }
            mesh.add_triangle(8, 9, 10);
            painter.add(mesh);
            painter.add(Shape::ellipse_filled(pos2(150.0, 60.0), vec2(20.0, 5.0), Color32::YELLOW));
        });
        for element in [
            "<rect x=\"20\" y=\"20\" width=\"30\" height=\"10\" rx=\"3\" fill=\"#0000ff\"/>",
            "<path d=\"M0 50L90 50\" fill=\"none\" stroke=\"#000000\" stroke-opacity=\"0.502\" stroke-width=\"2\"/>",
            "<circle cx=\"60\" cy=\"60\" r=\"5\" fill=\"#00ff00\"/>",
            "<rect x=\"100\" y=\"50\" width=\"20\" height=\"10\" fill=\"#ff0000\"/>",
            "<path d=\"M100 80L120 80L110 90Z\" fill=\"#000000\"/>",
            "fill=\"#ffff00\"/>",
        ] {
            assert!(svg.contains(element), "{element}\n{svg}");
        }
        assert!(!svg.contains("inf") && !svg.contains("NaN") && !svg.contains("x=\"1000\""), "{svg}");
    }
}
