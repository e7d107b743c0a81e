//! Treemaps: areas in proportion to sizes, as close to squares as they go (Bruls, Huizing, van Wijk, "Squarified
//! Treemaps", 2000).

/// A rectangle, in any unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rect {
    /// Left edge.
    pub x: f64,
    /// Upper edge.
    pub y: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

impl Rect {
    /// The rectangle without a margin on each side and a strip at the top; never of negative size.
    pub fn inside(self, margin: f64, top: f64) -> Rect {
        Rect {
            x: self.x + margin,
            y: self.y + top,
            width: (self.width - 2.0 * margin).max(0.0),
            height: (self.height - top - margin).max(0.0),
        }
    }
}

/// Lays out sizes, which must fall, in a rectangle; gives a rectangle for each.
pub fn squarify(sizes: &[f64], mut free: Rect) -> Vec<Rect> {
    let mut total: f64 = sizes.iter().sum();
    let mut rects = Vec::with_capacity(sizes.len());
    let mut rest = sizes;
    while !rest.is_empty() && total > 0.0 {
        let scale = free.width * free.height / total;
        let side = free.width.min(free.height);
        let row = row_length(rest, scale, side);
        let sum: f64 = rest[..row].iter().sum();
        let depth = if side > 0.0 { sum * scale / side } else { 0.0 };
        let is_column = free.width >= free.height;
        let mut along = 0.0;
        for size in &rest[..row] {
            let length = if sum > 0.0 { side * size / sum } else { 0.0 };
            rects.push(match is_column {
                true => Rect { x: free.x, y: free.y + along, width: depth, height: length },
                false => Rect { x: free.x + along, y: free.y, width: length, height: depth },
            });
            along += length;
        }
        if is_column {
            free.x += depth;
            free.width = (free.width - depth).max(0.0);
        } else {
            free.y += depth;
            free.height = (free.height - depth).max(0.0);
        }
        total -= sum;
        rest = &rest[row..];
    }
    rects.resize(sizes.len(), Rect { width: 0.0, height: 0.0, ..free });
    rects
}

/// How many sizes make the row with the best worst aspect ratio.
fn row_length(sizes: &[f64], scale: f64, side: f64) -> usize {
    let worst = |sum: f64, largest: f64, smallest: f64| {
        let (area, square) = (sum * scale, side * side);
        (square * largest * scale / (area * area)).max(area * area / (square * smallest * scale))
    };
    let (mut sum, mut best) = (0.0, f64::INFINITY);
    for (at, &size) in sizes.iter().enumerate() {
        let ratio = worst(sum + size, sizes[0], size);
        if at > 0 && (ratio > best || !ratio.is_finite()) {
            return at;
        }
        (sum, best) = (sum + size, ratio);
    }
    sizes.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn areas_are_in_proportion_and_inside(mut sizes in prop::collection::vec(1.0..1e6f64, 1..50)) {
            sizes.sort_by(|a, b| b.total_cmp(a));
            let frame = Rect { x: 3.0, y: 5.0, width: 800.0, height: 400.0 };
            let total: f64 = sizes.iter().sum();
            for (size, rect) in sizes.iter().zip(squarify(&sizes, frame)) {
                let share = rect.width * rect.height / (frame.width * frame.height);
                prop_assert!((share - size / total).abs() < 1e-6);
                prop_assert!(rect.x >= frame.x - 1e-6 && rect.x + rect.width <= frame.x + frame.width + 1e-6);
                prop_assert!(rect.y >= frame.y - 1e-6 && rect.y + rect.height <= frame.y + frame.height + 1e-6);
            }
        }
    }
}
