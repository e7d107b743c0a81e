//! Conway's Game of Life on a torus, the first program of the Rust and WebAssembly book. The page sees the cells in the
//! program's memory, without a copy.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

use alloc::vec::Vec;

use wasm::ExternRef;

#[global_allocator]
static ALLOCATOR: wasm::Allocator = wasm::Allocator::new();
wasm::panic_handler!();

/// Where the page draws.
pub struct Screen;

#[wasm::import("page")]
extern "wasm" {
    /// A byte for each cell, 1 for the living; to be looked at during the call.
    fn show(screen: &ExternRef<Screen>, cells: &[u8], width: u32);
}

pub struct Universe {
    width: usize,
    cells: Vec<u8>,
}

impl Universe {
    /// The book's first generation.
    fn new(width: usize, height: usize) -> Universe {
        Universe { width, cells: (0..width * height).map(|i| (i % 2 == 0 || i % 7 == 0) as u8).collect() }
    }

    fn living_neighbours(&self, x: usize, y: usize) -> u8 {
        let (width, height) = (self.width, self.cells.len() / self.width);
        let mut living = 0;
        for dy in [height - 1, 0, 1] {
            for dx in [width - 1, 0, 1] {
                if (dx, dy) != (0, 0) {
                    living += self.cells[(y + dy) % height * width + (x + dx) % width];
                }
            }
        }
        living
    }

    fn tick(&mut self) {
        let next = |i| {
            let alive = self.cells[i] == 1;
            matches!((alive, self.living_neighbours(i % self.width, i / self.width)), (true, 2 | 3) | (false, 3)) as u8
        };
        self.cells = (0..self.cells.len()).map(next).collect();
    }
}

/// Plays `generations` and shows each to the screen; how many cells live at the end.
#[wasm::export]
fn play(screen: ExternRef<Screen>, width: u32, height: u32, generations: u32) -> u32 {
    let mut universe = Universe::new(width as usize, height as usize);
    for _ in 0..generations {
        universe.tick();
        show(&screen, &universe.cells, width);
    }
    universe.cells.iter().map(|cell| *cell as u32).sum()
}
