//! Pages that a person sees and that work without a script: no script is on them or allowed on them.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use gangway_effects::random_token;

use crate::looks::{self, styles};

/// The console's own looks, so that people know where they are.
const STYLE: &str = styles!("../../../../console/src/styles/door.css", "page.css");
const TEMPLATE: &str = include_str!("page.html");

/// A page in the making.
pub struct Page {
    pub status: StatusCode,
    pub title: &'static str,
    /// Markup; whatever comes from outside has gone through [`escaped`].
    pub content: String,
    /// Where the browser goes on to by itself.
    pub goes_on_to: Option<String>,
    /// Where a form may lead beside this server.
    pub leads_to: Option<String>,
}

impl Page {
    pub fn new(title: &'static str, content: String) -> Self {
        Self { status: StatusCode::OK, title, content, goes_on_to: None, leads_to: None }
    }
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let nonce = random_token("");
        let refresh = self.goes_on_to.map_or(String::new(), |address| {
            format!(
                "<meta http-equiv=\"refresh\" content=\"0;url={}\">",
                escaped(&address).replace('{', "%7B")
            )
        });
        // What is put in last is not looked through any more, so nothing in it is taken for a place.
        let page = TEMPLATE
            .replace("{{nonce}}", &nonce)
            .replace("{{title}}", self.title)
            .replace("{{refresh}}", &refresh)
            .replace("{{style}}", STYLE)
            .replace("{{content}}", &self.content);
        let leads_to = self.leads_to.map_or(String::new(), |source| format!(" {source}"));
        let policy = format!(
            "default-src 'none'; style-src 'nonce-{nonce}'; img-src data:; base-uri 'none'; \
             form-action 'self'{leads_to}; frame-ancestors 'none'"
        );
        // With `no-referrer` a browser would not name the origin that its form comes from.
        looks::page(self.status, page, &policy, "same-origin")
    }
}

/// Text as it stands in markup and in attributes with quotes.
pub fn escaped(text: &str) -> String {
    let mut markup = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => markup.push_str("&amp;"),
            '<' => markup.push_str("&lt;"),
            '>' => markup.push_str("&gt;"),
            '"' => markup.push_str("&quot;"),
            '\'' => markup.push_str("&#39;"),
            c => markup.push(c),
        }
    }
    markup
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text() {
        let hostile = "<script>alert('x')</script>\" onload=\"&";
        assert_eq!(
            escaped(hostile),
            "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&quot; onload=&quot;&amp;"
        );
    }
}
