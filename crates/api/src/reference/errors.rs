//! Every error: its code, its status, what it means and what to do. The page here and the one in `docs` are made of it.

use gangway_app::Code;

use super::html::{escape, paragraphs, prose};
use crate::problem::status_of;

/// What all errors have in common.
pub const ABOUT: &str = "Every error has the shape `{\"error\":{\"code\",\"message\",\"details\"}}`. The OAuth endpoints \
     (`authorize`, `token`, and the callback page's `complete`) answer RFC 6749's flat shape \
     `{\"error\",\"error_description\",\"state\"?,\"details\"?}` with the same codes.\n\n`message` is for people \
     and may change; `code` is for programs and does not. Where trying again makes sense, `details.retry_after` \
     says after how many seconds, and the `Retry-After` header says the same. Every answer carries \
     `X-Request-Id`, which finds the request in the logs.";

/// The page for people who read the sources.
#[cfg(test)]
pub fn markdown() -> String {
    let mut page =
        format!("# Errors\n\n{ABOUT}\n\n| code | status | meaning | what to do |\n|---|---|---|---|\n");
    for code in Code::ALL {
        let (name, status) = (code.as_str(), status_of(*code).as_u16());
        page += &format!("| `{name}` | {status} | {} | {} |\n", code.meaning(), code.remedy());
    }
    page
}

/// The section of the reference page.
pub fn section() -> String {
    let mut html = format!(
        "<section class=\"tag\" id=\"errors\" aria-labelledby=\"h-errors\">\n<h2 id=\"h-errors\">Errors</h2>\n{}<dl class=\"errors\">\n",
        paragraphs(ABOUT)
    );
    for code in Code::ALL {
        let name = escape(code.as_str());
        html += &format!(
            "<div class=\"error\" id=\"error-{name}\" data-words=\"{words}\"><dt><a class=\"anchor\" href=\"#error-{name}\"><code>{name}</code></a> \
             <span class=\"status bad\">{}</span></dt><dd><p>{}</p><p><b>What to do:</b> {}</p></dd></div>\n",
            status_of(*code).as_u16(),
            prose(code.meaning()),
            prose(code.remedy()),
            words = escape(&format!("error {name} {}", code.meaning()).to_lowercase()),
        );
    }
    html + "</dl>\n</section>\n"
}
