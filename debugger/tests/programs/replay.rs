//! Reads the clock, random numbers, its environment and its input, and lets
//! what it reads decide what it does.
use std::collections::HashMap;
use std::io::Read;
use std::time::SystemTime;

fn mix(state: u64, value: u64) -> u64 {
    (state ^ value).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(23)
}

fn main() {
    let mut state = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |now| now.as_nanos() as u64);
    for (name, value) in std::env::vars() {
        state = mix(state, (name.len() + value.len()) as u64);
    }
    let mut input = String::new();
    std::io::stdin().read_to_string(&mut input).expect("input is text");
    // A new hash map has random keys.
    let mut counts: HashMap<char, u32> = HashMap::new();
    for character in input.chars() {
        *counts.entry(character).or_default() += 1;
    }
    for (character, count) in &counts {
        state = mix(state, u64::from(*character) * u64::from(*count));
    }
    let mut list = Vec::new();
    for step in 0..200 + state % 100 {
        state = mix(state, step);
        if state % 3 == 0 {
            list.push(state);
        } else if state % 7 == 0 {
            list.pop();
        }
    }
    println!("{state:x} {}", list.len());
}
