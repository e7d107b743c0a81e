//! A WIT interface, called through its trait.
#![no_std]
#![crate_type = "cdylib"]
#![forbid(unsafe_code)]

extern crate alloc;

use alloc::string::String;
use alloc::vec::Vec;

#[global_allocator]
static ALLOCATOR: wasm::Allocator = wasm::Allocator::new();
wasm::panic_handler!();

wasm::wit! {
    package acme:crypto@1.0.0;

    /// Keys and digests.
    interface crypto {
        /// A pair.
        record key-pair {
            public: u64,
            secret: u64,
        }
        enum algorithm { sha-256, %type }
        flags rights { read, write, all-others }
        /// An enum and flags within a record.
        record entry { id: u64, rights: rights, algorithm: algorithm }
        type bytes = list<u8>;

        @since(version = 1.0.0)
        digest: func(data: bytes, with: algorithm) -> list<u8>;
        generate: func(seed: u32) -> key-pair;
        sign: func(pair: key-pair, message: string) -> result<list<u8>, string>;
        %check: func(data: list<key-pair>, strict: bool) -> result;
        lookup: func(name: string) -> option<key-pair>;
        may: func(entries: list<entry>) -> result<rights, algorithm>;
        forget-all: func();
    }

    export interface verbs for Own {
        enum tense { past, future }
        record verb { count: u32, tense: tense }
        say: func(word: string, tense: tense) -> string;
        next: func(tense: tense) -> option<tense>;
        conjugate: func(verbs: list<verb>) -> result<verb, tense>;
        plain: func(n: s32) -> s32;
    }
}

#[wasm::interface("tests/programs/wit_file.wit", export = files::OWN)]
mod shapes {
    /// What stands here stays.
    pub const CORNERS: u32 = 4;
}

mod files {
    use super::shapes::{Point, Shapes};

    pub struct Scaled(pub f32);
    pub static OWN: Scaled = Scaled(2.0);

    impl Shapes for Scaled {
        fn corner(&self, of: &Point, number: u32) -> Result<Point, alloc::string::String> {
            if number < super::shapes::CORNERS { Ok(Point { x: of.x * self.0, y: of.y }) } else { Err("none".into()) }
        }
    }
}

#[derive(wasm::Pod, Clone, Copy)]
#[repr(C)]
pub struct Pair {
    left: u32,
    right: u32,
}

#[wasm::interface(export = Own)]
pub trait Lists {
    fn swapped(&self, pairs: &[Pair]) -> Vec<Pair>;
    fn sum_of(&self, pair: &Pair, name: &str) -> Result<u64, String>;
}

impl Lists for Own {
    fn swapped(&self, pairs: &[Pair]) -> Vec<Pair> {
        let host = <dyn Lists>::host();
        let sum = host.sum_of(&pairs[0], "host").unwrap_or(u64::MAX);
        pairs.iter().map(|pair| Pair { left: pair.right, right: pair.left + sum as u32 }).collect()
    }
    fn sum_of(&self, pair: &Pair, name: &str) -> Result<u64, String> {
        if name.is_empty() { Err(<dyn Lists>::WIT.into()) } else { Ok(u64::from(pair.left) + u64::from(pair.right)) }
    }
}

impl verbs::Verbs for Own {
    fn say(&self, word: &str, tense: verbs::Tense) -> String {
        match tense {
            verbs::Tense::PAST => alloc::format!("{word}ed"),
            verbs::Tense::FUTURE => alloc::format!("will {word}"),
            other => alloc::format!("{word}?{}", other.0),
        }
    }
    fn next(&self, tense: verbs::Tense) -> Option<verbs::Tense> {
        (tense == verbs::Tense::PAST).then_some(verbs::Tense::FUTURE)
    }
    fn conjugate(&self, verbs: &[verbs::Verb]) -> Result<verbs::Verb, verbs::Tense> {
        verbs.first().copied().ok_or(verbs::Tense::FUTURE)
    }
    fn plain(&self, n: i32) -> i32 {
        n + 1
    }
}

use crypto::{Crypto, KeyPair};

struct Own;

impl Crypto for Own {
    fn digest(&self, data: &[u8], _: crypto::Algorithm) -> Vec<u8> {
        data.to_vec()
    }
    fn generate(&self, seed: u32) -> KeyPair {
        KeyPair { public: seed.into(), secret: 0 }
    }
    fn sign(&self, _: &KeyPair, _: &str) -> Result<Vec<u8>, String> {
        Ok(Vec::new())
    }
    fn check(&self, _: &[KeyPair], _: bool) -> Result<(), ()> {
        Ok(())
    }
    fn lookup(&self, _: &str) -> Option<KeyPair> {
        None
    }
    fn may(&self, _: &[crypto::Entry]) -> Result<crypto::Rights, crypto::Algorithm> {
        Err(crypto::Algorithm::TYPE)
    }
    fn forget_all(&self) {}
}

fn exercise(crypto: &dyn Crypto) -> Result<u64, String> {
    let pair = crypto.generate(4);
    crypto.forget_all();
    let digest = crypto.digest(b"abc", crypto::Algorithm::SHA_256);
    let signature = crypto.sign(&pair, "message")?;
    let strict = crypto.check(&[pair, pair], true).is_ok() as u64;
    let found = crypto.lookup("me").map_or(0, |pair| pair.secret);
    let rights = crypto::Rights::READ | crypto::Rights::ALL_OTHERS;
    let entry = crypto::Entry { id: 1 << 40, rights, algorithm: crypto::Algorithm::TYPE };
    match crypto.may(&[entry, entry]) {
        Ok(rights) => assert!(rights.contains(crypto::Rights::WRITE) && !rights.contains(crypto::Rights::READ)),
        Err(algorithm) => assert!(algorithm == crypto::Algorithm::TYPE),
    }
    Ok(pair.public + digest.len() as u64 * 10 + signature.len() as u64 * 100 + strict * 1000 + found * 10_000)
}

#[wasm::export]
fn with_host() -> Result<u64, String> {
    exercise(&crypto::Host)
}

#[wasm::export]
fn with_own() -> Result<u64, String> {
    exercise(&Own)
}
