//! Signatures on pushes, checked in constant time.

use aws_lc_rs::hmac;
use gangway_model::{ExposeSecret, SecretString};

/// Whether a hexadecimal HMAC-SHA256 over these parts, one after the other, was made with a key. An empty key
/// signs nothing.
pub fn is_hmac_sha256(key: &SecretString, parts: &[&[u8]], claimed: &str) -> bool {
    let key = key.expose_secret();
    let mut tag = [0; 32];
    if key.is_empty() || !decode_hex(claimed, &mut tag) {
        return false;
    }
    let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes());
    hmac::verify(&key, &parts.concat(), &tag).is_ok()
}

fn decode_hex(text: &str, into: &mut [u8]) -> bool {
    let digits = text.as_bytes();
    if digits.len() != into.len() * 2 {
        return false;
    }
    let value = |digit: u8| char::from(digit).to_digit(16).map(|value| value as u8);
    for (byte, pair) in into.iter_mut().zip(digits.chunks_exact(2)) {
        match (value(pair[0]), value(pair[1])) {
            (Some(high), Some(low)) => *byte = high << 4 | low,
            _ => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231, test case 2.
    const CLAIMED: &str = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";

    #[test]
    fn only_the_very_signature_opens() {
        let key = SecretString::from("Jefe");
        let parts: [&[u8]; 2] = [b"what do ya want ", b"for nothing?"];
        assert!(is_hmac_sha256(&key, &parts, CLAIMED));
        assert!(is_hmac_sha256(&key, &parts, &CLAIMED.to_uppercase()));
        assert!(!is_hmac_sha256(&key, &parts[..1], CLAIMED));
        assert!(!is_hmac_sha256(&SecretString::from("jefe"), &parts, CLAIMED));
        for wrong in ["", "5b", &CLAIMED[..63], &format!("{CLAIMED}00"), &CLAIMED.replace('5', "x")] {
            assert!(!is_hmac_sha256(&key, &parts, wrong), "{wrong}");
        }
    }

    #[test]
    fn an_empty_key_signs_nothing() {
        let key = hmac::Key::new(hmac::HMAC_SHA256, b"");
        let tag: String =
            hmac::sign(&key, b"text").as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(!is_hmac_sha256(&SecretString::from(""), &[b"text"], &tag));
    }
}
