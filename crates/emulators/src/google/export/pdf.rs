//! PDF: text pages in Helvetica, enough for every reader to find the words again.

use super::markdown::Block;

const PAGE_WIDTH: u32 = 595;
const PAGE_HEIGHT: u32 = 842;
const MARGIN: u32 = 56;

/// A line ready to be set.
struct Line {
    size: u32,
    indent: u32,
    text: String,
}

pub fn from_blocks(title: &str, blocks: &[Block]) -> Vec<u8> {
    write(title, &paginate(blocks.iter().flat_map(set_block)))
}

/// Sets every group of blocks on pages of its own.
pub fn from_pages(title: &str, groups: &[Vec<Block>]) -> Vec<u8> {
    let pages: Vec<String> =
        groups.iter().flat_map(|blocks| paginate(blocks.iter().flat_map(set_block))).collect();
    write(title, &pages)
}

fn set_block(block: &Block) -> Vec<Line> {
    match block {
        Block::Heading(level, text) => wrap(text, 22 - u32::from(*level).min(4) * 2, 0),
        Block::Paragraph(text) => wrap(text, 11, 0),
        Block::Item(None, text) => wrap(&format!("\u{2022} {text}"), 11, 18),
        Block::Item(Some(number), text) => wrap(&format!("{number}. {text}"), 11, 18),
        Block::Code(code) => code.lines().flat_map(|line| wrap(line, 10, 18)).collect(),
        Block::Table(rows) => rows.iter().flat_map(|row| wrap(&row.join("   |   "), 10, 0)).collect(),
    }
}

/// Breaks text into lines; Helvetica's letters are about half as wide as they are high.
fn wrap(text: &str, size: u32, indent: u32) -> Vec<Line> {
    let width = ((PAGE_WIDTH - 2 * MARGIN - indent) * 2 / size) as usize;
    let mut lines = Vec::new();
    let mut current = String::new();
    let mut used = 0;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if used > 0 && used + 1 + length > width {
            lines.push(Line { size, indent, text: std::mem::take(&mut current) });
            used = 0;
        }
        if used > 0 {
            current.push(' ');
            used += 1;
        }
        current.push_str(word);
        used += length;
    }
    lines.push(Line { size, indent, text: current });
    lines
}

/// Returns the content stream of each page.
fn paginate(lines: impl Iterator<Item = Line>) -> Vec<String> {
    let mut pages = Vec::new();
    let mut page = String::new();
    let mut y = PAGE_HEIGHT - MARGIN;
    for line in lines {
        let height = line.size * 3 / 2;
        if y < MARGIN + height {
            pages.push(std::mem::take(&mut page));
            y = PAGE_HEIGHT - MARGIN;
        }
        y -= height;
        page.push_str(&format!("BT /F1 {} Tf {} {y} Td (", line.size, MARGIN + line.indent));
        push_text(&mut page, &line.text);
        page.push_str(") Tj ET\n");
    }
    pages.push(page);
    pages
}

/// Writes text in the WinAnsi encoding, with octal escapes for everything beyond ASCII.
fn push_text(out: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '(' | ')' | '\\' => {
                out.push('\\');
                out.push(character);
            }
            ' '..='~' => out.push(character),
            _ => out.push_str(&format!("\\{:03o}", win_ansi(character))),
        }
    }
}

fn win_ansi(character: char) -> u32 {
    match character {
        '\u{20ac}' => 0x80,
        '\u{2026}' => 0x85,
        '\u{2018}' => 0x91,
        '\u{2019}' => 0x92,
        '\u{201c}' => 0x93,
        '\u{201d}' => 0x94,
        '\u{2022}' => 0x95,
        '\u{2013}' => 0x96,
        '\u{2014}' => 0x97,
        latin if (0xa0..=0xff).contains(&(latin as u32)) => latin as u32,
        _ => u32::from(b'?'),
    }
}

fn write(title: &str, pages: &[String]) -> Vec<u8> {
    let mut objects: Vec<String> = Vec::new();
    let first_page = 5;
    let kids: Vec<String> =
        (0..pages.len()).map(|number| format!("{} 0 R", first_page + number * 2)).collect();
    let mut safe_title = String::new();
    push_text(&mut safe_title, title);
    objects.push("<< /Type /Catalog /Pages 2 0 R >>".into());
    objects.push(format!(
        "<< /Type /Pages /Kids [{}] /Count {} /MediaBox [0 0 {PAGE_WIDTH} {PAGE_HEIGHT}] >>",
        kids.join(" "),
        pages.len()
    ));
    objects.push("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>".into());
    objects.push(format!("<< /Title ({safe_title}) >>"));
    for (number, page) in pages.iter().enumerate() {
        objects.push(format!(
            "<< /Type /Page /Parent 2 0 R /Resources << /Font << /F1 3 0 R >> >> /Contents {} 0 R >>",
            first_page + number * 2 + 1
        ));
        objects.push(format!("<< /Length {} >>\nstream\n{page}\nendstream", page.len() + 1));
    }
    let mut file = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n".to_vec();
    let mut offsets = Vec::with_capacity(objects.len());
    for (number, object) in objects.iter().enumerate() {
        offsets.push(file.len());
        file.extend_from_slice(format!("{} 0 obj\n{object}\nendobj\n", number + 1).as_bytes());
    }
    let table = file.len();
    file.extend_from_slice(format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).as_bytes());
    for offset in offsets {
        file.extend_from_slice(format!("{offset:010} 00000 n \n").as_bytes());
    }
    file.extend_from_slice(
        format!(
            "trailer\n<< /Size {} /Root 1 0 R /Info 4 0 R >>\nstartxref\n{table}\n%%EOF\n",
            objects.len() + 1
        )
        .as_bytes(),
    );
    file
}
