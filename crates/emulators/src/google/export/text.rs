//! Plain text, HTML, RTF and separated values.

use super::markdown::Block;
use crate::kernel::archive::Archive;
use crate::kernel::consent::escape;

const BOM: &str = "\u{feff}";

/// Plain text as Google writes it: a byte order mark and CRLF line ends.
pub fn plain(blocks: &[Block]) -> Vec<u8> {
    let mut text = String::from(BOM);
    for block in blocks {
        match block {
            Block::Heading(_, line) | Block::Paragraph(line) => text.push_str(line),
            Block::Item(None, line) => text.push_str(&format!("* {line}")),
            Block::Item(Some(number), line) => text.push_str(&format!("{number}. {line}")),
            Block::Table(rows) => {
                let lines: Vec<String> = rows.iter().map(|row| row.join("\t")).collect();
                text.push_str(&lines.join("\r\n"));
            }
            Block::Code(code) => text.push_str(&code.replace('\n', "\r\n")),
        }
        text.push_str("\r\n");
    }
    text.into_bytes()
}

pub fn html(title: &str, blocks: &[Block]) -> String {
    let title = escape(title);
    format!(
        "<html><head><meta content=\"text/html; charset=UTF-8\" http-equiv=\"content-type\"><title>{title}</title></head><body class=\"doc-content\">{}</body></html>",
        html_body(blocks)
    )
}

/// Returns the blocks as HTML that also is valid XML.
pub fn html_body(blocks: &[Block]) -> String {
    let mut out = String::new();
    let mut open_list: Option<&str> = None;
    for block in blocks {
        let list = match block {
            Block::Item(None, _) => Some("ul"),
            Block::Item(Some(_), _) => Some("ol"),
            _ => None,
        };
        if list != open_list {
            if let Some(tag) = open_list {
                out.push_str(&format!("</{tag}>"));
            }
            if let Some(tag) = list {
                out.push_str(&format!("<{tag}>"));
            }
            open_list = list;
        }
        match block {
            Block::Heading(level, line) => {
                out.push_str(&format!("<h{level}>{}</h{level}>", escape(line)));
            }
            Block::Paragraph(line) => out.push_str(&format!("<p>{}</p>", escape(line))),
            Block::Item(_, line) => out.push_str(&format!("<li>{}</li>", escape(line))),
            Block::Code(code) => out.push_str(&format!("<pre>{}</pre>", escape(code))),
            Block::Table(rows) => out.push_str(&html_table(rows)),
        }
    }
    if let Some(tag) = open_list {
        out.push_str(&format!("</{tag}>"));
    }
    out
}

fn html_table(rows: &[Vec<String>]) -> String {
    let mut out = String::from("<table>");
    for row in rows {
        out.push_str("<tr>");
        for cell in row {
            out.push_str(&format!("<td>{}</td>", escape(cell)));
        }
        out.push_str("</tr>");
    }
    out.push_str("</table>");
    out
}

pub fn zipped_html(title: &str, blocks: &[Block]) -> Vec<u8> {
    let name: String = title.chars().filter(|c| c.is_ascii_alphanumeric()).collect();
    let name = if name.is_empty() { "document".to_owned() } else { name };
    Archive::default().add(&format!("{name}.html"), html(title, blocks).as_bytes()).finish()
}

pub fn zipped_sheets(sheets: &[(String, Vec<Vec<String>>)]) -> Vec<u8> {
    let mut archive = Archive::default();
    for (name, rows) in sheets {
        let page = format!(
            "<html><head><title>{0}</title></head><body>{1}</body></html>",
            escape(name),
            html_table(rows)
        );
        archive.add(&format!("{}.html", name.replace('/', "_")), page.as_bytes());
    }
    archive.finish()
}

pub fn sheet_blocks(sheets: &[(String, Vec<Vec<String>>)]) -> Vec<Block> {
    sheets
        .iter()
        .flat_map(|(name, rows)| [Block::Heading(1, name.clone()), Block::Table(rows.clone())])
        .collect()
}

/// Comma- or tab-separated rows with CRLF between them.
pub fn separated(rows: &[Vec<String>], separator: char) -> Vec<u8> {
    let lines: Vec<String> = rows
        .iter()
        .map(|row| {
            let cells: Vec<String> = row.iter().map(|cell| separated_cell(cell, separator)).collect();
            cells.join(&separator.to_string())
        })
        .collect();
    lines.join("\r\n").into_bytes()
}

fn separated_cell(cell: &str, separator: char) -> String {
    if separator == '\t' {
        return cell.replace(['\t', '\n', '\r'], " ");
    }
    if cell.contains([separator, '"', '\n', '\r']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

pub fn rtf(blocks: &[Block]) -> Vec<u8> {
    let mut out = String::from("{\\rtf1\\ansi\\ansicpg1252\\deff0{\\fonttbl{\\f0 Arial;}}\\fs22\n");
    for block in blocks {
        let (front, line) = match block {
            Block::Heading(level, line) => (format!("\\b\\fs{} ", 40 - u32::from(*level) * 4), line.clone()),
            Block::Paragraph(line) => (String::new(), line.clone()),
            Block::Item(None, line) => ("\\bullet\\tab ".to_owned(), line.clone()),
            Block::Item(Some(number), line) => (format!("{number}.\\tab "), line.clone()),
            Block::Code(code) => (String::new(), code.clone()),
            Block::Table(rows) => {
                let rows: Vec<String> = rows.iter().map(|row| row.join("\t")).collect();
                (String::new(), rows.join("\n"))
            }
        };
        out.push('{');
        out.push_str(&front);
        push_rtf(&mut out, &line);
        out.push_str("\\par}\n");
    }
    out.push('}');
    out.into_bytes()
}

fn push_rtf(out: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '\\' | '{' | '}' => {
                out.push('\\');
                out.push(character);
            }
            '\n' => out.push_str("\\line "),
            '\t' => out.push_str("\\tab "),
            ascii if ascii.is_ascii() => out.push(ascii),
            other => {
                let mut units = [0u16; 2];
                for unit in other.encode_utf16(&mut units) {
                    out.push_str(&format!("\\u{}?", *unit as i16));
                }
            }
        }
    }
}

/// Returns the words inside the tags of an SVG drawing.
pub fn words_of_svg(svg: &str) -> String {
    let mut words = Vec::new();
    for piece in svg.split('<').skip(1) {
        if let Some((_, text)) = piece.split_once('>')
            && !text.trim().is_empty()
        {
            words.push(text.trim());
        }
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_has_a_mark_and_crlf() {
        let bytes = plain(&[Block::Heading(1, "T".into()), Block::Item(None, "i".into())]);
        assert_eq!(bytes, "\u{feff}T\r\n* i\r\n".as_bytes());
    }

    #[test]
    fn cells_are_quoted_when_needed() {
        let rows = vec![vec!["a,b".to_owned(), "say \"x\"".to_owned()], vec!["1".to_owned()]];
        assert_eq!(separated(&rows, ','), b"\"a,b\",\"say \"\"x\"\"\"\r\n1");
    }
}
