//! Randomness from the cryptographic generator.

use aws_lc_rs::rand;

/// `N` unpredictable bytes.
///
/// # Panics
/// When the operating system has no randomness to give: nothing safe can be done then.
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).expect("the system's random generator answers");
    bytes
}

/// A token with a readable prefix and 256 unpredictable bits, in lower-case base 32.
pub fn random_token(prefix: &str) -> String {
    const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let bytes = random_bytes::<32>();
    let mut token = String::with_capacity(prefix.len() + 52);
    token.push_str(prefix);
    let mut pending: u32 = 0;
    let mut bits = 0;
    for byte in bytes {
        pending = (pending << 8) | u32::from(byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            token.push(ALPHABET[(pending >> bits) as usize & 31] as char);
        }
    }
    if bits > 0 {
        token.push(ALPHABET[(pending << (5 - bits)) as usize & 31] as char);
    }
    token
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_long_and_differ() {
        let (one, other) = (random_token("gw_"), random_token("gw_"));
        assert_ne!(one, other);
        assert_eq!(one.len(), 3 + 52);
    }
}
