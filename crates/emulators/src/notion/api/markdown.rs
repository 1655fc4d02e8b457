//! A whole page as enhanced Markdown.

use serde_json::{Value, json};

use super::{Call, Result, blocks, object};
use crate::kernel::answer::Answer;
use crate::notion::errors::ApiError;
use crate::notion::ids::{self, Id};
use crate::notion::render::View;
use crate::notion::workspace::{Detail, Index, Kind};

/// Answers for a page, or for a block whose id an earlier answer called unknown.
pub fn get(call: &Call<'_>, id: Id) -> Result<Answer> {
    call.only_params(&["include_transcript"])?;
    let transcript = match call.param("include_transcript") {
        None | Some("false") => false,
        Some("true") => true,
        Some(other) => {
            return Err(ApiError::validation(format!(
                "query failed validation: query.include_transcript should be a boolean, instead was `\"{other}\"`."
            )));
        }
    };
    let store = call.notion.read();
    let view = call.view(&store);
    let index = blocks::find_block(call, &view, id).map_err(|_| call.not_found("page", id))?;
    if store.node(index).kind == Kind::Database {
        return Err(call.not_found("page", id));
    }
    let mut writer = Writer {
        view: &view,
        out: String::new(),
        left: call.switches.markdown_block_limit,
        unknown: Vec::new(),
        transcript,
    };
    if store.node(index).kind == Kind::Page {
        writer.children(index, 0);
    } else {
        writer.block(index, 0, 1);
    }
    let unknown: Vec<String> = writer.unknown.iter().map(|id| ids::show(*id)).collect();
    let markdown = writer.out.trim_end_matches('\n').to_owned();
    Ok(object(json!({
        "object": "page_markdown",
        "id": ids::show(id),
        "markdown": markdown,
        "truncated": !unknown.is_empty(),
        "unknown_block_ids": unknown,
    })))
}

struct Writer<'a> {
    view: &'a View<'a>,
    out: String,
    /// How many more blocks fit.
    left: usize,
    unknown: Vec<Id>,
    transcript: bool,
}

