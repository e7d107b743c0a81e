//! Shapes as triangles: a picture of many thousands is one mesh, and drawn again as it is as long as nothing moves.

use egui::epaint::{Mesh, Vertex, WHITE_UV};
use egui::{Color32, Pos2, Rect};

/// Adds a filled rectangle.
pub(super) fn add_rect(mesh: &mut Mesh, rect: Rect, color: Color32) {
    let first = mesh.vertices.len() as u32;
    mesh.indices.extend([first, first + 1, first + 2, first + 2, first + 1, first + 3]);
    for pos in [rect.left_top(), rect.right_top(), rect.left_bottom(), rect.right_bottom()] {
        mesh.vertices.push(Vertex { pos, uv: WHITE_UV, color });
    }
}

/// Adds a line of one point's width, which fades to both sides: without that it would have steps.
pub(super) fn add_line(mesh: &mut Mesh, [from, to]: [Pos2; 2], color: Color32) {
    let across = (to - from).normalized().rot90();
    let first = mesh.vertices.len() as u32;
    for end in [from, to] {
        for (pos, color) in [(end - across, Color32::TRANSPARENT), (end, color), (end + across, Color32::TRANSPARENT)] {
            mesh.vertices.push(Vertex { pos, uv: WHITE_UV, color });
        }
    }
    for side in [first, first + 1] {
        mesh.indices.extend([side, side + 1, side + 3, side + 3, side + 1, side + 4]);
    }
}
