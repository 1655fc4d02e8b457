//! Markdown as sections: one below each heading, with the path of headings above it.

use gangway_model::{Document, Place, Section};

use crate::text::one_line;

/// Sections after which headings no longer start new ones.
const MAX_SECTIONS: usize = 20_000;
const HEADING_CHARS: usize = 120;
/// Bytes of a heading's name at its source.
const ANCHOR_BYTES: usize = 80;
/// Begins the line of a front matter that holds the title.
const TITLE: &str = "title:";
/// Between the headings of a path.
const PATH_SEPARATOR: &str = " › ";

/// Splits clean Markdown into sections. The title is the front matter's `title`, else the first heading of level 1.
pub(crate) fn read_markdown(text: &str) -> Document {
    let (front, body) = front_matter(text);
    let mut sections = Sections::new(Place::default());
    // The title is told apart from the text; without anything else it is all there is.
    let is_all = body.trim().is_empty() && front.lines().all(|line| line.starts_with(TITLE));
    front.lines().filter(|line| is_all || !line.starts_with(TITLE)).for_each(|line| sections.line(line));
    let mut fence: Option<&str> = None;
    let mut lines = body.lines().peekable();
    while let Some(line) = lines.next() {
        let mark = fence_mark(line);
        match (fence, mark) {
            (Some(open), Some(mark)) if mark.starts_with(open) => fence = None,
            (None, Some(mark)) => fence = Some(mark),
            _ => {}
        }
        if fence.is_none() && mark.is_none() {
            if let Some((level, heading)) = hash_heading(line) {
                let (heading, anchor) = anchored(heading);
                sections.heading(level, heading);
                if let Some(anchor) = anchor {
                    sections.anchor(anchor);
                    sections.line(&format!("{} {heading}", "#".repeat(level.into())));
                    continue;
                }
            } else if let Some(name) = part_mark(line) {
                sections.part(name);
                continue;
            } else if let Some(level) = lines.peek().and_then(|next| underline_level(line, next)) {
                sections.heading(level, line.trim());
                sections.line(line);
                if let Some(underline) = lines.next() {
                    sections.line(underline);
                }
                continue;
            }
        }
        sections.line(line);
    }
    let title = title_in(front).or(sections.first_title());
    Document { title, sections: sections.finish(), ..Document::default() }
}

/// Builds sections from lines and headings. A heading without text of its own stays with what follows it.
pub(crate) struct Sections {
    base: Place,
    path: Vec<(u8, String)>,
    /// The name that the heading above, or the part below it, bears at its source.
    anchor: Option<String>,
    text: String,
    has_body: bool,
    heading_pending: bool,
    first_title: Option<String>,
    done: Vec<Section>,
}

impl Sections {
    pub(crate) fn new(base: Place) -> Self {
        Self {
            base,
            path: Vec::new(),
            anchor: None,
            text: String::new(),
            has_body: false,
            heading_pending: false,
            first_title: None,
            done: Vec::new(),
        }
    }

    /// Starts the part below a heading; the heading's own line is to follow by [`Sections::line`].
    pub(crate) fn heading(&mut self, level: u8, heading: &str) {
        if self.has_body && self.done.len() < MAX_SECTIONS {
            self.close();
        }
        self.anchor = None;
        let heading = one_line(heading.trim_matches(['*', '_']), HEADING_CHARS);
        if level == 1 && self.first_title.is_none() && !heading.is_empty() {
            self.first_title = Some(heading.clone());
        }
        self.path.retain(|(above, _)| *above < level);
        if !heading.is_empty() {
            self.path.push((level, heading));
        }
        self.heading_pending = true;
    }

    /// What the heading that was just started is called at its source.
    fn anchor(&mut self, anchor: &str) {
        self.anchor = Some(anchor.to_owned());
    }

    /// Starts a part below the same heading that has a name at its source. Right below a heading, the heading's counts.
    fn part(&mut self, name: &str) {
        if self.has_body && self.done.len() < MAX_SECTIONS {
            self.close();
            self.anchor = Some(name.to_owned());
        }
    }

