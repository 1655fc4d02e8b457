//! The library's document tree as our sections: pages, slides, sheets, or parts below headings.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Datelike, NaiveDateTime};
use gangway_model::{Document, Note, Place, Reason, Section, Timestamp, media};
use xberg::{AnnotationKind, DocumentNode, ExtractedDocument, NodeContent, PageContent, TableGrid};

use super::slides::Slides;
use super::word::{take_rows, with_tabs};
use super::workbook::Beside;
use crate::hyphens::with_whole_words;
use crate::letters::in_order;
use crate::markdown::Sections;
use crate::media_type::{DOC, ODP, ODS, PPT, XLS, XLSB};
use crate::table::{RowGroups, row_text, tabs_to_tables};
use crate::text::{AUTHOR_CHARS, TITLE_CHARS, finish, folded, one_line};

/// The code of the note on a page that may be a picture of text.
pub(super) const PAGE_WITHOUT_TEXT: &str = "page_without_text";
/// The library leaves words parted that were parted on paper.
const HYPHENS: [char; 3] = ['-', '\u{2010}', '\u{ad}'];
/// No file says truly that it is older.
const FIRST_YEAR: i32 = 1900;
/// The attribute of a node that holds the rows of the table before it.
const ROWS_BEFORE: &str = "rows_before";
/// Links of one block that are kept, and the longest.
const LINKS: usize = 50;
const LINK_BYTES: usize = 500;
const MAX_AUTHORS: usize = 20;

/// `beside` is what a workbook says that the library does not read; `slides` are the order of slides, and the words on
/// them that it passes over.
pub(super) fn to_document(
    mut extracted: ExtractedDocument,
    media_type: &str,
    beside: Beside,
    slides: Slides,
    text_bytes: usize,
) -> Document {
    if media_type == DOC {
        take_tables(&mut extracted);
    }
    let mut document = match media_type {
        media::XLSX | XLSB | XLS | ODS => sheets(&extracted, beside),
        // The tree of a PDF is guessed from its looks and loses words; the page's own text is true.
        media::PDF => paged(&extracted, 1.0, |page| Place { page: Some(page), ..Place::default() }),
        media::PPTX | PPT | ODP => {
            let mut slides = paged(&extracted, 0.9, |slide| Place { slide: Some(slide), ..Place::default() });
            if media_type == PPT {
                add_titles(&mut slides, &extracted);
            }
            slides
        }
        _ => by_headings(&extracted),
    };
    let metadata = &extracted.metadata;
    if let Some(title) = metadata.title.as_deref().map(|title| one_line(title, TITLE_CHARS)) {
        document.title = Some(title).filter(|title| says_something(title)).or(document.title.take());
    }
    let authors = metadata.authors.iter().flatten().map(|author| one_line(author, AUTHOR_CHARS));
    document.authors = authors.filter(|author| !author.is_empty()).take(MAX_AUTHORS).collect();
    let language = metadata.language.as_deref().map(str::trim);
    document.language = language.filter(|tag| is_language_tag(tag)).map(str::to_owned);
    document.created_at = metadata.created_at.as_deref().and_then(moment);
    document.modified_at = metadata.modified_at.as_deref().and_then(moment);
    slides.mend(&mut document);
    finish(&mut document, text_bytes);
    document
}

/// A BCP 47 tag, as far as its looks tell.
fn is_language_tag(tag: &str) -> bool {
    (2..=35).contains(&tag.len())
        && tag.starts_with(|c: char| c.is_ascii_alphabetic())
        && tag.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}

/// A time as office files and PDF write it; one without an offset is taken for UTC.
pub(crate) fn moment(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let with_offset = DateTime::parse_from_rfc3339(text).map(|time| time.to_utc());
    let without = || {
        let formats = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S"];
        formats
            .iter()
            .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
            .map(|time| time.and_utc())
    };
    let moment = with_offset.ok().or_else(without).or_else(|| pdf_moment(text));
    // Programs that do not know write zeros.
    moment.filter(|time| time.year() >= FIRST_YEAR)
}

