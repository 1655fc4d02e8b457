//! The two pages that browsers see, and the calls they make. No outside resource, no inline handler: the callback
//! page has one style and one script, allowed by a nonce; the picker is built with the console.

pub mod callback;
pub mod complete;
pub mod picker;
pub mod picker_calls;

use axum::http::StatusCode;
use axum::response::Response;
use gangway_effects::random_token;
use serde_json::Value;

use crate::looks::{self, styles};

/// The console's colours, letters and buttons.
const STYLE: &str = styles!();

/// Fills a page's template and answers it. `data` reaches the script as JSON, never as markup.
fn answer(status: StatusCode, template: &str, data: &Value, frame_ancestors: &str) -> Response {
    let nonce = random_token("");
    let page = template
        .replace("{{style}}", STYLE)
        .replace("{{nonce}}", &nonce)
        .replace("{{data}}", &for_script_tag(data));
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; connect-src 'self'; \
         base-uri 'none'; form-action 'none'; frame-ancestors {frame_ancestors}"
    );
    looks::page(status, page, &policy, "no-referrer")
}

/// JSON that cannot end the script element it stands in.
fn for_script_tag(data: &Value) -> String {
    data.to_string()
        .replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_cannot_break_out_of_its_element() {
        let hostile =
            serde_json::json!({ "state": "</script><script>alert(1)</script><!--", "amp": "&\u{2028}" });
        let text = for_script_tag(&hostile);
        assert!(
            !text.contains('<') && !text.contains('>') && !text.contains('&') && !text.contains('\u{2028}')
        );
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), hostile);
    }
}
