//! Reads `gangway.toml`, keeping the line of every value.

use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{Problem, Source};
use super::table::Setting;
use super::value::{self, Value};

/// A value of the file.
pub struct FileValue {
    pub key: String,
    pub value: Value,
    pub source: Source,
}

/// The values of a file and what is wrong with it. A key that is no setting is a problem.
pub fn parse(path: &Path, text: &str, settings: &[Setting]) -> (Vec<FileValue>, Vec<Problem>) {
    let mut reader = Reader { path, text, settings, values: Vec::new(), problems: Vec::new() };
    match DeTable::parse(text) {
        Ok(table) => reader.table("", table.get_ref()),
        Err(error) => {
            let at = error.span().map_or(0, |span| span.start);
            let message = error.message().trim().to_owned();
            reader.problem(at, message);
        }
    }
    (reader.values, reader.problems)
}

/// The file in force: the named one, else one in the data folder, else one in the working folder.
pub fn find(named: Option<&Path>, data_dir: &Path) -> Option<PathBuf> {
    if let Some(path) = named {
        return Some(path.to_owned());
    }
    [data_dir.join("gangway.toml"), PathBuf::from("gangway.toml")].into_iter().find(|path| path.is_file())
}

struct Reader<'a> {
    path: &'a Path,
    text: &'a str,
    settings: &'a [Setting],
    values: Vec<FileValue>,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn table(&mut self, prefix: &str, table: &DeTable<'_>) {
        for (name, found) in table {
            let key = if prefix.is_empty() {
                name.get_ref().to_string()
            } else {
                format!("{prefix}.{}", name.get_ref())
            };
            self.entry(&key, name.span().start, found);
        }
    }

    fn entry(&mut self, key: &str, at: usize, found: &Spanned<DeValue<'_>>) {
        let below = format!("{key}.");
        if let Some(setting) = self.settings.iter().find(|setting| setting.key == key) {
            match value::from_toml(setting.kind, found.get_ref()) {
                Ok(value) => {
                    let source = self.source(found.span().start);
                    self.values.push(FileValue { key: key.to_owned(), value, source });
                }
                Err(message) => self.problem(found.span().start, format!("{key}: {message}")),
            }
        } else if self.settings.iter().any(|setting| setting.key.starts_with(&below)) {
            match found.get_ref() {
                DeValue::Table(table) => self.table(key, table),
                _ => self.problem(at, format!("{key} is a section: write [{key}] and its settings below")),
            }
        } else {
            let hint = nearest(key, self.settings).map_or(String::new(), |near| format!("; is it {near}?"));
            self.problem(at, format!("there is no setting {key}{hint}"));
        }
    }

    fn problem(&mut self, at: usize, message: String) {
        let source = self.source(at);
        self.problems.push(Problem { source, message });
    }

    fn source(&self, at: usize) -> Source {
        let line = self.text[..at.min(self.text.len())].matches('\n').count() + 1;
        Source::File { path: self.path.to_owned(), line }
    }
}

/// The setting whose key differs least, when it differs little.
pub fn nearest<'a>(key: &str, settings: &'a [Setting]) -> Option<&'a str> {
    let same_name = settings.iter().find(|setting| setting.name() == key).map(|setting| &*setting.key);
    same_name.or_else(|| {
        settings
            .iter()
            .map(|setting| (distance(key, &setting.key), &*setting.key))
            .min()
            .filter(|(distance, _)| *distance <= 3)
            .map(|(_, near)| near)
    })
}

/// The number of letters to insert, drop or change.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, from) in left.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in right.iter().enumerate() {
            let change = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[right.len()]
}