/// `D:20240131120000+01'00'`, of which all after the day may be missing.
fn pdf_moment(text: &str) -> Option<Timestamp> {
    let text = text.strip_prefix("D:")?;
    let digits: String = text.chars().take_while(char::is_ascii_digit).take(14).collect();
    let whole = format!("{digits:0<14}");
    let time = (digits.len() >= 8).then(|| NaiveDateTime::parse_from_str(&whole, "%Y%m%d%H%M%S").ok())??;
    let offset = text[digits.len()..].replace('\'', "");
    let minutes = match (offset.get(..1), offset.get(1..3), offset.get(3..5).unwrap_or("00")) {
        (Some(sign @ ("+" | "-")), Some(hours), minutes) => {
            let total = hours.parse::<i64>().ok()? * 60 + minutes.parse::<i64>().ok()?;
            if sign == "-" { -total } else { total }
        }
        _ => 0,
    };
    Some(time.and_utc() - chrono::TimeDelta::minutes(minutes))
}

/// Titles that programs fill in by themselves say nothing.
fn says_something(title: &str) -> bool {
    !matches!(
        title.to_ascii_lowercase().as_str(),
        "" | "untitled" | "powerpoint presentation" | "presentation" | "document1"
    )
}

fn by_headings(extracted: &ExtractedDocument) -> Document {
    let mut sections = Sections::new(Place::default());
    for_each_block(extracted, |node, _, block| {
        if let Some(NodeContent::Heading { level, text }) = node.map(|node| &node.content) {
            sections.heading(*level, text);
        }
        sections.block(&block);
    });
    let title = sections.first_title();
    let mut document = Document { title, sections: sections.finish(), ..Document::default() };
    if document.sections.is_empty() && !extracted.content.trim().is_empty() {
        document.sections.push(Section { place: Place::default(), text: with_tabs(&extracted.content) });
    }
    document
}

/// One section for each page or slide, out of the tree, or with the page's own text where the tree has less than
/// `needed` of it (from 1 on: always, when there is any).
fn paged(extracted: &ExtractedDocument, needed: f32, place: impl Fn(u32) -> Place) -> Document {
    let mut pages: BTreeMap<u32, String> = BTreeMap::new();
    let mut current = 1;
    for_each_block(extracted, |_, page, block| {
        current = page.unwrap_or(current);
        let page = pages.entry(current).or_default();
        page.push_str(&block);
        page.push_str("\n\n");
    });
    for page in extracted.pages.iter().flatten() {
        let text = pages.entry(page.page_number).or_default();
        let own = visible_chars(&page.content);
        if own > 0 && (needed >= 1.0 || (visible_chars(text) as f32) < own as f32 * needed) {
            text.clone_from(&page.content);
        }
        append_notes(text, page);
    }
    let is_paper = place(1).page.is_some();
    let textless = pages.iter().filter(|(_, text)| is_paper && visible_chars(text) == 0);
    let notes = textless.map(|(number, _)| Note {
        place: place(*number),
        reason: Reason::new(PAGE_WITHOUT_TEXT, "the page holds no text"),
    });
    let notes = notes.collect();
    // The library writes the rows of a slide's table as lines with tabs.
    let shaped = |text: String| match is_paper {
        true => with_whole_words(&in_order(&text), &HYPHENS),
        false => tabs_to_tables(&text),
    };
    let sections =
        pages.into_iter().map(|(number, text)| Section { place: place(number), text: shaped(text) });
    Document { sections: sections.collect(), notes, ..Document::default() }
}

/// Puts the titles of old slides before their text: they stand nowhere but in the slides' own nodes.
fn add_titles(document: &mut Document, extracted: &ExtractedDocument) {
    for node in extracted.document.iter().flat_map(|tree| &tree.nodes) {
        let NodeContent::Slide { number, title: Some(title) } = &node.content else { continue };
        let place = Place { slide: Some(*number), ..Place::default() };
        let title = one_line(title, TITLE_CHARS);
        let at = document.sections.partition_point(|section| section.place.slide < place.slide);
        match document.sections.get_mut(at).filter(|section| section.place == place) {
            Some(section) if folded(&section.text).contains(&title) => {}
            Some(section) => section.text.insert_str(0, &format!("# {title}\n\n")),
            None => document.sections.insert(at, Section { place, text: format!("# {title}") }),
        }
    }
}

