//! The Mandelbrot set: how many steps each point takes to leave, 0 for those that stay.

#[global_allocator]
static ALLOCATOR: wasm::Allocator = wasm::Allocator::new();

/// From -2 to 1 and from -1 to 1, row by row.
#[wasm::export]
fn mandelbrot(width: u32, height: u32, max_steps: u32) -> Vec<u32> {
    let point = |y: u32, x: u32| {
        let re = 3.0 * x as f64 / width as f64 - 2.0;
        let im = 2.0 * y as f64 / height as f64 - 1.0;
        steps(re, im, max_steps)
    };
    (0..height).flat_map(|y| (0..width).map(move |x| point(y, x))).collect()
}

fn steps(re: f64, im: f64, max_steps: u32) -> u32 {
    let (mut x, mut y) = (0.0, 0.0);
    for step in 0..max_steps {
        let (x2, y2) = (x * x, y * y);
        if x2 + y2 > 4.0 {
            return step;
        }
        y = 2.0 * x * y + im;
        x = x2 - y2 + re;
    }
    0
}
