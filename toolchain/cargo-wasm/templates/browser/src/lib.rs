//! The page in `web/` calls `greet`; `cargo wasm run` runs `main`.

/// In JavaScript: `exports.greet("you")`.
#[wasm::export]
pub fn greet(name: &str) -> String {
    format!("Hello, {name}!")
}

// A test has a `main` of its own.
#[cfg_attr(not(test), wasm::export)]
pub fn main() {
    wasm::println!("{}", greet("world"));
}

#[cfg(test)]
mod tests {
    #[test]
    fn greets() {
        assert_eq!(super::greet("you"), "Hello, you!");
    }
}
