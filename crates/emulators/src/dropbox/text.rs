//! Spelling of ids, revisions, times and escaped JSON, as Dropbox writes them.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::kernel::clock::rfc3339;

/// The first half of every file id of this emulator.
const ID_FAMILY: [u8; 8] = [0x4c, 0x61, 0x6e, 0x74, 0x65, 0x72, 0x6e, 0x54];

pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut out = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        out.push(DIGITS[usize::from(byte >> 4)] as char);
        out.push(DIGITS[usize::from(byte & 15)] as char);
    }
    out
}

/// Returns `id:` and 22 characters for a node number.
pub fn file_id(number: u32) -> String {
    let mut bytes = [0u8; 16];
    bytes[..8].copy_from_slice(&ID_FAMILY);
    bytes[8..].copy_from_slice(&u64::from(number).to_be_bytes());
    format!("id:{}", URL_SAFE_NO_PAD.encode(bytes))
}

/// Reads a file id back into its node number.
pub fn number_of_id(id: &str) -> Option<u32> {
    let bytes = URL_SAFE_NO_PAD.decode(id.strip_prefix("id:")?).ok()?;
    if bytes.len() != 16 || bytes[..8] != ID_FAMILY {
        return None;
    }
    u32::try_from(u64::from_be_bytes(bytes[8..].try_into().ok()?)).ok()
}

/// Returns a revision: node, version and namespace in 31 hexadecimal digits.
pub fn rev_text(node: u32, version: u16, namespace: u64) -> String {
    format!("0165{node:07x}{version:04x}{namespace:016x}")
}

/// Reads node and version out of a revision.
pub fn parts_of_rev(rev: &str) -> Option<(u32, u16)> {
    if rev.len() != 31 || !rev.starts_with("0165") || !rev.is_ascii() {
        return None;
    }
    let node = u32::from_str_radix(&rev[4..11], 16).ok()?;
    let version = u16::from_str_radix(&rev[11..15], 16).ok()?;
    Some((node, version))
}

/// Returns `2026-03-12T07:32:16Z`: whole seconds, as everywhere in this API.
pub fn time_text(at_ms: i64) -> String {
    let mut text = rfc3339(at_ms);
    text.truncate(19);
    text.push('Z');
    text
}

/// Writes JSON for a header: 0x7F and everything beyond ASCII as `\uXXXX`.
pub fn header_json(value: &Value) -> String {
    let mut out = String::new();
    for character in value.to_string().chars() {
        if character.is_ascii() && character != '\u{7f}' {
            out.push(character);
            continue;
        }
        for unit in character.encode_utf16(&mut [0; 2]) {
            let _ = write!(out, "\\u{unit:04x}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_revisions_carry_their_numbers() {
        assert_eq!(file_id(7).len(), 25);
        assert_eq!(number_of_id(&file_id(7)), Some(7));
        assert_eq!(number_of_id("id:MzePHdV-D28AAAAAAAAAEA"), None);
        let rev = rev_text(100_000, 3, 84_528_192_421);
        assert_eq!((rev.len(), parts_of_rev(&rev)), (31, Some((100_000, 3))));
    }

    #[test]
    fn header_json_is_plain_ascii() {
        let text = header_json(&serde_json::json!({"name": "a \"b\" é 🎉\u{7f}"}));
        assert_eq!(text, r#"{"name":"a \"b\" \u00e9 \ud83c\udf89\u007f"}"#);
    }
}
