//! The words in an SVG drawing: labels, title and description. Nothing it points at is fetched.

use gangway_model::{Document, Section};
use quick_xml::Reader;
use quick_xml::events::Event;

use crate::text::{TITLE_CHARS, decode, one_line};

/// Reads what a drawing says; broken XML gives what came before the break.
pub(super) fn read(content: &[u8], charset: Option<&str>) -> Document {
    let text = decode(content, charset, false);
    let mut reader = Reader::from_str(&text);
    reader.config_mut().check_end_names = false;
    let (mut said, mut title) = (String::new(), None);
    // Only these hold words; `style` and `script` hold none.
    let mut inside: Vec<bool> = Vec::new();
    let mut in_title = false;
    while let Ok(event) = reader.read_event() {
        match event {
            Event::Eof => break,
            Event::Start(tag) => {
                let name = tag.local_name();
                let speaks = matches!(name.as_ref(), "text" | "tspan" | "textPath" | "title" | "desc" | "a");
                in_title = name.as_ref() == "title";
                inside.push(speaks);
                if inside.len() > 1000 {
                    break;
                }
            }
            Event::End(tag) => {
                inside.pop();
                in_title = false;
                if matches!(tag.local_name().as_ref(), "text" | "title" | "desc") {
                    said.push('\n');
                }
            }
            Event::Text(words) if inside.last() == Some(&true) => {
                if in_title && title.is_none() {
                    title = Some(one_line(&words, TITLE_CHARS));
                }
                said.push_str(&words);
            }
            Event::CData(words) if inside.last() == Some(&true) => {
                said.push_str(&words);
            }
            // Five entities are known without a definition; definitions are not read, so none can grow.
            Event::GeneralRef(name) if inside.last() == Some(&true) => {
                let named = match name.as_ref() {
                    "amp" => Some('&'),
                    "lt" => Some('<'),
                    "gt" => Some('>'),
                    "quot" => Some('"'),
                    "apos" => Some('\''),
                    _ => name.resolve_char_ref().ok().flatten(),
                };
                said.extend(named);
            }
            _ => {}
        }
    }
    let sections = vec![Section { text: said, ..Section::default() }];
    Document { title: title.filter(|title| !title.is_empty()), sections, ..Document::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_read_and_styles_and_entities_are_not() {
        let svg = r#"<!DOCTYPE svg [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><svg xmlns="http://www.w3.org/2000/svg">
            <title>Flow &amp; return</title><style>p { x: y }</style><script>alert(1)</script>
            <text x="1">Pump <tspan>station &#233; &b;</tspan></text><image href="http://10.0.0.1/x"/></svg>"#;
        let document = read(svg.as_bytes(), None);
        assert_eq!(document.title.as_deref(), Some("Flow"));
        assert_eq!(document.sections[0].text.trim(), "Flow & return\nPump station é");
    }

    #[test]
    fn broken_drawings_end_quietly() {
        for broken in
            ["<svg><text>a", "<svg><text>a</svg></svg></b>", "not xml <", "<a ".repeat(3000).as_str()]
        {
            read(broken.as_bytes(), None);
        }
    }
}
