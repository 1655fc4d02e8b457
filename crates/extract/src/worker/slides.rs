//! What the library does not tell of slides: the order in which they are shown (it numbers them by the names of their parts,
//! which stay what they are when slides are moved), what people wrote beside them, and the words in shapes that OpenDocument
//! puts on a slide directly.

use std::collections::{BTreeMap, HashMap};

use gangway_model::{Document, Place, Section, media};
use quick_xml::events::Event;

use super::parts::{Parts, Relation, attribute, character, local_name};
use super::remarks::{add, add_character};
use crate::media_type::ODP;

/// The part that lists the slides.
const DECK: &str = "ppt/presentation.xml";
/// Slides whose order is looked at.
const SLIDES: usize = 10_000;
/// Levels of shapes within shapes.
const LEVELS: usize = 400;
/// Shapes whose words the library reads wherever they stand.
const KNOWN: [&str; 3] = ["frame", "g", "notes"];

#[derive(Default)]
pub(super) struct Slides {
    /// For every slide in the order of the library, from 1, the number it is shown as; none for what was taken out of the
    /// presentation and lies in the file still. Empty where the file does not tell.
    shown: Vec<Option<u32>>,
    /// Comments, and words in shapes that stand on a slide by themselves, by the library's number of the slide.
    loose: BTreeMap<u32, String>,
}

impl Slides {
    pub(super) fn look(content: &[u8], media_type: &str) -> Self {
        let mut slides = Self::default();
        if !matches!(media_type, media::PPTX | ODP) {
            return slides;
        }
        let Some(mut parts) = Parts::open(content) else { return slides };
        match media_type {
            media::PPTX => {
                let relations = parts.relations(DECK);
                let known = known(&relations);
                slides.shown = shown(&mut parts, &known);
                slides.loose = comments(&mut parts, &known);
            }
            _ => slides.loose = loose_words(&mut parts),
        }
        slides
    }

    /// Adds words that are missing, numbers slides as they are shown, and puts them in that order.
    pub(super) fn mend(self, document: &mut Document) {
        let had_all = self.shown.is_empty() && self.loose.is_empty();
        for (number, words) in self.loose {
            match document.sections.iter_mut().find(|section| section.place.slide == Some(number)) {
                Some(section) if section.text.contains(words.trim()) => {}
                Some(section) => section.text.push_str(&format!("\n\n{words}")),
                None => {
                    let place = Place { slide: Some(number), ..Place::default() };
                    document.sections.push(Section { place, text: words });
                }
            }
        }
        document.sections.retain_mut(|section| {
            let Some(slide) = &mut section.place.slide else { return true };
            match self.shown.get((*slide as usize).wrapping_sub(1)) {
                Some(Some(number)) => {
                    *slide = *number;
                    true
                }
                Some(None) => false,
                None => true,
            }
        });
        if !had_all {
            document.sections.sort_by_key(|section| section.place.slide);
        }
    }
}

/// The slides as the library sorts them, which keeps the order of the relations among equals: their ids and parts.
fn known(relations: &HashMap<String, Relation>) -> Vec<(&str, &str)> {
    let mut slides: Vec<(u32, usize, &str, &str)> = relations
        .iter()
        .filter(|(_, relation)| relation.is_to("slide"))
        .map(|(id, relation)| (number_in(&relation.part), relation.at, id.as_str(), relation.part.as_str()))
        .collect();
    slides.sort_unstable();
    slides.into_iter().map(|(_, _, id, part)| (id, part)).collect()
}

fn shown(parts: &mut Parts<'_>, known: &[(&str, &str)]) -> Vec<Option<u32>> {
    let mut places: HashMap<String, u32> = HashMap::new();
    parts.for_each_tag(DECK, |tag| {
        if let ("sldId", Some(id)) = (local_name(tag), attribute(tag, "r:id")) {
            let next = places.len() as u32 + 1;
            places.entry(id).or_insert(next);
        }
        places.len() < SLIDES
    });
    match places.is_empty() {
        true => Vec::new(),
        false => known.iter().map(|(id, _)| places.get(*id).copied()).collect(),
    }
}

/// What people wrote beside slides, a line for each paragraph, old comments and those that are answered alike.
fn comments(parts: &mut Parts<'_>, known: &[(&str, &str)]) -> BTreeMap<u32, String> {
    let mut found: BTreeMap<u32, String> = BTreeMap::new();
    for (number, (_, slide)) in (1..).zip(known.iter().take(SLIDES)) {
        let relations = parts.relations(slide);
        for comments in relations.values().filter(|relation| relation.is_to("comments")) {
            let words = found.entry(number).or_default();
            let mut speaks = false;
            parts.for_each_event(&comments.part, |event| {
                match event {
                    Event::Start(tag) => speaks = matches!(local_name(tag), "text" | "t"),
                    Event::End(tag) => {
                        speaks = false;
                        if matches!(tag.local_name().as_ref(), "text" | "p") {
                            add(words, "\n");
                        }
                    }
                    Event::Text(text) if speaks => add(words, text),
                    Event::GeneralRef(name) if speaks => add_character(words, name),
                    _ => {}
                }
                true
            });
        }
    }
    found.retain(|_, words| words.chars().any(char::is_alphanumeric));
    found
}

/// The number in a part's name, as the library sorts by it.
fn number_in(part: &str) -> u32 {
    let name = part.rsplit('/').next().unwrap_or_default();
    let number = name.strip_prefix("slide").and_then(|name| name.strip_suffix(".xml"));
    number.and_then(|number| number.parse().ok()).unwrap_or(u32::MAX)
}

/// Reads the paragraphs of shapes whose parent is the slide and that are neither frames nor groups.
fn loose_words(parts: &mut Parts<'_>) -> BTreeMap<u32, String> {
    let mut found: BTreeMap<u32, String> = BTreeMap::new();
    // Whether the words in each open element are wanted, from the slide's own shape on.
    let mut open: Vec<bool> = Vec::new();
    let (mut slide, mut in_page, mut paragraphs) = (0_u32, false, 0_usize);
    parts.for_each_event("content.xml", |event| {
        match event {
            Event::Start(tag) if local_name(tag) == "page" && !in_page => {
                slide += 1;
                in_page = true;
            }
            Event::Start(tag) if in_page => {
                let name = local_name(tag);
                open.push(open.last().copied().unwrap_or(!KNOWN.contains(&name)));
                paragraphs += usize::from(matches!(name, "p" | "h"));
            }
            Event::Empty(tag) if in_page && paragraphs > 0 && open.last() == Some(&true) => {
                match local_name(tag) {
                    "line-break" => found.entry(slide).or_default().push('\n'),
                    "s" | "tab" => found.entry(slide).or_default().push(' '),
                    _ => {}
                }
            }
            Event::End(tag) if in_page => {
                let is_wanted = open.pop();
                match tag.local_name().as_ref() {
                    "p" | "h" => {
                        paragraphs = paragraphs.saturating_sub(1);
                        if is_wanted == Some(true) {
                            found.entry(slide).or_default().push('\n');
                        }
                    }
                    "page" if is_wanted.is_none() => in_page = false,
                    _ => {}
                }
            }
            Event::Text(words) if paragraphs > 0 && open.last() == Some(&true) => {
                found.entry(slide).or_default().push_str(words);
            }
            Event::GeneralRef(name) if paragraphs > 0 && open.last() == Some(&true) => {
                found.entry(slide).or_default().extend(character(name));
            }
            _ => {}
        }
        open.len() < LEVELS && (slide as usize) < SLIDES
    });
    found.retain(|_, words| words.chars().any(char::is_alphanumeric));
    found
}
