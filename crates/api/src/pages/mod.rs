//! The two pages that browsers see, and the calls they make. No outside resource, no inline handler: the callback
//! page has one style and one script, allowed by a nonce; the picker is built with the console.

pub mod callback;
pub mod complete;
pub mod picker;
pub mod picker_calls;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use gangway_effects::random_token;
use serde_json::Value;

/// The console's colours, letters and buttons.
const STYLE: &str = concat!(
    include_str!("../../../../console/src/styles/tokens.css"),
    include_str!("../../../../console/src/styles/base.css"),
    include_str!("../../../../console/src/styles/controls.css"),
);

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
    let policy = HeaderValue::from_str(&policy)
        .unwrap_or(HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    ];
    (status, headers, page).into_response()
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