fn append_notes(text: &mut String, page: &PageContent) {
    let notes = page.speaker_notes.as_deref().unwrap_or_default().trim();
    if !notes.is_empty() && !text.contains(notes) {
        text.push_str("\n\n");
        text.push_str(notes);
    }
}

fn sheets(extracted: &ExtractedDocument, beside: Beside) -> Document {
    let Beside { first_rows, mut remarks } = beside;
    let mut document = Document::default();
    for page in extracted.pages.iter().flatten() {
        let name = page.sheet_name.clone().or(Some(page.page_number.to_string()));
        for table in &page.tables {
            let mut groups = RowGroups::new(Place { sheet: name.clone(), ..Place::default() });
            let first = name.as_ref().and_then(|name| first_rows.get(name)).copied().unwrap_or(1);
            for (row, cells) in (first..=u32::MAX).zip(&table.cells) {
                groups.push(row, cells.iter().map(String::as_str));
            }
            document.sections.extend(groups.finish());
        }
        document.sections.extend(name.and_then(|name| remarks.remove(&name)).into_iter().flatten());
    }
    // Sheets without cells, of a chart alone.
    let mut others: Vec<_> = remarks.into_iter().collect();
    others.sort_by(|(one, _), (other, _)| one.cmp(other));
    document.sections.extend(others.into_iter().flat_map(|(_, sections)| sections));
    document
}

/// Takes the tables of an old Word document out of the paragraphs after them.
fn take_tables(extracted: &mut ExtractedDocument) {
    for node in extracted.document.iter_mut().flat_map(|tree| &mut tree.nodes) {
        if let NodeContent::Heading { text, .. }
        | NodeContent::Paragraph { text }
        | NodeContent::ListItem { text }
        | NodeContent::Footnote { text }
        | NodeContent::Comment { text } = &mut node.content
            && let Some(rows) = take_rows(text).filter(|rows| !rows.is_empty())
        {
            node.attributes.get_or_insert_default().insert(ROWS_BEFORE.to_owned(), rows);
        }
    }
}

/// Calls with every node that has text of its own, in reading order, the page or slide it is on where that is known,
/// and that text as Markdown. Rows that stand before a node come first, without it.
fn for_each_block(
    extracted: &ExtractedDocument,
    mut each: impl FnMut(Option<&DocumentNode>, Option<u32>, String),
) {
    let Some(structure) = &extracted.document else { return };
    let mut slide = None;
    let mut ordered_items: HashMap<u32, u32> = HashMap::new();
    for node in &structure.nodes {
        if let NodeContent::Slide { number, .. } = &node.content {
            slide = Some(*number);
        }
        if let Some(rows) = node.attributes.as_ref().and_then(|attributes| attributes.get(ROWS_BEFORE)) {
            each(None, node.page.or(slide), rows.clone());
        }
        let parent = node.parent.map(|parent| parent.0);
        let in_ordered_list = parent
            .and_then(|parent| structure.nodes.get(parent as usize))
            .is_some_and(|parent| matches!(parent.content, NodeContent::List { ordered: true }));
        let number = in_ordered_list.then(|| {
            let count = ordered_items.entry(parent.unwrap_or_default()).or_default();
            *count += 1;
            *count
        });
        let marker = || node.attributes.as_ref().and_then(|attributes| attributes.get("list_marker"));
        if let Some(mut block) =
            block_text(&node.content, number, marker).filter(|block| !block.trim().is_empty())
        {
            append_links(&mut block, node);
            each(Some(node), node.page.or(slide), block);
        }
    }
}

