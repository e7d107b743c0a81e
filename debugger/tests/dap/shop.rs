use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};

static ADDED: AtomicU32 = AtomicU32::new(0);

struct Item {
    name: String,
    count: u32,
}

fn add(total: &mut u32, item: &Item) {
    ADDED.fetch_add(1, Ordering::Relaxed);
    *total += item.count;
}

fn main() {
    let names = ["pear", "apple", "plum"];
    let items: Vec<Item> = (1..).zip(names).map(|(count, name)| Item { name: name.to_string(), count }).collect();
    let mut total = 0;
    let mut by_name = BTreeMap::new();
    for item in &items {
        add(&mut total, item);
        by_name.insert(item.name.as_str(), item.count);
    }
    println!("{total} items");
    eprintln!("added {}", ADDED.load(Ordering::Relaxed));
    if std::env::args().any(|argument| argument == "--panic") {
        panic!("no {}", "cherries");
    }
    std::process::exit(total as i32);
}
