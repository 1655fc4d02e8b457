//! The words in an SVG drawing: labels, title and description, and the HTML that some programs put their labels in.
//! Nothing it points at is fetched.

use gangway_model::{Document, Section};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::parts::{attribute, character, local_name};
use crate::text::{TITLE_CHARS, decode, one_line};

/// Reads what a drawing says; broken XML gives what came before the break.
pub(super) fn read(content: &[u8], charset: Option<&str>) -> Document {
    let text = decode(content, charset, false);
    let mut reader = Reader::from_str(&text);
    reader.config_mut().check_end_names = false;
    let (mut said, mut title) = (String::new(), None);
    // Only these hold words; `style` and `script` hold none.
    let mut inside: Vec<bool> = Vec::new();
    // How deep the element lies whose HTML is read.
    let mut foreign: Option<usize> = None;
    let mut height: Option<String> = None;
    let mut in_title = false;
    while let Ok(event) = reader.read_event() {
        match event {
            Event::Eof => break,
            Event::Start(tag) => {
                let name = local_name(&tag);
                let speaks = match foreign {
                    Some(_) => !matches!(name, "style" | "script"),
                    None => matches!(name, "text" | "tspan" | "textPath" | "title" | "desc" | "a"),
                };
                if name == "foreignObject" {
                    foreign = foreign.or(Some(inside.len()));
                }
                if name == "text" {
                    height = attribute(&tag, "y");
                }
                if name == "tspan" && begins_line(&tag, &mut height) {
                    end_line(&mut said);
                }
                in_title = name == "title";
                inside.push(speaks);
                if inside.len() > 1000 {
                    break;
                }
            }
            Event::End(tag) => {
                inside.pop();
                in_title = false;
                let ends_block = match tag.local_name().as_ref() {
                    "text" | "title" | "desc" | "foreignObject" => true,
                    "p" | "div" | "li" | "tr" | "h1" | "h2" | "h3" => foreign.is_some(),
                    _ => false,
                };
                if ends_block {
                    end_line(&mut said);
                }
                foreign = foreign.filter(|depth| *depth < inside.len());
            }
            Event::Empty(tag) if foreign.is_some() && local_name(&tag) == "br" => end_line(&mut said),
            Event::Text(words) if inside.last() == Some(&true) => {
                if in_title && title.is_none() {
                    title = Some(one_line(&words, TITLE_CHARS));
                }
                said.push_str(&words);
            }
            Event::CData(words) if inside.last() == Some(&true) => {
                said.push_str(&words);
            }
            Event::GeneralRef(name) if inside.last() == Some(&true) => said.extend(character(&name)),
            _ => {}
        }
    }
    let sections = vec![Section { text: said, ..Section::default() }];
    Document { title: title.filter(|title| !title.is_empty()), sections, ..Document::default() }
}

fn end_line(said: &mut String) {
    if !said.is_empty() && !said.ends_with('\n') {
        said.push('\n');
    }
}

/// Whether a piece of a label stands lower or higher than the piece before it.
fn begins_line(tag: &BytesStart<'_>, height: &mut Option<String>) -> bool {
    let moved = attribute(tag, "dy").is_some_and(|by| by.trim_start_matches('-').starts_with(|c| c != '0'));
    match attribute(tag, "y") {
        Some(at) => {
            let before = height.replace(at);
            before.is_some() && before != *height
        }
        None => moved,
    }
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
    fn lines_of_a_label_are_apart_and_html_within_is_read() {
        let svg = r#"<svg><text y="1"><tspan x="0" y="1">first</tspan><tspan x="9" y="1"> half</tspan><tspan x="0" dy="1.2em">second</tspan></text>
            <switch><foreignObject><div xmlns="x"><style>b { c: d }</style><p>Order<br/>in</p><b>Ship</b>ped</div></foreignObject><text>Order</text></switch><g>no label</g></svg>"#;
        let said = read(svg.as_bytes(), None).sections.remove(0).text;
        let lines: Vec<_> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        assert_eq!(lines, ["first half", "second", "Order", "in", "Shipped", "Order"]);
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
