//! A library that knows nothing of who builds it: formats, allocates, can panic.

#[unsafe(no_mangle)]
pub extern "C" fn sum_of_digits(number: u64) -> u32 {
    format!("{number:?}").chars().filter_map(|digit| digit.to_digit(10)).sum()
}

#[unsafe(no_mangle)]
pub extern "C" fn third(number: u64) -> u32 {
    let digits: Vec<u32> = number.to_string().chars().filter_map(|digit| digit.to_digit(10)).collect();
    digits[2]
}
