//! A WIT interface that the host implements: signed tokens, with the host's keys and its own hash.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

#[global_allocator]
static ALLOCATOR: wasm::Allocator = wasm::Allocator::new();
wasm::panic_handler!();

wasm::wit! {
    package wasmrust:samples;

    interface crypto {
        enum algorithm { sha256, sha512 }
        type bytes = list<u8>;

        hash: func(data: bytes, with: algorithm) -> list<u8>;
        /// The error says why the key cannot be used.
        sign: func(key-name: string, data: bytes) -> result<list<u8>, string>;
    }
}

use crypto::Crypto;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `subject.digest.signature`, by whichever implementation.
fn token_by(crypto: &impl Crypto, key: &str, subject: &str) -> Result<String, String> {
    let digest: Vec<u8> = crypto.hash(subject.as_bytes(), crypto::Algorithm::SHA256);
    let signature = crypto.sign(key, &digest)?;
    Ok(format!("{subject}.{}.{}", hex(&digest), hex(&signature)))
}

#[wasm::export]
fn token(key: &str, subject: &str) -> Result<String, String> {
    token_by(&crypto::Host, key, subject)
}
