//! Ids as Notion writes them: UUIDs, read with or without hyphens.

use aws_lc_rs::digest::{SHA256, digest};
use uuid::Uuid;

pub type Id = u128;

/// Writes an id the way answers do: lower case, with hyphens.
pub fn show(id: Id) -> String {
    Uuid::from_u128(id).hyphenated().to_string()
}

/// Writes an id the way addresses of pages do: lower case, without hyphens.
pub fn show_bare(id: Id) -> String {
    Uuid::from_u128(id).simple().to_string()
}

/// Reads an id; upper case and missing hyphens are accepted.
pub fn parse(text: &str) -> Option<Id> {
    if text.len() != 32 && text.len() != 36 {
        return None;
    }
    Uuid::parse_str(text).ok().map(|uuid| uuid.as_u128())
}

/// Returns the id that belongs to a key; the same in every run.
pub fn of_key(kind: &str, key: &str) -> Id {
    let hash = digest(&SHA256, format!("{kind}/{key}").as_bytes());
    let mut bytes = [0u8; 16];
    bytes.copy_from_slice(&hash.as_ref()[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid().as_u128()
}

/// Returns the id with this number in a series; cheaper than hashing a text.
pub fn numbered(series: u64, number: u64) -> Id {
    let mix = |mut x: u64| {
        x ^= x >> 30;
        x = x.wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x ^= x >> 27;
        x = x.wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    };
    let high = mix(series.wrapping_add(0x9e37_79b9_7f4a_7c15).wrapping_add(number));
    let low = mix(high ^ number.rotate_left(32));
    let bytes = ((u128::from(high) << 64) | u128::from(low)).to_be_bytes();
    uuid::Builder::from_custom_bytes(bytes).into_uuid().as_u128()
}

/// Reads an id, or takes the text as a key.
pub fn of_reference(text: &str) -> Id {
    parse(text).unwrap_or_else(|| of_key("object", text))
}

/// Returns a random id in its written form.
pub fn random() -> String {
    let mut bytes = [0u8; 16];
    // The system's random source failing is not something an emulator can go on from.
    aws_lc_rs::rand::fill(&mut bytes).expect("system randomness");
    uuid::Builder::from_random_bytes(bytes).into_uuid().hyphenated().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_mean_the_same() {
        let id = of_key("object", "handbook");
        assert_eq!(parse(&show(id)), Some(id));
        assert_eq!(parse(&show_bare(id).to_uppercase()), Some(id));
        assert_eq!(parse("handbook"), None);
        assert_ne!(numbered(1, 1), numbered(1, 2));
        assert_ne!(numbered(1, 1), numbered(2, 1));
    }
}
