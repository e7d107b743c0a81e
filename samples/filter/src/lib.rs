//! A 3×3 filter (sharpen) over an RGBA image of 512 pixels a row. Beyond the edges lie copies of the edge; alpha stays.

#[cfg(feature = "program")]
#[path = "../../block.rs"]
mod block;

#[cfg(feature = "program")]
#[global_allocator]
static ALLOCATOR: wasm::Allocator = wasm::Allocator::new();

const WIDTH: usize = 512;
const KERNEL: [[i32; 3]; 3] = [[-1, -2, -1], [-2, 20, -2], [-1, -2, -1]];
/// The kernel's sum as a power of two.
const SHIFT: u32 = 3;

type Row = [[u8; 4]; WIDTH];

/// Appends the answer to `out`.
pub fn run(input: &[u8], out: &mut Vec<u8>) {
    let (pixels, _) = input.as_chunks();
    let (rows, _) = pixels.as_chunks::<WIDTH>();
    out.reserve_exact(rows.len() * WIDTH * 4);
    for (y, row) in rows.iter().enumerate() {
        let above = rows.get(y.wrapping_sub(1)).unwrap_or(row);
        let below = rows.get(y + 1).unwrap_or(row);
        filter([above, row, below], out);
    }
}

fn filter(rows: [&Row; 3], out: &mut Vec<u8>) {
    for x in 0..WIDTH {
        let columns = [x.saturating_sub(1), x, (x + 1).min(WIDTH - 1)];
        let mut pixel = rows[1][x];
        for (channel, value) in pixel.iter_mut().take(3).enumerate() {
            let mut sum = 0;
            for (row, weights) in rows.iter().zip(KERNEL) {
                for (column, weight) in columns.iter().zip(weights) {
                    sum += weight * row[*column][channel] as i32;
                }
            }
            *value = (sum >> SHIFT).clamp(0, 255) as u8;
        }
        out.extend_from_slice(&pixel);
    }
}
