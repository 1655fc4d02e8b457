//! The little Markdown the sources of native documents are written in.

/// One piece of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    Heading(u8, String),
    Paragraph(String),
    /// An item of a list; numbered ones carry their number.
    Item(Option<u32>, String),
    Table(Vec<Vec<String>>),
    Code(String),
}

/// Splits Markdown into blocks; emphasis and link marks are removed.
pub fn parse_blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut paragraph = String::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let trimmed = line.trim();
        if let Some(fence) = trimmed.strip_prefix("```") {
            flush(&mut blocks, &mut paragraph);
            let _language = fence;
            let code: Vec<&str> = lines.by_ref().take_while(|line| !line.trim().starts_with("```")).collect();
            blocks.push(Block::Code(code.join("\n")));
            continue;
        }
        let level = trimmed.bytes().take_while(|byte| *byte == b'#').count();
        if (1..=6).contains(&level) && trimmed[level..].starts_with(' ') {
            flush(&mut blocks, &mut paragraph);
            blocks.push(Block::Heading(level as u8, inline(trimmed[level..].trim())));
        } else if trimmed.starts_with('|') {
            flush(&mut blocks, &mut paragraph);
            let mut rows = vec![cells(trimmed)];
            while let Some(next) = lines.next_if(|next| next.trim().starts_with('|')) {
                rows.push(cells(next.trim()));
            }
            rows.retain(|row| !row.iter().all(|cell| is_rule(cell)));
            blocks.push(Block::Table(rows));
        } else if let Some((number, item)) = list_item(trimmed) {
            flush(&mut blocks, &mut paragraph);
            blocks.push(Block::Item(number, inline(item)));
        } else if trimmed.is_empty() {
            flush(&mut blocks, &mut paragraph);
        } else {
            if !paragraph.is_empty() {
                paragraph.push(' ');
            }
            paragraph.push_str(trimmed);
        }
    }
    flush(&mut blocks, &mut paragraph);
    blocks
}

fn flush(blocks: &mut Vec<Block>, paragraph: &mut String) {
    if !paragraph.is_empty() {
        blocks.push(Block::Paragraph(inline(paragraph)));
        paragraph.clear();
    }
}

fn list_item(line: &str) -> Option<(Option<u32>, &str)> {
    if let Some(item) = line.strip_prefix("- ").or_else(|| line.strip_prefix("* ")) {
        return Some((None, item));
    }
    let (number, item) = line.split_once(". ")?;
    Some((Some(number.parse().ok()?), item))
}

fn cells(line: &str) -> Vec<String> {
    line.trim_matches('|').split('|').map(|cell| inline(cell.trim())).collect()
}

fn is_rule(cell: &str) -> bool {
    cell.len() >= 3 && cell.bytes().all(|byte| byte == b'-' || byte == b':')
}

/// Removes the marks of emphasis and code, and keeps only the text of links.
fn inline(text: &str) -> String {
    let text = text.replace("**", "").replace('`', "");
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(open) = rest.find('[') {
        let link = rest[open..].find("](").and_then(|middle| {
            let end = rest[open + middle..].find(')')?;
            Some((middle, end))
        });
        let Some((middle, end)) = link else { break };
        out.push_str(&rest[..open]);
        out.push_str(&rest[open + 1..open + middle]);
        rest = &rest[open + middle + end + 1..];
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_blocks_we_write() {
        let text = "# Title\n\nOne **bold**\nline with [a link](https://example.com).\n\n- a\n2. b\n\n| x | y |\n|---|---|\n| 1 | 2 |\n\n```\ncode\n```\n";
        let expected = vec![
            Block::Heading(1, "Title".into()),
            Block::Paragraph("One bold line with a link.".into()),
            Block::Item(None, "a".into()),
            Block::Item(Some(2), "b".into()),
            Block::Table(vec![vec!["x".into(), "y".into()], vec!["1".into(), "2".into()]]),
            Block::Code("code".into()),
        ];
        assert_eq!(parse_blocks(text), expected);
    }
}