/// Where a block's links lead, after its text: within it they would stand between words that belong together.
fn append_links(block: &mut String, node: &DocumentNode) {
    if matches!(node.content, NodeContent::Heading { .. } | NodeContent::Title { .. }) {
        return;
    }
    for annotation in node.annotations.iter().take(LINKS) {
        if let AnnotationKind::Link { url, .. } = &annotation.kind
            && ["http://", "https://", "mailto:"].iter().any(|scheme| url.starts_with(scheme))
            && url.len() <= LINK_BYTES
            && !block.contains(url.trim_start_matches("mailto:"))
        {
            block.push_str(&format!(" <{url}>"));
        }
    }
}

fn block_text<'a>(
    content: &NodeContent,
    number: Option<u32>,
    marker: impl Fn() -> Option<&'a String>,
) -> Option<String> {
    Some(match content {
        NodeContent::Title { text } => format!("# {}", one_line(text, TITLE_CHARS)),
        NodeContent::Heading { level, text } => {
            format!("{} {}", "#".repeat((*level).clamp(1, 6).into()), one_line(text, TITLE_CHARS))
        }
        NodeContent::ListItem { text } => match (marker(), number) {
            (Some(marker), _) => format!("{marker} {text}"),
            (None, Some(number)) => format!("{number}. {text}"),
            (None, None) => format!("- {text}"),
        },
        NodeContent::Table { grid } => table_text(grid),
        NodeContent::Image { description, .. } => description.clone()?,
        NodeContent::DefinitionItem { term, definition } => format!("{term}: {definition}"),
        NodeContent::Admonition { title, .. } => title.clone()?,
        NodeContent::Paragraph { text }
        | NodeContent::Code { text, .. }
        | NodeContent::Formula { text }
        | NodeContent::Footnote { text }
        | NodeContent::Comment { text }
        | NodeContent::Citation { text, .. } => text.clone(),
        NodeContent::RawBlock { content, .. } => content.clone(),
        NodeContent::MetadataBlock { entries } => entries
            .iter()
            .map(|entry| format!("{}: {}", entry.key, entry.value))
            .collect::<Vec<_>>()
            .join("\n"),
        NodeContent::List { .. }
        | NodeContent::Quote
        | NodeContent::Group { .. }
        | NodeContent::PageBreak
        | NodeContent::Slide { .. }
        | NodeContent::DefinitionList => return None,
    })
}

/// A grid as Markdown table rows. Cells are placed by their numbers: merged ones leave gaps.
fn table_text(grid: &TableGrid) -> String {
    let mut rows: Vec<(u32, Vec<&str>)> = Vec::new();
    let mut cells: Vec<_> = grid.cells.iter().collect();
    cells.sort_by_key(|cell| (cell.row, cell.col));
    for cell in cells {
        if rows.last().is_none_or(|(row, _)| *row != cell.row) {
            rows.push((cell.row, Vec::new()));
        }
        let Some((_, row)) = rows.last_mut() else { continue };
        row.resize(row.len().max((cell.col as usize).min(1000)), "");
        row.push(&cell.content);
    }
    let mut lines: Vec<String> = rows.into_iter().map(|(_, cells)| row_text(cells.into_iter())).collect();
    if lines.len() > 1 {
        let columns = grid.cols.clamp(1, 1000) as usize;
        lines.insert(1, format!("|{}", " --- |".repeat(columns)));
    }
    lines.join("\n")
}

fn visible_chars(text: &str) -> usize {
    text.chars().filter(|c| c.is_alphanumeric()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_however_files_write_them() {
        let noon = "2024-01-31T12:00:00Z".parse::<Timestamp>().unwrap();
        for text in [
            "2024-01-31T12:00:00Z",
            "2024-01-31T13:00:00+01:00",
            "2024-01-31T12:00:00",
            "D:20240131130000+01'00'",
        ] {
            assert_eq!(moment(text), Some(noon), "{text}");
        }
        assert_eq!(moment("D:20240131"), "2024-01-31T00:00:00Z".parse().ok());
        for text in [
            "",
            "yesterday",
            "0000-01-01T00:00:00Z",
            "D:00000101",
            "D:2024",
            "D:99999999999999",
            "D:20240131120000+é1'00'",
        ] {
            assert_eq!(moment(text), None, "{text}");
        }
    }
}
