//! Counts words, as a component: the world is in `wit/words.wit`.

wit_bindgen::generate!({ world: "words" });

use std::cell::RefCell;
use std::collections::BTreeMap;

use exports::sample::words::counting::{Entry, Failure, Guest, GuestCounter, Stats};
use sample::words::host::{Level, is_stop_word, log};

/// No word of a human language is longer.
const MAX_WORD: usize = 64;

struct Words;

impl Guest for Words {
    type Counter = Counter;

    fn count(text: String) -> Result<Stats, Failure> {
        let counter = Counter::new(String::from("count"));
        counter.add(text)?;
        Ok(counter.stats())
    }
}

struct Counter {
    name: String,
    counts: RefCell<BTreeMap<String, u32>>,
}

impl GuestCounter for Counter {
    fn new(name: String) -> Self {
        Counter { name, counts: RefCell::default() }
    }

    fn add(&self, text: String) -> Result<u32, Failure> {
        let mut counts = self.counts.borrow_mut();
        let mut added = 0;
        for word in text.split_whitespace() {
            let word = word.trim_matches(|c: char| c.is_ascii_punctuation()).to_lowercase();
            if let Some(c) = word.chars().find(|c| c.is_control()) {
                return Err(Failure::NotAWord(c));
            }
            if word.len() > MAX_WORD {
                log(Level::Warn, &format!("{}: {:.16}… has {} bytes", self.name, word, word.len()));
                return Err(Failure::TooLong(word.len() as u32));
            }
            if !word.is_empty() && !is_stop_word(&word) {
                *counts.entry(word).or_default() += 1;
                added += 1;
            }
        }
        log(Level::Info, &format!("{}: {added} words, {} of them different", self.name, counts.len()));
        Ok(added)
    }

    fn stats(&self) -> Stats {
        let counts = self.counts.borrow();
        Stats {
            words: counts.values().copied().map(u64::from).sum(),
            distinct: counts.len() as u32,
            longest: counts.keys().max_by_key(|w| w.chars().count()).cloned(),
        }
    }

    fn top(&self, limit: u32) -> Vec<Entry> {
        let counts = self.counts.borrow();
        let mut all: Vec<(&String, &u32)> = counts.iter().collect();
        all.sort_by(|(a, x), (b, y)| y.cmp(x).then(a.cmp(b)));
        all.into_iter().take(limit as usize).map(|(word, &count)| Entry { word: word.clone(), count }).collect()
    }
}

export!(Words);