impl Writer<'_> {
    fn line(&mut self, depth: usize, text: &str) {
        for line in text.split('\n') {
            for _ in 0..depth {
                self.out.push('\t');
            }
            self.out.push_str(line);
            self.out.push('\n');
        }
    }

    fn unknown(&mut self, id: Id, depth: usize) {
        let url = self.view.url(id, "");
        self.line(depth, &format!("<unknown url=\"{url}\" alt=\"\"/>"));
        self.unknown.push(id);
    }

    fn children(&mut self, index: Index, depth: usize) {
        let store = self.view.store;
        if let Detail::Generated { .. } = store.node(index).detail {
            for (_, detail) in store.generated_blocks(index) {
                self.line(depth, &rich(&detail.body["rich_text"]));
            }
            return;
        }
        let mut number = 0;
        for child in store.node(index).children.clone() {
            if !self.view.listed(child) {
                continue;
            }
            let numbered = matches!(&store.node(child).detail, Detail::Block(block) if block.kind == "numbered_list_item");
            number = if numbered { number + 1 } else { 0 };
            if self.left == 0 {
                self.unknown(store.node(child).id, depth);
                return;
            }
            self.left -= 1;
            self.block(child, depth, number);
        }
    }

    fn block(&mut self, index: Index, depth: usize, number: usize) {
        let store = self.view.store;
        let node = store.node(index);
        let title = store.plain_title(index);
        match &node.detail {
            Detail::Page(_) | Detail::Generated { .. } => {
                let url = self.view.url(node.id, &title);
                return self.line(depth, &format!("<page url=\"{url}\">{title}</page>"));
            }
            Detail::Database(_) | Detail::DataSource(_) => {
                let url = self.view.url(node.id, "");
                return self.line(depth, &format!("<database url=\"{url}\">{title}</database>"));
            }
            Detail::Block(_) => {}
        }
        let Detail::Block(detail) = &node.detail else { return };
        let kind = detail.kind.as_str();
        let body = self.view.finish(&detail.body);
        let words = rich(&body["rich_text"]);
        match kind {
            "paragraph" => self.line(depth, &words),
            "heading_1" | "heading_2" | "heading_3" | "heading_4" => {
                let marks = "#".repeat(kind[8..].parse().unwrap_or(1));
                let toggle = if body["is_toggleable"] == true { " {toggle=\"true\"}" } else { "" };
                self.line(depth, &format!("{marks} {words}{toggle}"));
            }
            "bulleted_list_item" => self.line(depth, &format!("- {words}")),
            "numbered_list_item" => self.line(depth, &format!("{}. {words}", number.max(1))),
            "to_do" => {
                let mark = if body["checked"] == true { 'x' } else { ' ' };
                self.line(depth, &format!("- [{mark}] {words}"));
            }
            "quote" => self.line(depth, &format!("> {words}")),
            "code" => {
                let language = body["language"].as_str().filter(|name| *name != "plain text");
                let plain =
                    super::super::text::plain_text(body["rich_text"].as_array().map_or(&[], Vec::as_slice));
                self.line(depth, &format!("```{}\n{plain}\n```", language.unwrap_or("")));
            }
            "equation" => {
                let expression = body["expression"].as_str().unwrap_or_default();
                self.line(depth, &format!("$$\n{expression}\n$$"));
            }
            "divider" => self.line(depth, "---"),
            "table_of_contents" => self.line(depth, "<table_of_contents/>"),
            "breadcrumb" => {}
            "toggle" => {
                return self.wrapped(
                    index,
                    depth,
                    "<details>",
                    "</details>",
                    &format!("<summary>{words}</summary>"),
                );
            }
            "callout" => {
                let icon = body["icon"]["emoji"].as_str().unwrap_or("💡");
                return self.wrapped(
                    index,
                    depth,
                    &format!("<callout icon=\"{icon}\">"),
                    "</callout>",
                    &words,
                );
            }
            "column_list" => return self.wrapped(index, depth, "<columns>", "</columns>", ""),
            "column" => return self.wrapped(index, depth, "<column>", "</column>", ""),
            "tab" => return self.wrapped(index, depth, "<tabs>", "</tabs>", ""),
            "table" => return self.table(index, depth, &body),
            "synced_block" => return self.synced(index, depth),
            "image" => self.media(depth, &body, "image"),
            "video" | "audio" | "pdf" | "file" => self.media(depth, &body, kind),
            "link_to_page" => self.link_to_page(depth, &body),
            "meeting_notes" => return self.meeting(index, depth, &body),
            // What this dialect has no words for.
            _ => return self.unknown(node.id, depth),
        }
        self.children(index, depth + 1);
    }

    fn wrapped(&mut self, index: Index, depth: usize, open: &str, close: &str, first: &str) {
        self.line(depth, open);
        if !first.is_empty() {
            self.line(depth + usize::from(!first.starts_with("<summary>")), first);
        }
        self.children(index, depth + 1);
        self.line(depth, close);
    }

    fn table(&mut self, index: Index, depth: usize, body: &Value) {
        let header = body["has_column_header"] == true;
        self.line(depth, &format!("<table header-row=\"{header}\">"));
        for row in self.view.store.node(index).children.clone() {
            let Detail::Block(detail) = &self.view.store.node(row).detail else { continue };
            self.left = self.left.saturating_sub(1);
            let cells = self.view.finish(&detail.body["cells"]);
            self.line(depth, "<tr>");
            for cell in cells.as_array().into_iter().flatten() {
                self.line(depth, &format!("<td>{}</td>", rich(cell)));
            }
            self.line(depth, "</tr>");
        }
        self.line(depth, "</table>");
    }

    fn synced(&mut self, index: Index, depth: usize) {
        let store = self.view.store;
        let Detail::Block(detail) = &store.node(index).detail else { return };
        let url = self.view.url(store.node(index).id, "");
        match (self.view.original_of(detail), self.view.children_holder(index)) {
            (None, _) => {
                self.wrapped(index, depth, &format!("<synced_block url=\"{url}\">"), "</synced_block>", "")
            }
            (Some(_), Some(original)) => {
                let open = format!("<synced_block_reference url=\"{url}\">");
                self.wrapped(original, depth, &open, "</synced_block_reference>", "");
            }
            (Some(original), None) => self.unknown(original, depth),
        }
    }

    fn media(&mut self, depth: usize, body: &Value, kind: &str) {
        let url = body["file"]["url"].as_str().or(body["external"]["url"].as_str()).unwrap_or_default();
        let caption = rich(&body["caption"]);
        if kind == "image" {
            return self.line(depth, &format!("![{caption}]({url})"));
        }
        self.line(depth, &format!("<{kind} src=\"{url}\">{caption}</{kind}>"));
    }

    fn link_to_page(&mut self, depth: usize, body: &Value) {
        let id = body["page_id"].as_str().or(body["database_id"].as_str()).and_then(ids::parse);
        let Some(id) = id else { return };
        let url = self.view.url(id, "");
        self.line(depth, &format!("<mention-page url=\"{url}\"/>"));
    }

    fn meeting(&mut self, index: Index, depth: usize, body: &Value) {
        let store = self.view.store;
        self.line(depth, "<meeting-notes>");
        self.line(depth + 1, &rich(&body["title"]));
        let part = |name: &str| {
            let id = body["children"][name].as_str().and_then(ids::parse);
            id.and_then(|id| store.find(id)).filter(|found| store.is_within(*found, index))
        };
        let transcript = if self.transcript { part("transcript_block_id") } else { None };
        for (name, found) in [
            ("summary", part("summary_block_id")),
            ("notes", part("notes_block_id")),
            ("transcript", transcript),
        ] {
            if let Some(found) = found {
                self.line(depth + 1, &format!("<{name}>"));
                self.children(found, depth + 2);
                self.line(depth + 1, &format!("</{name}>"));
            }
        }
        self.line(depth, "</meeting-notes>");
    }
}

