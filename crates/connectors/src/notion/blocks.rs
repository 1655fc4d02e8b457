//! Blocks as Markdown.
//!
//! Works through the flat list that a walk brought, with a stack of margins instead of recursion. Addresses that end
//! (Notion's own files) never come into the text: it would be another with every reading.

use std::collections::BTreeMap;

use serde_json::Value;

use super::files::FileLink;
use super::ids::{address, address_of_block, anchor};
use super::properties::Titles;
use super::rich_text::{escaped, link_target, longest_run, markdown, one_line, plain, runs};
use super::walk::Node;
use super::wire::{Block, field};
use crate::parts::Parts;

/// What could not be shown: how often, by type.
pub type Unshown = BTreeMap<String, u32>;

/// Renders a page's blocks, in order.
pub fn render(page: &str, nodes: &[Node], titles: &Titles) -> (String, Unshown) {
    let levels = vec![Level::default()];
    let mut writer = Writer {
        page,
        titles,
        levels,
        out: String::new(),
        unshown: Unshown::new(),
        parts: Parts::default(),
        last: None,
    };
    for node in nodes {
        writer.node(node);
    }
    (writer.out, writer.unshown)
}

struct Writer<'a> {
    page: &'a str,
    titles: &'a Titles,
    out: String,
    unshown: Unshown,
    parts: Parts,
    /// One for each open depth.
    levels: Vec<Level>,
    last: Option<Last>,
}

/// A depth of the tree, as far as it is open.
#[derive(Clone, Default)]
struct Level {
    /// What each line of the blocks there begins with.
    margin: String,
    /// The number of the last block there, while it is of a numbered list.
    number: Option<u64>,
    /// Rows of the table there so far, and whether its first row is the head.
    table: Option<(u32, bool)>,
}

/// What was written last: decides whether an empty line comes before the next.
struct Last {
    margin: String,
    row: Row,
}

/// Blocks that stand line by line, without an empty line between them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Row {
    Apart,
    List,
    Table,
}

