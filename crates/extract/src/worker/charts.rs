//! Charts and diagrams of Word documents and workbooks, and the shapes on sheets, which the library passes over: what is
//! written on them, and the names of a chart's series and categories.

use std::collections::HashSet;

use gangway_model::{Document, Place, Section, media};
use quick_xml::events::{BytesStart, Event};

use super::parts::{Parts, Relation, attribute, local_name};
use super::remarks::{add, add_character};
use crate::text::{finish, folded};

/// Charts, diagrams and shapes of one file that are read.
pub(super) const CHARTS: usize = 200;
/// Names of one chart that are kept, of each kind.
const NAMES: usize = 1_000;
/// Paragraphs before a chart by which its place is found.
const PARAGRAPHS: usize = 3;

/// What a chart says: a line for each title, one for its series, one for its categories.
fn words_of(parts: &mut Parts<'_>, part: &str) -> Option<String> {
    let (mut titles, mut series, mut categories) = (Names::default(), Names::default(), Names::default());
    // What is open: a title, a series, its name, its categories, and a piece of text with what was read of it.
    let (mut in_title, mut in_name, mut in_categories) = (false, false, false);
    let (mut title, mut line) = (String::new(), String::new());
    let mut text: Option<String> = None;
    parts.for_each_event(part, |event| {
        match event {
            Event::Start(tag) => match local_name(tag) {
                "title" => {
                    in_title = true;
                    title.clear();
                }
                "tx" => in_name = true,
                "cat" => in_categories = true,
                // The newer charts have dimensions of numbers too.
                "strDim" => in_categories = true,
                "t" | "v" | "pt" => text = Some(String::new()),
                _ => {}
            },
            Event::End(tag) => match tag.local_name().as_ref() {
                "title" => {
                    in_title = false;
                    titles.push(&title);
                }
                "tx" => in_name = false,
                "cat" | "strDim" => in_categories = false,
                kind @ ("t" | "v" | "pt") => match text.take().unwrap_or_default() {
                    text if in_title => title.push_str(&text),
                    text if kind == "t" => line.push_str(&text),
                    text if in_categories => categories.push(&text),
                    text if in_name => series.push(&text),
                    _ => {}
                },
                "p" if in_title => title.push(' '),
                "p" => {
                    titles.push(&line);
                    line.clear();
                }
                _ => {}
            },
            Event::Text(words) => text.iter_mut().for_each(|text| add(text, words)),
            Event::GeneralRef(name) => text.iter_mut().for_each(|text| add_character(text, name)),
            _ => {}
        }
        true
    });
    let lines = [titles.list.join("\n"), series.list.join(", "), categories.list.join(", ")];
    let lines: Vec<&str> = lines.iter().map(String::as_str).filter(|line| !line.is_empty()).collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// Names in their order, each once.
#[derive(Default)]
struct Names {
    list: Vec<String>,
    seen: HashSet<String>,
}

impl Names {
    fn push(&mut self, name: &str) {
        let name = folded(name);
        if !name.is_empty() && self.list.len() < NAMES && self.seen.insert(name.clone()) {
            self.list.push(name);
        }
    }
}

/// Whether a relation leads to a chart, or to what is written in a diagram.
fn is_chart(relation: &Relation) -> bool {
    ["chart", "chartEx", "diagramData"].iter().any(|kind| relation.is_to(kind))
}

/// The relation that a tag shows a chart or a diagram by.
fn shown_by(tag: &BytesStart<'_>) -> Option<String> {
    match local_name(tag) {
        "chart" => attribute(tag, "r:id"),
        "relIds" => attribute(tag, "r:dm"),
        _ => None,
    }
}

/// What the charts, diagrams and shapes on one sheet of a workbook say, at the rows they lie over.
pub(super) fn on_sheet(parts: &mut Parts<'_>, sheet: &str, part: &str, left: &mut usize) -> Vec<Section> {
    let mut found = Vec::new();
    let relations = parts.relations(part);
    for drawing in relations.values().filter(|relation| relation.is_to("drawing")) {
        let charts = parts.relations(&drawing.part);
        for anchor in anchors(parts, &drawing.part, *left) {
            *left -= 1;
            let shown = anchor.shown.and_then(|id| charts.get(&id)).filter(|to| is_chart(to));
            let words = shown.and_then(|chart| words_of(parts, &chart.part));
            let place = Place { sheet: Some(sheet.to_owned()), rows: anchor.rows, ..Place::default() };
            let text = words.unwrap_or(anchor.words);
            if text.chars().any(char::is_alphanumeric) {
                found.push(Section { place, text });
            }
        }
    }
    found.sort_by_key(|section| section.place.rows);
    found
}

/// Something that lies on a sheet.
struct Anchor {
    /// The rows it lies over, from 1.
    rows: Option<(u32, u32)>,
    /// The relation to a chart or a diagram.
    shown: Option<String>,
    words: String,
}

/// What lies on a sheet by this drawing, so much of it.
fn anchors(parts: &mut Parts<'_>, drawing: &str, most: usize) -> Vec<Anchor> {
    const ANCHORS: [&str; 3] = ["twoCellAnchor", "oneCellAnchor", "absoluteAnchor"];
    let mut found = Vec::new();
    let (mut rows, mut shown, mut words) = (Vec::new(), None, String::new());
    let mut text: Option<String> = None;
    parts.for_each_event(drawing, |event| {
        match event {
            Event::Start(tag) | Event::Empty(tag) => match local_name(tag) {
                name if ANCHORS.contains(&name) => {
                    rows.clear();
                    (shown, words) = (None, String::new());
                }
                "row" | "t" if matches!(event, Event::Start(_)) => text = Some(String::new()),
                _ => shown = shown.take().or_else(|| shown_by(tag)),
            },
            Event::Text(piece) => text.iter_mut().for_each(|text| add(text, piece)),
            Event::GeneralRef(name) => text.iter_mut().for_each(|text| add_character(text, name)),
            Event::End(tag) => match tag.local_name().as_ref() {
                "row" => {
                    let row = text.take().and_then(|text| text.trim().parse::<u32>().ok());
                    rows.extend(row.and_then(|row| row.checked_add(1)));
                }
                "t" => add(&mut words, &text.take().unwrap_or_default()),
                "p" => add(&mut words, "\n"),
                name if ANCHORS.contains(&name) && (shown.is_some() || !words.trim().is_empty()) => {
                    let rows = rows.first().zip(rows.last()).map(|(first, last)| (*first, *last));
                    let (shown, words) = (shown.take(), std::mem::take(&mut words));
                    found.push(Anchor { rows, shown, words });
                }
                _ => {}
            },
            _ => {}
        }
        found.len() < most
    });
    found.truncate(most);
    found
}

/// A chart or diagram of a text: the paragraphs before it, and what it says.
pub(super) struct Chart {
    before: Vec<String>,
    words: String,
}

/// The charts of a Word document, in its order.
pub(super) fn in_text(content: &[u8], media_type: &str) -> Vec<Chart> {
    const MAIN: &str = "word/document.xml";
    if media_type != media::DOCX {
        return Vec::new();
    }
    let Some(mut parts) = Parts::open(content) else { return Vec::new() };
    let relations = parts.relations(MAIN);
    if !relations.values().any(is_chart) {
        return Vec::new();
    }
    let mut found: Vec<(Vec<String>, String)> = Vec::new();
    let (mut before, mut paragraph, mut speaks) = (Vec::new(), String::new(), false);
    parts.for_each_event(MAIN, |event| {
        match event {
            Event::Start(tag) | Event::Empty(tag) => match local_name(tag) {
                "t" => speaks = matches!(event, Event::Start(_)),
                "chart" | "relIds" => {
                    let chart = shown_by(tag).and_then(|id| relations.get(&id)).filter(|to| is_chart(to));
                    let is_new = |chart: &&Relation| found.iter().all(|(_, part)| *part != chart.part);
                    if let Some(chart) = chart.filter(is_new) {
                        let own = std::iter::once(paragraph.clone()).filter(|own| !own.trim().is_empty());
                        found.push((before.iter().cloned().chain(own).collect(), chart.part.clone()));
                    }
                }
                _ => {}
            },
            Event::End(tag) => match tag.local_name().as_ref() {
                "t" => speaks = false,
                "p" if !paragraph.trim().is_empty() => {
                    if before.len() == PARAGRAPHS {
                        before.remove(0);
                    }
                    before.push(std::mem::take(&mut paragraph));
                }
                _ => {}
            },
            Event::Text(words) if speaks => add(&mut paragraph, words),
            Event::GeneralRef(name) if speaks => add_character(&mut paragraph, name),
            _ => {}
        }
        found.len() < CHARTS
    });
    let read = found.into_iter().filter_map(|(before, part)| Some((before, words_of(&mut parts, &part)?)));
    read.map(|(before, words)| Chart { before, words }).collect()
}

/// Puts what charts say at the end of the sections that they stand in.
pub(super) fn put(document: &mut Document, charts: Vec<Chart>, text_bytes: usize) {
    if charts.is_empty() {
        return;
    }
    if document.sections.is_empty() {
        document.sections.push(Section::default());
    }
    let texts: Vec<String> = document.sections.iter().map(|section| folded(&section.text)).collect();
    // Where the search stands: a section, and a place in its text. It only goes on.
    let (mut section, mut from) = (0, 0);
    for chart in charts {
        for paragraph in chart.before.iter().map(|paragraph| folded(paragraph)) {
            let found = (section..texts.len()).find_map(|at| {
                let start = if at == section { from } else { 0 };
                Some((at, start + texts[at][start..].find(&paragraph)?))
            });
            (section, from) = found.unwrap_or((section, from));
        }
        document.sections[section].text.push_str(&format!("\n\n{}", chart.words));
    }
    finish(document, text_bytes);
}
