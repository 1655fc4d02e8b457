//! `field:value` in a query. What is no field we know, or a value that means nothing, stays plain words.

use gangway_model::{ConnectorId, Timestamp};

use super::{Clause, Scope, Wanted, dates, is_quote, kinds, take_piece, understand};
use crate::analysis::folded;
use crate::request::Names;

/// The fields people may type, in lower case.
const FIELDS: [&str; 7] = ["type", "from", "in", "after", "before", "title", "name"];

pub(super) struct Field<'q> {
    pub name: &'static str,
    pub value: &'q str,
    quoted: bool,
}

pub(super) enum Meaning {
    Narrowed(Wanted),
    Clauses(Vec<Clause>),
}

/// A known field with its value at the start of a text, and what follows.
pub(super) fn take_field(text: &str) -> Option<(Field<'_>, &str)> {
    let (before, rest) = text.split_once(':')?;
    let name = FIELDS.into_iter().find(|field| field.eq_ignore_ascii_case(before))?;
    // A value begins right after the colon.
    if rest.chars().next().is_none_or(char::is_whitespace) {
        return None;
    }
    let (value, quoted, after) = take_piece(rest);
    (!value.trim().is_empty()).then_some((Field { name, value: value.trim(), quoted }, after))
}

impl Field<'_> {
    /// What the field asks for; `None` when its value means nothing here.
    pub(super) fn meaning(&self, names: &Names, now: Timestamp) -> Option<Meaning> {
        let narrowed = match self.name {
            "type" => Wanted::Kind(kinds::kind_asked(self.value)?),
            "from" => Wanted::Connectors(connectors_asked(self.value, names)?),
            "in" => within(self.value, names),
            "after" => Wanted::After(dates::begin_of(self.value, now)?),
            "before" => Wanted::Before(dates::begin_of(self.value, now)?),
            title_or_name => {
                let scope = if title_or_name == "title" { Scope::Title } else { Scope::Name };
                let matters = understand(self.value, self.quoted, false);
                let clauses: Vec<Clause> =
                    matters.into_iter().map(|matter| Clause { matter, scope }).collect();
                return (!clauses.is_empty()).then_some(Meaning::Clauses(clauses));
            }
        };
        Some(Meaning::Narrowed(narrowed))
    }
}

/// The connectors a word may mean: by id, by name, or by a word of either.
fn connectors_asked(value: &str, names: &Names) -> Option<Vec<ConnectorId>> {
    let plain = |text: &str| -> String { folded(text).chars().filter(|c| c.is_alphanumeric()).collect() };
    let asked = plain(value);
    let singular = asked.strip_suffix('s').unwrap_or(&asked);
    let is_meant = |text: &str| {
        let is_word = |word: &str| word == asked || word == singular;
        is_word(&plain(text)) || text.split(['_', ' ', '-']).any(|word| is_word(&plain(word)))
    };
    let meant = |id: &ConnectorId, name: &str| is_meant(id.as_str()) || is_meant(name);
    // The whole name is meant before a word of it.
    let exact: Vec<ConnectorId> = names
        .connectors
        .iter()
        .filter(|(id, name)| plain(id.as_str()) == asked || plain(name) == asked)
        .map(|(id, _)| id.clone())
        .collect();
    let found = match exact.is_empty() {
        false => exact,
        true => {
            names.connectors.iter().filter(|(id, name)| meant(id, name)).map(|(id, _)| id.clone()).collect()
        }
    };
    (!found.is_empty() && !asked.is_empty()).then_some(found)
}

fn within(value: &str, names: &Names) -> Wanted {
    let folder = folder_key(value);
    let named = names.collections.iter().filter(|(_, name)| folder_key(name) == folder);
    Wanted::Within { collections: named.map(|(id, _)| id.clone()).collect(), folder }
}

/// A folder's name or path as it is compared: folded, without slashes at its ends.
pub(crate) fn folder_key(path: &str) -> String {
    let segments =
        path.split('/').map(|segment| folded(segment.trim())).filter(|segment| !segment.is_empty());
    segments.collect::<Vec<_>>().join("/")
}

/// The folders and collections a query names after `in:`, as typed; so that a caller can look up what they may be.
pub fn folders_asked(query: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = query.trim_start();
    while !rest.is_empty() {
        let start = rest.strip_prefix(['-', '−']).unwrap_or(rest);
        if let Some((field, after)) = take_field(start) {
            if field.name == "in" {
                found.push(field.value.to_owned());
            }
            rest = after.trim_start();
        } else {
            let (_, _, after) = take_piece(rest);
            rest = after.trim_start_matches(is_quote).trim_start();
        }
    }
    found
}
