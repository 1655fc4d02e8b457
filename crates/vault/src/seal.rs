//! Sealing: AES-256-GCM under a user's data key, which lies wrapped by a key derived with PBKDF2 from the
//! master key and the user's own salt. Additional authenticated data binds each ciphertext to its place.
//!
//! A sealed value is one format byte, 12 nonce bytes, then the ciphertext with its 16-byte tag.

use std::num::NonZeroU32;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::pbkdf2;
use gangway_effects::random_bytes;
use zeroize::Zeroizing;

use crate::keyring::{KEY_BYTES, MasterKey};

/// Rounds of PBKDF2-HMAC-SHA256. The master key has 256 random bits, so the rounds guard against an
/// operator who made one by hand; they cost about 40 ms a user, once per cached key.
pub const ITERATIONS: u32 = 100_000;
pub const SALT_BYTES: usize = 32;

const FORMAT: u8 = 1;

pub type DataKey = Zeroizing<[u8; KEY_BYTES]>;

/// The value cannot be opened: another key, another place, or altered bytes. Says no more on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the sealed value does not open: it was sealed for another place, by another key, or was altered")]
pub struct CannotOpen;

/// Seals bytes for the place that `aad` names.
pub fn seal(key: &DataKey, aad: &str, plain: &[u8]) -> Vec<u8> {
    let nonce: [u8; NONCE_LEN] = random_bytes();
    let mut sealed = Vec::with_capacity(1 + NONCE_LEN + plain.len() + AES_256_GCM.tag_len());
    sealed.push(FORMAT);
    sealed.extend_from_slice(&nonce);
    let mut body = Zeroizing::new(plain.to_vec());
    let tag = cipher(key)
        .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::from(aad.as_bytes()), &mut body)
        .expect("a token is far below the cipher's length limit");
    sealed.extend_from_slice(&body);
    sealed.extend_from_slice(tag.as_ref());
    sealed
}

/// Opens what [`seal`] made, for the same place.
pub fn open(key: &DataKey, aad: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, CannotOpen> {
    let (&format, rest) = sealed.split_first().ok_or(CannotOpen)?;
    let (nonce, body) = rest.split_at_checked(NONCE_LEN).ok_or(CannotOpen)?;
    if format != FORMAT {
        return Err(CannotOpen);
    }
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| CannotOpen)?;
    let mut body = Zeroizing::new(body.to_vec());
    let length =
        cipher(key).open_in_place(nonce, Aad::from(aad.as_bytes()), &mut body).map_err(|_| CannotOpen)?.len();
    body.truncate(length);
    Ok(body)
}

/// Derives the key that wraps a user's data key. Slow on purpose: call it off the async threads.
pub fn wrapping_key(master: &MasterKey, salt: &[u8], iterations: u32) -> DataKey {
    let mut derived = Zeroizing::new([0; KEY_BYTES]);
    let rounds = NonZeroU32::new(iterations).unwrap_or(NonZeroU32::MIN);
    pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, rounds, salt, master.as_slice(), derived.as_mut_slice());
    derived
}

fn cipher(key: &DataKey) -> LessSafeKey {
    LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key.as_slice()).expect("the key has the cipher's length"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> DataKey {
        Zeroizing::new([byte; KEY_BYTES])
    }

    #[test]
    fn only_the_same_key_and_place_open() {
        let sealed = seal(&key(1), "user|connection|access|3", b"ya29.token");
        assert_eq!(open(&key(1), "user|connection|access|3", &sealed).unwrap().as_slice(), b"ya29.token");
        assert_eq!(open(&key(2), "user|connection|access|3", &sealed), Err(CannotOpen));
        assert_eq!(open(&key(1), "user|connection|access|4", &sealed), Err(CannotOpen));
        assert_eq!(open(&key(1), "user|connection|refresh|3", &sealed), Err(CannotOpen));
    }

    #[test]
    fn any_altered_or_missing_byte_is_noticed() {
        let sealed = seal(&key(1), "place", b"secret");
        for index in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[index] ^= 1;
            assert_eq!(open(&key(1), "place", &altered), Err(CannotOpen), "byte {index}");
            assert_eq!(open(&key(1), "place", &sealed[..index]), Err(CannotOpen), "length {index}");
        }
    }

    #[test]
    fn the_same_value_never_seals_alike() {
        assert_ne!(seal(&key(1), "place", b"secret"), seal(&key(1), "place", b"secret"));
    }

    #[test]
    fn salt_and_master_key_both_shape_the_wrapping_key() {
        let one = wrapping_key(&key(1), b"salt", 10);
        assert_ne!(*one, *wrapping_key(&key(1), b"pepper", 10));
        assert_ne!(*one, *wrapping_key(&key(2), b"salt", 10));
        assert_ne!(*one, *wrapping_key(&key(1), b"salt", 11));
    }
}
