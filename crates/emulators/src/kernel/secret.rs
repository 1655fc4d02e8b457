//! Random tokens, and ids that are the same in every run.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Returns an unguessable text: the prefix and `bytes` random bytes in URL-safe base64.
pub fn random_token(prefix: &str, bytes: usize) -> String {
    let mut buffer = vec![0u8; bytes];
    // The system's random source failing is not something an emulator can go on from.
    aws_lc_rs::rand::fill(&mut buffer).expect("system randomness");
    format!("{prefix}{}", URL_SAFE_NO_PAD.encode(buffer))
}

/// Returns an id of `length` URL-safe characters that depends only on its inputs.
pub fn stable_id(kind: &str, number: u64, length: usize) -> String {
    let mut text = String::with_capacity(length + 44);
    let mut round = 0u32;
    while text.len() < length {
        let hash = digest(&SHA256, format!("{kind}/{number}/{round}").as_bytes());
        text.push_str(&URL_SAFE_NO_PAD.encode(hash.as_ref()));
        round += 1;
    }
    text.truncate(length);
    text
}

/// Returns `length` digits that depend only on the inputs; the first is never zero.
pub fn stable_digits(kind: &str, text: &str, length: usize) -> String {
    let hash = digest(&SHA256, format!("{kind}/{text}").as_bytes());
    let mut digits: String =
        hash.as_ref().iter().map(|byte| (b'0' + byte % 10) as char).take(length).collect();
    if digits.starts_with('0') {
        digits.replace_range(0..1, "1");
    }
    digits
}

/// Compares without telling by its duration where two texts differ.
pub fn same_secret(left: &str, right: &str) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(left.as_bytes(), right.as_bytes()).is_ok()
}

/// Returns the S256 PKCE challenge of a verifier.
pub fn pkce_s256(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()).as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_of_rfc_7636_appendix_b() {
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        assert_eq!(pkce_s256(verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn stable_ids_repeat_and_differ() {
        assert_eq!(stable_id("file", 1, 33), stable_id("file", 1, 33));
        assert_ne!(stable_id("file", 1, 33), stable_id("file", 2, 33));
        assert_eq!(stable_id("file", 1, 60).len(), 60);
    }
}
