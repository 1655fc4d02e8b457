//! JSON in headers: only ASCII may stand there, so every other character is written by its number.
//! <https://www.dropbox.com/developers/reference/json-encoding>

use http::HeaderValue;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Writes an argument as a header can carry it. Characters beyond 16 bits become pairs.
pub fn write(argument: &(impl Serialize + ?Sized)) -> String {
    let json = serde_json::to_string(argument).unwrap_or_default();
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        if c.is_ascii() && c != '\x7f' {
            text.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            text.push_str(&format!("\\u{unit:04x}"));
        }
    }
    text
}

/// Reads a header, whether its characters are escaped or not; `None` when it is no such JSON.
pub fn read<T: DeserializeOwned>(value: Option<&HeaderValue>) -> Option<T> {
    serde_json::from_slice(value?.as_bytes()).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn names_outside_ascii_are_escaped_and_read_back() {
        let argument = json!({"path": "/Ünï \"quoted\" \\ 🚀\u{7f}\n.md"});
        let written = write(&argument);
        assert_eq!(written, r#"{"path":"/\u00dcn\u00ef \"quoted\" \\ \ud83d\ude80\u007f\n.md"}"#);
        let value = HeaderValue::from_str(&written).unwrap();
        assert_eq!(read::<Value>(Some(&value)), Some(argument));
    }

    #[test]
    fn unescaped_bytes_are_read_and_nonsense_is_not() {
        let raw = HeaderValue::from_bytes("{\"name\":\"Ünï\"}".as_bytes()).unwrap();
        assert_eq!(read::<Value>(Some(&raw)), Some(json!({"name": "Ünï"})));
        for nonsense in ["", "{", "null,"] {
            assert_eq!(read::<Value>(Some(&HeaderValue::from_static(nonsense))), None);
        }
        assert_eq!(read::<Value>(None), None);
    }
}
