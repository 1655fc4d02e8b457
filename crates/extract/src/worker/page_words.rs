//! The words of a page that the library made nothing of, without their structure: pages whose parts lie too deep within one
//! another.

use crate::text::unescaped_markup;

/// What stands between tags, but for what no browser shows; common entities are written out.
pub(super) fn words_of(html: &str) -> String {
    const HIDDEN: [&str; 6] = ["script", "style", "template", "title", "noscript", "svg"];
    let mut out = String::new();
    let mut rest = html;
    while let Some((before, after)) = rest.split_once('<') {
        out.push_str(before);
        if !after.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?')) {
            out.push('<');
            rest = after;
            continue;
        }
        if let Some(comment) = after.strip_prefix("!--") {
            rest = comment.split_once("-->").map_or("", |(_, rest)| rest);
            continue;
        }
        let (tag, following) = after.split_once('>').unwrap_or((after, ""));
        let name: String =
            tag.trim_start_matches('/').chars().take_while(char::is_ascii_alphanumeric).collect();
        let name = name.to_ascii_lowercase();
        rest = match HIDDEN.contains(&name.as_str()) && !tag.starts_with('/') && !tag.ends_with('/') {
            true => after_end_of(following, &name),
            false => following,
        };
        if !matches!(name.as_str(), "b" | "i" | "a" | "em" | "strong" | "span" | "wbr") {
            out.push('\n');
        }
    }
    out.push_str(rest);
    let lines: Vec<&str> = out.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    unescaped_markup(&lines.join("\n"))
}

/// What follows the end of an element; nothing, where it has none.
fn after_end_of<'a>(html: &'a str, name: &str) -> &'a str {
    let end = html.match_indices("</").find(|(at, _)| {
        html.get(at + 2..at + 2 + name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name))
    });
    end.and_then(|(at, _)| html[at..].split_once('>')).map_or("", |(_, rest)| rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_what_a_browser_shows() {
        let html = "<!-- a > b --><html><head><title>T</title><STYLE>p > a {}</Style></head><body>one <b>t</b>wo<p>a &lt;&amp;amp; b</p><script>x</script><br/>three<svg/> four < five";
        assert_eq!(words_of(html), "one two\na <&amp; b\nthree\nfour < five");
        for broken in ["<", "<script>x", "<!-- x", "</", "a<b"] {
            words_of(broken);
        }
    }
}
