// refused: error[E0004]: non-exhaustive patterns: `Shape::Line` not covered
pub enum Shape {
    Square,
    Circle,
    Line,
}

pub fn sides(shape: Shape) -> u32 {
    match shape {
        Shape::Square => 4,
        Shape::Circle => 0,
    }
}