/// Writes rich text with Markdown's marks: code inside, then bold, italic and struck, then the link.
fn rich(items: &Value) -> String {
    let mut out = String::new();
    for item in items.as_array().into_iter().flatten() {
        let words = item["plain_text"].as_str().unwrap_or_default();
        let marks = &item["annotations"];
        let mut text = match item["type"].as_str() {
            Some("equation") => format!("$`{words}`$"),
            Some("mention") => mention(&item["mention"], words, item["href"].as_str()),
            _ => words.replace('\n', "<br>"),
        };
        if marks["code"] == true {
            text = format!("`{text}`");
        }
        for (name, sign) in [("strikethrough", "~~"), ("italic", "*"), ("bold", "**")] {
            if marks[name] == true {
                text = format!("{sign}{text}{sign}");
            }
        }
        if item["type"] == "text"
            && let Some(href) = item["href"].as_str()
        {
            text = format!("[{text}]({href})");
        }
        out.push_str(&text);
    }
    out
}

fn mention(mention: &Value, words: &str, href: Option<&str>) -> String {
    match mention["type"].as_str() {
        Some("user") => {
            let id = mention["user"]["id"].as_str().unwrap_or_default();
            format!("<mention-user url=\"user://{id}\">{}</mention-user>", words.trim_start_matches('@'))
        }
        Some(kind @ ("page" | "database")) => {
            format!("<mention-{kind} url=\"{}\">{words}</mention-{kind}>", href.unwrap_or_default())
        }
        Some("date") => {
            let start = mention["date"]["start"].as_str().unwrap_or_default();
            match mention["date"]["end"].as_str() {
                Some(end) => format!("<mention-date start=\"{start}\" end=\"{end}\"/>"),
                None => format!("<mention-date start=\"{start}\"/>"),
            }
        }
        Some("custom_emoji") => words.to_owned(),
        _ => match href {
            Some(href) => format!("[{words}]({href})"),
            None => words.to_owned(),
        },
    }
}
