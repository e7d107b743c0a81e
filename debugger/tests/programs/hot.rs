//! A loop that computes and writes memory, and prints what came of it: for
//! measuring how fast an engine runs.
fn main() {
    let rounds: u32 = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(100);
    let mut table = vec![1_u32; 1 << 12];
    for round in 0..rounds {
        for index in 0..table.len() {
            table[index] = turn(table[index], index as u32 ^ round);
        }
    }
    println!("{:x}", table.iter().fold(0, |sum, word| sum ^ word));
}

fn turn(word: u32, by: u32) -> u32 {
    word.rotate_left(by & 31).wrapping_mul(0x9e37_79b1) ^ by
}