    pub(crate) fn line(&mut self, line: &str) {
        let is_heading = std::mem::take(&mut self.heading_pending);
        self.has_body |= !is_heading && line.chars().any(char::is_alphanumeric);
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// Adds a paragraph, table or list item of its own.
    pub(crate) fn block(&mut self, block: &str) {
        if !(self.text.is_empty()
            || is_list_item(block) && self.text.lines().last().is_some_and(is_list_item))
        {
            self.text.push('\n');
        }
        self.line(block);
    }

    /// The first heading of level 1.
    pub(crate) fn first_title(&self) -> Option<String> {
        self.first_title.clone()
    }

    fn close(&mut self) {
        let text = std::mem::take(&mut self.text);
        self.has_body = false;
        let text = text.trim_matches('\n').trim_end();
        if !text.trim().is_empty() {
            let path: Vec<&str> = self.path.iter().map(|(_, heading)| heading.as_str()).collect();
            let heading = (!path.is_empty()).then(|| path.join(PATH_SEPARATOR));
            let place = Place { heading, message: self.anchor.clone(), ..self.base.clone() };
            self.done.push(Section { place, text: text.to_owned() });
        }
    }

    pub(crate) fn finish(mut self) -> Vec<Section> {
        self.close();
        self.done
    }
}

fn is_list_item(line: &str) -> bool {
    line.starts_with("- ")
}

/// `## Heading ##` gives its level and text.
fn hash_heading(line: &str) -> Option<(u8, &str)> {
    let trimmed = line.trim_start_matches(' ');
    let level = trimmed.bytes().take_while(|byte| *byte == b'#').count();
    let rest = &trimmed[level..];
    let is_heading = line.len() - trimmed.len() < 4 && (1..=6).contains(&level);
    (is_heading && (rest.is_empty() || rest.starts_with([' ', '\t'])))
        .then(|| (level as u8, rest.trim().trim_end_matches('#').trim_end()))
}

/// A line `<!-- #name -->` begins a part of that name. As a comment it is no text.
fn part_mark(line: &str) -> Option<&str> {
    line.strip_prefix("<!-- #")?.strip_suffix(" -->").filter(|name| is_name(name))
}

fn is_name(name: &str) -> bool {
    (1..=ANCHOR_BYTES).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte))
}

/// A heading without the `{#name}` at its end, and that name.
fn anchored(heading: &str) -> (&str, Option<&str>) {
    let found = heading.strip_suffix('}').and_then(|rest| rest.rsplit_once("{#"));
    match found {
        Some((text, name)) if is_name(name) && (text.is_empty() || text.ends_with(' ')) => {
            (text.trim_end(), Some(name))
        }
        _ => (heading, None),
    }
}

/// The level of a heading that is underlined by `===` or `---`.
fn underline_level(line: &str, next: &str) -> Option<u8> {
    let starts_block = line.trim_start().starts_with(['#', '>', '-', '*', '+', '|', '=']);
    if line.trim().is_empty() || starts_block || line.starts_with("    ") {
        return None;
    }
    let next = next.trim_end();
    let all = |mark: char| next.len() >= 2 && next.chars().all(|c| c == mark);
    match () {
        _ if all('=') => Some(1),
        _ if all('-') => Some(2),
        _ => None,
    }
}

/// The opening or closing mark of a code block.
fn fence_mark(line: &str) -> Option<&str> {
    let line = line.trim_start();
    ["```", "~~~"].into_iter().find(|mark| line.starts_with(mark))
}

/// Splits the YAML block off the start: its lines, and what follows it.
fn front_matter(text: &str) -> (&str, &str) {
    text.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---\n")).unwrap_or(("", text))
}