impl Writer<'_> {
    fn node(&mut self, node: &Node) {
        // A depth that was skipped (its parent was not shown) stands at the margin above it.
        let depth = usize::from(node.depth).min(self.levels.len() - 1);
        self.levels.truncate(depth + 1);
        let block = &node.block;
        if block.kind != "numbered_list_item" {
            self.levels[depth].number = None;
        }
        if self.levels[depth].margin.is_empty() {
            self.mark(block);
        }
        let child_margin = self.block(block, depth);
        let below = match child_margin {
            Some(margin) => margin,
            None => self.levels[depth].margin.clone(),
        };
        let is_head = block.body.get("has_column_header").and_then(Value::as_bool).unwrap_or(false);
        let table = (block.kind == "table").then_some((0, is_head));
        self.levels.push(Level { margin: below, number: None, table });
    }

    /// Names a block that begins a part, so that a passage in it can be opened there. Headings are named in any case.
    fn mark(&mut self, block: &Block) {
        match heading_level(&block.kind) {
            Some(_) => self.parts.begin(self.out.len()),
            None if block.kind == "table_row" => {}
            None => self.out.extend(self.parts.mark(self.out.len(), &anchor(&block.id))),
        }
    }

    /// Writes one block, and says at which margin its children stand where that is another.
    fn block(&mut self, block: &Block, depth: usize) -> Option<String> {
        let margin = self.levels[depth].margin.clone();
        let indented = |by: usize| Some(format!("{margin}{}", " ".repeat(by)));
        match block.kind.as_str() {
            "bulleted_list_item" => {
                self.item(&margin, "- ", &markdown(&block.rich_text()));
                return indented(2);
            }
            "numbered_list_item" => {
                let first: Option<f64> = field(&block.body, "list_start_index");
                let next = self.levels[depth].number.map(|number| number + 1);
                let number = next.or(first.map(|first| first.max(0.0) as u64)).unwrap_or(1);
                self.levels[depth].number = Some(number);
                let mark = format!("{number}. ");
                self.item(&margin, &mark, &markdown(&block.rich_text()));
                return indented(mark.len());
            }
            "to_do" => {
                let checked: bool = field(&block.body, "checked").unwrap_or_default();
                let mark = if checked { "- [x] " } else { "- [ ] " };
                self.item(&margin, mark, &markdown(&block.rich_text()));
                return indented(2);
            }
            "quote" | "callout" => {
                let below = format!("{margin}> ");
                let text = format!("{}{}", icon(&block.body), markdown(&block.rich_text()));
                self.write(&below, "", "", &text, Row::Apart);
                return Some(below);
            }
            "code" => self.code(&margin, block),
            "equation" => {
                if let Some(expression) = block.text("expression") {
                    self.write(&margin, "", "", &format!("$${expression}$$"), Row::Apart);
                }
            }
            "divider" => self.write(&margin, "", "", "---", Row::Apart),
            "table_row" => self.table_row(&margin, block, depth),
            "child_page" | "child_database" => {
                let title = block.text("title").unwrap_or_else(|| "Untitled".to_owned());
                self.link(&margin, &title, &address(&block.id), "");
            }
            "image" | "video" | "audio" | "pdf" | "file" => self.file(&margin, block),
            "bookmark" | "embed" | "link_preview" => self.web_address(&margin, block),
            "link_to_page" => self.link_to_page(&margin, block),
            "meeting_notes" | "transcription" => self.meeting(&margin, block),
            // They only hold others, or show what stands elsewhere anyway.
            "table" | "column_list" | "column" | "tab" | "synced_block" | "table_of_contents"
            | "breadcrumb" => {}
            "unsupported" => {
                let kind = block.text("block_type").unwrap_or_else(|| "unsupported".to_owned());
                self.not_shown(&kind);
            }
            kind => match heading_level(kind) {
                Some(level) => {
                    let text = one_line(&block.rich_text());
                    let mark = format!("{} ", "#".repeat(level));
                    // Named, so that a passage below it can be opened there.
                    let text =
                        if text.is_empty() { text } else { format!("{text} {{#{}}}", anchor(&block.id)) };
                    self.write(&margin, &mark, "", &text, Row::Apart);
                }
                None => self.text(&margin, block),
            },
        }
        None
    }

    /// A paragraph, a toggle, a template, or anything new that has text.
    fn text(&mut self, margin: &str, block: &Block) {
        let words = block.rich_text();
        let is_known = matches!(block.kind.as_str(), "paragraph" | "toggle" | "template");
        if !is_known && words.is_empty() && !block.has_children {
            let kind = if block.kind.is_empty() { "block" } else { &block.kind };
            self.not_shown(kind);
        }
        self.write(margin, "", "", &format!("{}{}", icon(&block.body), markdown(&words)), Row::Apart);
    }

    fn item(&mut self, margin: &str, mark: &str, text: &str) {
        // Further lines stand below the text, not below the mark of a task.
        let rest = " ".repeat(if mark.starts_with('-') { 2 } else { mark.len() });
        match text.trim().is_empty() {
            true => self.line(margin, mark.trim_end(), Row::List),
            false => self.write(margin, mark, &rest, text, Row::List),
        }
    }

    fn code(&mut self, margin: &str, block: &Block) {
        let text = plain(&block.rich_text());
        let fence = "`".repeat((longest_run(&text, '`') + 1).max(3));
        let language = block.text("language").filter(|language| language != "plain text").unwrap_or_default();
        self.line(margin, &format!("{fence}{}", language.replace(char::is_whitespace, "-")), Row::Apart);
        for line in text.lines() {
            self.add_line(margin, line);
        }
        self.add_line(margin, &fence);
        self.write(margin, "", "", &markdown(&block.caption()), Row::Apart);
    }

    fn table_row(&mut self, margin: &str, block: &Block, depth: usize) {
        let cells = block.body.get("cells").and_then(Value::as_array);
        let cells: Vec<String> =
            cells.into_iter().flatten().map(|cell| one_line(&runs(cell)).replace('|', "\\|")).collect();
        let row = |cells: &[String]| format!("| {} |", cells.join(" | "));
        let (rows, has_head) = self.levels[depth].table.unwrap_or((0, true));
        if rows == 0 {
            let empty = vec![String::new(); cells.len()];
            let head = if has_head { &cells } else { &empty };
            self.line(margin, &row(head), Row::Table);
            self.add_line(margin, &row(&vec!["---".to_owned(); cells.len()]));
        }
        if rows > 0 || !has_head {
            self.line(margin, &row(&cells), Row::Table);
        }
        self.levels[depth].table = Some((rows + 1, has_head));
    }

    fn file(&mut self, margin: &str, block: &Block) {
        let Some(file) = FileLink::of_block(block) else { return self.not_shown(&block.kind) };
        let target = match file.is_hosted {
            true => address_of_block(self.page, &block.id),
            false => file.link.url.clone(),
        };
        let caption = one_line(&block.caption());
        let says_more = !caption.is_empty() && plain(&block.caption()).trim() != file.name.trim();
        self.link(margin, &file.name, &target, if says_more { &caption } else { "" });
    }

    fn web_address(&mut self, margin: &str, block: &Block) {
        let Some(url) = block.text("url") else { return };
        let caption = plain(&block.caption());
        self.link(margin, if caption.trim().is_empty() { &url } else { &caption }, &url, "");
    }

    fn link_to_page(&mut self, margin: &str, block: &Block) {
        let Some(id) = linked_page(block) else { return };
        let title = self.titles.get(&id).map_or("a page that cannot be read", String::as_str);
        self.link(margin, title, &address(&id), "");
    }

    fn meeting(&mut self, margin: &str, block: &Block) {
        let title = one_line(&block.body.get("title").map(runs).unwrap_or_default());
        let title = if title.is_empty() { "Meeting notes".to_owned() } else { title };
        let is_ready = block.text("status").is_none_or(|status| status == "notes_ready");
        let state = if is_ready { "" } else { " (the notes are not ready yet)" };
        self.write(margin, "", "", &format!("**{title}**{state}"), Row::Apart);
    }

    fn link(&mut self, margin: &str, words: &str, target: &str, more: &str) {
        let words = escaped(&words.split_whitespace().collect::<Vec<_>>().join(" "), false);
        let more = if more.is_empty() { String::new() } else { format!(" {more}") };
        self.write(margin, "", "", &format!("[{words}]({}){more}", link_target(target)), Row::Apart);
    }

    fn not_shown(&mut self, kind: &str) {
        *self.unshown.entry(kind.to_owned()).or_default() += 1;
    }

    /// Writes text of several lines: a mark before the first, as much space before the others.
    fn write(&mut self, margin: &str, mark: &str, rest: &str, text: &str, row: Row) {
        let mut lines = text.trim_end().lines();
        let Some(first) = lines.next() else { return };
        self.line(margin, &format!("{mark}{first}"), row);
        for line in lines {
            self.add_line(margin, &format!("{rest}{line}"));
        }
    }

    /// Starts a block with its first line.
    fn line(&mut self, margin: &str, line: &str, row: Row) {
        if let Some(last) = &self.last {
            let is_tight = row == last.row && row != Row::Apart;
            if !is_tight {
                // Between two blocks of one quotation the empty line belongs to it as well.
                let shared = if last.margin.starts_with(margin) { margin } else { &last.margin };
                let shared = if margin.starts_with(shared) { shared } else { "" };
                let empty = shared.trim_end().to_owned();
                self.out.push_str(&empty);
                self.out.push('\n');
            }
        }
        self.add_line(margin, line);
        self.last = Some(Last { margin: margin.to_owned(), row });
    }

    fn add_line(&mut self, margin: &str, line: &str) {
        let whole = format!("{margin}{line}");
        self.out.push_str(whole.trim_end());
        self.out.push('\n');
    }
}

/// The page or database that a block links to.
pub fn linked_page(block: &Block) -> Option<String> {
    if block.kind != "link_to_page" {
        return None;
    }
    block.reference("page_id").or_else(|| block.reference("database_id"))
}

fn heading_level(kind: &str) -> Option<usize> {
    let level = kind.strip_prefix("heading_")?.parse().ok()?;
    (1..=6).contains(&level).then_some(level)
}

/// An emoji before the text, with a blank behind it.
fn icon(body: &Value) -> String {
    let Some(icon) = body.get("icon") else { return String::new() };
    let own: Option<String> = icon.get("custom_emoji").and_then(|emoji| field(emoji, "name"));
    match field::<String>(icon, "emoji").or(own.map(|name| format!(":{name}:"))) {
        Some(emoji) => format!("{emoji} "),
        None => String::new(),
    }
}
