//! The consent page: one HTML form that a browser and a test can both send.

use std::fmt::Write;

/// One permission on the page.
#[derive(Debug, Clone)]
pub struct ScopeRow {
    pub scope: String,
    pub explanation: String,
    /// Whether the user may untick it.
    pub optional: bool,
}

/// Everything the page shows.
#[derive(Debug, Clone)]
pub struct ConsentPage {
    pub provider: String,
    pub client_name: String,
    /// Where the form is posted.
    pub action: String,
    /// The authorization request, carried through the form unchanged.
    pub hidden: Vec<(String, String)>,
    /// Email and display name of every account to choose from.
    pub accounts: Vec<(String, String)>,
    pub chosen_account: String,
    pub scopes: Vec<ScopeRow>,
}

/// Things to tick beside the scopes, such as the pages an app may see.
#[derive(Debug, Clone)]
pub struct PickList {
    pub legend: String,
    /// The name of the form field that each ticked row sends.
    pub field: String,
    /// Value and label; all are ticked at first.
    pub rows: Vec<(String, String)>,
}

/// Returns the page. Form fields: `account`, one `granted` per ticked scope, `decision` = `allow` or `deny`.
pub fn render(page: &ConsentPage) -> String {
    render_with_picks(page, &[])
}

/// Returns the page with lists to pick from; each ticked row sends its list's field.
pub fn render_with_picks(page: &ConsentPage, picks: &[PickList]) -> String {
    let mut form = String::new();
    for (name, value) in &page.hidden {
        let _ = writeln!(form, r#"<input type="hidden" name="{}" value="{}">"#, escape(name), escape(value));
    }
    let _ = writeln!(form, "<fieldset><legend>Account</legend>");
    for (email, name) in &page.accounts {
        let checked = if *email == page.chosen_account { " checked" } else { "" };
        let _ = writeln!(
            form,
            r#"<label><input type="radio" name="account" value="{email}"{checked}> {name} <small>{email}</small></label>"#,
            email = escape(email),
            name = escape(name),
        );
    }
    let _ = writeln!(form, "</fieldset><fieldset><legend>{} wants to</legend>", escape(&page.client_name));
    for row in &page.scopes {
        let scope = escape(&row.scope);
        let explanation = escape(&row.explanation);
        if row.optional {
            let _ = writeln!(
                form,
                r#"<label><input type="checkbox" name="granted" value="{scope}" checked> {explanation} <small>{scope}</small></label>"#
            );
        } else {
            let _ = writeln!(
                form,
                r#"<label><input type="hidden" name="granted" value="{scope}"> {explanation} <small>{scope}</small></label>"#
            );
        }
    }
    let _ = writeln!(form, "</fieldset>");
    for list in picks {
        let _ = writeln!(form, "<fieldset><legend>{}</legend>", escape(&list.legend));
        for (value, label) in &list.rows {
            let _ = writeln!(
                form,
                r#"<label><input type="checkbox" name="{}" value="{}" checked> {}</label>"#,
                escape(&list.field),
                escape(value),
                escape(label),
            );
        }
        let _ = writeln!(form, "</fieldset>");
    }
    let body = format!(
        r#"<h1>Sign in with {provider}</h1>
<p class="note">This is an emulator: no real account is involved.</p>
<form method="post" action="{action}">
{form}<div class="buttons"><button type="submit" name="decision" value="deny" id="deny">Cancel</button>
<button type="submit" name="decision" value="allow" id="allow">Allow</button></div>
</form>"#,
        provider = escape(&page.provider),
        action = escape(&page.action),
    );
    document(&format!("Sign in with {}", page.provider), &body)
}

/// Returns a provider's own error page, shown when redirecting back would be unsafe.
pub fn render_error(provider: &str, status: u16, code: &str, explanation: &str) -> String {
    let body = format!(
        "<h1>Access blocked</h1>\n<p>{}</p>\n<p class=\"code\">Error {status}: {}</p>",
        escape(explanation),
        escape(code)
    );
    document(&format!("{provider}: error"), &body)
}

fn document(title: &str, body: &str) -> String {
    format!(
        r#"<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{}</title>
<style>body{{font:16px/1.5 system-ui,sans-serif;max-width:30rem;margin:3rem auto;padding:0 1rem;color:#1f2328}}
fieldset{{min-width:0;border:1px solid #d0d7de;border-radius:8px;margin:0 0 1rem}}label{{display:block;padding:.25rem 0}}
small{{color:#59636e;display:block;padding-left:1.5rem;overflow-wrap:anywhere}}.buttons{{display:flex;gap:.5rem;justify-content:flex-end}}
button{{font:inherit;padding:.5rem 1.25rem;border-radius:6px;border:1px solid #d0d7de;background:#f6f8fa;cursor:pointer}}
#allow{{background:#0b57d0;border-color:#0b57d0;color:#fff}}.note{{color:#59636e}}.code{{font-weight:600}}</style>
</head><body>
{body}
</body></html>
"#,
        escape(title)
    )
}

/// Escapes text for HTML content and attribute values.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}