fn title_in(front_matter: &str) -> Option<String> {
    let title = front_matter.lines().find_map(|line| line.strip_prefix(TITLE))?;
    Some(one_line(title.trim().trim_matches(['"', '\'']), HEADING_CHARS)).filter(|title| !title.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headings(document: &Document) -> Vec<Option<&str>> {
        document.sections.iter().map(|section| section.place.heading.as_deref()).collect()
    }

    #[test]
    fn sections_know_their_heading_path() {
        let document = read_markdown("intro\n\n# One\ntext\n## Two\nmore\n### Deep\nx\n## Three ##\ny\n");
        assert_eq!(
            headings(&document),
            [None, Some("One"), Some("One › Two"), Some("One › Two › Deep"), Some("One › Three")]
        );
        assert_eq!(document.sections[1].text, "# One\ntext");
        assert_eq!(document.title.as_deref(), Some("One"));
    }

    #[test]
    fn headings_without_text_stay_with_what_follows() {
        let document = read_markdown("# Book\n\n## Chapter\n\nIt begins.\n");
        assert_eq!(headings(&document), [Some("Book › Chapter")]);
        assert_eq!(document.sections[0].text, "# Book\n\n## Chapter\n\nIt begins.");
    }

    #[test]
    fn code_blocks_hold_no_headings() {
        let document = read_markdown("# A\n```sh\n# not a heading\n```\n~~~\n# nor this\n~~~\nend");
        assert_eq!(headings(&document), [Some("A")]);
    }

    #[test]
    fn underlined_headings_and_front_matter_are_read() {
        let document = read_markdown("---\ntitle: \"The Title\"\n---\nBig\n===\na\n\nSmall\n---\nb\n");
        assert_eq!(document.title.as_deref(), Some("The Title"));
        assert_eq!(headings(&document), [Some("Big"), Some("Big › Small")]);
    }

    #[test]
    fn a_title_in_the_front_is_told_apart_from_the_text() {
        let text = |text: &str| -> Vec<String> {
            read_markdown(text).sections.into_iter().map(|section| section.text).collect()
        };
        assert_eq!(text("---\ntitle: Roof\nStatus: Done\n---\n\nwords\n"), ["Status: Done\n\nwords"]);
        assert_eq!(text("---\ntitle: Roof\n---\nwords\n"), ["words"]);
        assert_eq!(text("---\ntitle: Roof\n---\n\n"), ["title: Roof"], "where there is nothing else");
        assert_eq!(read_markdown("---\ntitle: Roof\n---\n\n").title.as_deref(), Some("Roof"));
    }

    #[test]
    fn headings_may_bear_a_name_that_is_not_part_of_the_text() {
        let document =
            read_markdown("# Top {#35261e8c}\n\n## Costs {#b.2:x}\ntext\n## Plain\nmore\n## Odd {#a b}\nx\n");
        let places: Vec<_> = document.sections.iter().map(|one| one.place.message.as_deref()).collect();
        assert_eq!(places, [Some("b.2:x"), None, None]);
        assert_eq!(headings(&document)[0], Some("Top › Costs"));
        assert_eq!(document.sections[0].text, "# Top\n\n## Costs\ntext");
        assert_eq!(document.sections[2].text, "## Odd {#a b}\nx");
        assert_eq!(document.title.as_deref(), Some("Top"));
    }

    #[test]
    fn parts_bear_a_name_below_the_heading_they_stand_under() {
        let text = "first\n<!-- #a.1 -->\nsecond\n\n# Top {#t}\n<!-- #b -->\nthird\n\n<!-- #c -->\n- fourth\n\
                    <!-- #no name -->\n```\n<!-- #d -->\n```\n## Sub\nfifth\n";
        let document = read_markdown(text);
        let told: Vec<_> = document.sections.iter().map(|one| one.place.message.as_deref()).collect();
        assert_eq!(told, [None, Some("a.1"), Some("t"), Some("c"), None]);
        assert_eq!(headings(&document), [None, None, Some("Top"), Some("Top"), Some("Top › Sub")]);
        assert_eq!(document.sections[1].text, "second", "the mark is no text");
        assert_eq!(document.sections[3].text, "- fourth\n<!-- #no name -->\n```\n<!-- #d -->\n```");
    }

    #[test]
    fn only_headings_still_give_text() {
        let document = read_markdown("# Just a title");
        assert_eq!(document.sections[0].text, "# Just a title");
    }
}
