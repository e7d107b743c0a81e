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
        type bytes = list<u8>;

        @since(version = 1.0.0)
        digest: func(data: bytes, with: algorithm) -> list<u8>;
        generate: func(seed: u32) -> key-pair;
        sign: func(pair: key-pair, message: string) -> result<list<u8>, string>;
        %check: func(data: list<key-pair>, strict: bool) -> result;
        lookup: func(name: string) -> option<key-pair>;
        forget-all: func();
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
    fn forget_all(&self) {}
}

fn exercise(crypto: &dyn Crypto) -> Result<u64, String> {
    let pair = crypto.generate(4);
    crypto.forget_all();
    let digest = crypto.digest(b"abc", crypto::algorithm::SHA_256);
    let signature = crypto.sign(&pair, "message")?;
    let strict = crypto.check(&[pair, pair], true).is_ok() as u64;
    let found = crypto.lookup("me").map_or(0, |pair| pair.secret);
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
