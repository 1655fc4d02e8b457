//! What a browser does with a consent page: reads the form and fills it in.

/// One `<input>` of a form.
pub struct Field {
    pub name: String,
    pub value: String,
    /// `hidden`, `radio`, `checkbox` …
    pub kind: String,
}

/// Returns the names and values of a page's inputs that `sent` says yes to, in order.
pub fn fields(html: &str, sent: impl Fn(&Field) -> bool) -> Vec<(String, String)> {
    let inputs = html.split("<input ").skip(1).map(|rest| {
        let tag = &rest[..rest.find('>').unwrap()];
        let attribute = |name: &str| {
            let start = tag.find(&format!("{name}=\""))? + name.len() + 2;
            let end = start + tag[start..].find('"')?;
            Some(tag[start..end].replace("&quot;", "\"").replace("&#39;", "'").replace("&amp;", "&"))
        };
        Field {
            name: attribute("name").unwrap(),
            value: attribute("value").unwrap(),
            kind: attribute("type").unwrap_or_default(),
        }
    });
    inputs.filter(sent).map(|field| (field.name, field.value)).collect()
}
