//! Hashes under which tokens, keys and states lie in the rows, and their comparison in constant time.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use subtle::ConstantTimeEq;

/// SHA-256 of a secret with at least 128 random bits; slow hashing would add nothing to it.
#[derive(Clone)]
pub struct SecretHash([u8; 32]);

impl SecretHash {
    pub fn of(secret: &str) -> Self {
        let hash = digest(&SHA256, secret.as_bytes());
        Self(hash.as_ref().try_into().expect("SHA-256 has 32 bytes"))
    }

    /// A hash from the rows; `None` when it is none.
    pub fn from_hex(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        if bytes.len() != 64 || !bytes.is_ascii() {
            return None;
        }
        let mut hash = [0; 32];
        for (place, digits) in hash.iter_mut().zip(bytes.chunks_exact(2)) {
            *place = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
        }
        Some(Self(hash))
    }

    /// Lower-case hex, as rows hold it.
    pub fn to_hex(&self) -> String {
        hex(&self.0)
    }

    /// Compares in constant time.
    pub fn matches(&self, other: &SecretHash) -> bool {
        self.0.ct_eq(&other.0).into()
    }

    /// Compares with a hash from the rows, in constant time.
    pub fn matches_hex(&self, stored: &str) -> bool {
        self.to_hex().as_bytes().ct_eq(stored.as_bytes()).into()
    }
}

impl fmt::Debug for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretHash(…)")
    }
}

/// Bytes in lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(DIGITS[usize::from(byte >> 4)] as char);
        text.push(DIGITS[usize::from(byte & 15)] as char);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_sha_256_in_hex() {
        let hash = SecretHash::of("abc");
        assert_eq!(hash.to_hex(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert!(hash.matches_hex(&hash.to_hex()) && hash.matches(&hash.clone()));
        assert!(SecretHash::from_hex(&hash.to_hex()).unwrap().matches(&hash));
        assert!(SecretHash::from_hex("ba78").is_none() && SecretHash::from_hex(&"é".repeat(32)).is_none());
        assert!(!hash.matches(&SecretHash::of("abd")) && !hash.matches_hex("ba78"));
    }
}
