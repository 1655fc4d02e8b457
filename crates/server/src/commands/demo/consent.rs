//! What a person does in the browser: opens the consent page and presses Allow.

use anyhow::{Context, anyhow};
use url::Url;

/// What came back to the callback address.
pub struct Consented {
    pub code: String,
    pub state: String,
}

/// Opens the page, unticks what is labelled so, presses the button named `allow`, and stops at the way back.
pub async fn allow(auth_url: &str, unticked: &[&str]) -> anyhow::Result<Consented> {
    let browser = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
    let page_url = Url::parse(auth_url)?;
    let page = browser.get(page_url.clone()).send().await.context("the consent page does not answer")?;
    let status = page.status();
    let html = page.text().await?;
    if !status.is_success() {
        return Err(anyhow!("the consent page answered {status}"));
    }
    let form = Form::read(&html, unticked).context("there is no form on the consent page")?;
    let answer = browser.post(page_url.join(&form.action)?).form(&form.fields).send().await?;
    let location = answer
        .headers()
        .get("location")
        .and_then(|location| location.to_str().ok())
        .with_context(|| format!("the consent form answered {} and leads nowhere", answer.status()))?;
    let back = page_url.join(location)?;
    let field =
        |name: &str| back.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    if let Some(error) = field("error") {
        return Err(anyhow!("the consent was refused: {error}"));
    }
    let code = field("code").context("the way back carries no code")?;
    let state = field("state").context("the way back carries no state")?;
    Ok(Consented { code, state })
}

/// The fields that a browser would send.
struct Form {
    action: String,
    fields: Vec<(String, String)>,
}

impl Form {
    fn read(html: &str, unticked: &[&str]) -> Option<Self> {
        let start = html.find("<form")?;
        let end = html[start..].find("</form>").map_or(html.len(), |length| start + length);
        let form = &html[start..end];
        let action = attribute(tag(form)?, "action")?;
        let mut fields = Vec::new();
        for name in ["<input", "<button"] {
            for (at, _) in form.match_indices(name) {
                let Some(tag) = tag(&form[at..]) else { continue };
                let (Some(name), Some(value)) = (attribute(tag, "name"), attribute(tag, "value")) else {
                    continue;
                };
                let counts = match attribute(tag, "type").as_deref() {
                    Some("radio" | "checkbox") => {
                        let is_checked =
                            tag.split_whitespace().any(|word| word.trim_end_matches('>') == "checked");
                        is_checked && !unticked.contains(&label(&form[at + tag.len()..]))
                    }
                    Some("submit") => value == "allow",
                    _ => true,
                };
                if counts {
                    fields.push((name, value));
                }
            }
        }
        Some(Self { action, fields })
    }
}

/// The opening tag that the text starts with.
fn tag(html: &str) -> Option<&str> {
    html.find('>').map(|end| &html[..=end])
}

/// The words behind a field, up to the next tag.
fn label(html: &str) -> &str {
    html.split('<').next().unwrap_or_default().trim()
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let start = tag.find(&format!(" {name}=\""))? + name.len() + 3;
    let value = &tag[start..];
    let value = &value[..value.find('"')?];
    let plain = value.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'");
    Some(plain.replace("&amp;", "&"))
}

#[cfg(test)]
mod tests {
    use super::Form;

    #[test]
    fn a_form_is_read_as_a_browser_would() {
        let html = r#"<p>x</p><form method="post" action="/go?a=1&amp;b=2">
            <input type="hidden" name="state" value="&lt;s&gt;">
            <input type="radio" name="account" value="ada" checked> <input type="radio" name="account" value="bob">
            <label><input type="checkbox" name="granted" value="one" checked> First page</label>
            <label><input type="checkbox" name="granted" value="two" checked> Second page</label>
            <button type="submit" name="decision" value="deny">No</button>
            <button type="submit" name="decision" value="allow">Yes</button></form>"#;
        let form = Form::read(html, &["Second page"]).unwrap();
        assert_eq!(form.action, "/go?a=1&b=2");
        let fields: Vec<(&str, &str)> = form.fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert_eq!(fields, [("state", "<s>"), ("account", "ada"), ("granted", "one"), ("decision", "allow")]);
    }
}
