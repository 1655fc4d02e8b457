//! Media types for providers that name none: by the ending of the name.

use gangway_model::media;

/// The type that a name's ending stands for.
pub fn of_name(name: &str) -> String {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
    let own = match ending.as_str() {
        "md" | "markdown" | "mdx" => media::MARKDOWN,
        "tsv" | "tab" => media::TSV,
        // Not the MPEG stream that shares the ending.
        "ts" => media::PLAIN,
        _ => return mime_guess::from_ext(&ending).first_raw().unwrap_or(media::OCTET_STREAM).to_owned(),
    };
    own.to_owned()
}

/// Whether a type is among those asked for: exact types or whole families (`text/*`). Asking for none means all.
pub fn is_wanted(wanted: &[String], media_type: &str) -> bool {
    let fits = |wanted: &String| match wanted.strip_suffix('*') {
        Some(family) => media_type.starts_with(family),
        None => media_type == wanted,
    };
    wanted.is_empty() || wanted.iter().any(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_name_types() {
        for (name, expected) in [
            ("a.txt", media::PLAIN),
            ("A.MD", media::MARKDOWN),
            ("a.b.pdf", media::PDF),
            ("a.docx", media::DOCX),
            ("table.tsv", media::TSV),
            ("code.ts", media::PLAIN),
            ("page.html", media::HTML),
            ("none", media::OCTET_STREAM),
            ("ends.", media::OCTET_STREAM),
            ("", media::OCTET_STREAM),
        ] {
            assert_eq!(of_name(name), expected, "{name}");
        }
    }

    #[test]
    fn families_and_exact_types_are_wanted() {
        let wanted = |list: &[&str], found| {
            is_wanted(&list.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>(), found)
        };
        assert!(wanted(&[], "a/b") && wanted(&["text/*"], "text/html") && wanted(&["a/b", "c/d"], "c/d"));
        assert!(!wanted(&["text/*"], "application/text") && !wanted(&["a/b"], "a/bc"));
    }
}
