//! Lays defaults, file, environment and flags over each other.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use gangway_connector::Descriptor;

use super::args::ConfigArgs;
use super::error::{ConfigError, Problem, Source};
use super::file;
use super::table::{self, Setting};
use super::value::{self, Value};

/// A value and where it was said.
#[derive(Clone, Debug)]
pub struct Given {
    pub value: Value,
    pub source: Source,
}

/// All settings with their values in force.
#[derive(Debug)]
pub struct Settings {
    pub table: Vec<Setting>,
    values: BTreeMap<String, Given>,
    /// The file that was read, if there was one.
    pub file: Option<PathBuf>,
    /// `GANGWAY_…` variables that name no setting, to be warned about.
    pub unknown_environment: Vec<String>,
}

/// Variables that are read elsewhere: by the commands that talk to a server, and by programs beside the demo.
const CLIENT_VARIABLES: &[&str] = &["GANGWAY_CONFIG", "GANGWAY_URL", "GANGWAY_TOKEN", "GANGWAY_ENV_FILE"];

/// Reads every layer, or says all that is wrong with them.
pub fn load(
    args: &ConfigArgs,
    environment: &BTreeMap<String, String>,
    descriptors: &[&'static Descriptor],
) -> Result<Settings, ConfigError> {
    let mut layers = Layers::new(table::settings(descriptors));
    layers.environment(environment);
    layers.flags(args);
    // The data folder decides where the file is looked for, so flags and environment are read before it.
    let data_dir = layers.data_dir();
    let path = file::find(args.config.as_deref(), &data_dir);
    if let Some(path) = &path {
        layers.file(path);
    }
    layers.defaults();
    let Layers { table, values, problems, unknown_environment } = layers;
    if !problems.is_empty() {
        return Err(ConfigError { problems });
    }
    Ok(Settings { table, values, file: path, unknown_environment })
}

impl Settings {
    pub fn find(&self, key: &str) -> Option<&Given> {
        self.values.get(key)
    }

    pub fn source(&self, key: &str) -> Source {
        self.find(key).map_or(Source::Default, |given| given.source.clone())
    }
}

struct Layers {
    table: Vec<Setting>,
    values: BTreeMap<String, Given>,
    problems: Vec<Problem>,
    unknown_environment: Vec<String>,
}

impl Layers {
    fn new(table: Vec<Setting>) -> Self {
        Self { table, values: BTreeMap::new(), problems: Vec::new(), unknown_environment: Vec::new() }
    }

    fn environment(&mut self, environment: &BTreeMap<String, String>) {
        for (name, text) in environment.iter().filter(|(name, _)| name.starts_with("GANGWAY_")) {
            let setting = self.table.iter().find(|setting| setting.environment_name() == *name);
            let Some(setting) = setting else {
                if !CLIENT_VARIABLES.contains(&name.as_str()) && !name.starts_with("GANGWAY_EMULATOR_") {
                    self.unknown_environment.push(name.clone());
                }
                continue;
            };
            if text.is_empty() {
                continue;
            }
            let (key, kind) = (setting.key.to_string(), setting.kind);
            self.put_text(key, kind, text, Source::Environment(name.clone()));
        }
    }

    fn flags(&mut self, args: &ConfigArgs) {
        let given = match args.values() {
            Ok(given) => given,
            Err(message) => {
                self.problems.push(Problem { source: Source::Flag("--set".to_owned()), message });
                return;
            }
        };
        for flag in given {
            let source = Source::Flag(flag.flag);
            match self.table.iter().find(|setting| setting.key == flag.key) {
                Some(setting) => {
                    let kind = setting.kind;
                    self.put_text(flag.key, kind, &flag.text, source);
                }
                None => {
                    let hint = file::nearest(&flag.key, &self.table)
                        .map_or(String::new(), |near| format!("; is it {near}?"));
                    let message = format!("there is no setting {}{hint}", flag.key);
                    self.problems.push(Problem { source, message });
                }
            }
        }
    }

    fn file(&mut self, path: &Path) {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) => {
                let source = Source::File { path: path.to_owned(), line: 1 };
                self.problems.push(Problem { source, message: format!("cannot read it: {error}") });
                return;
            }
        };
        let (values, problems) = file::parse(path, &text, &self.table);
        self.problems.extend(problems);
        for found in values {
            // What flags and environment said stays.
            self.values.entry(found.key).or_insert(Given { value: found.value, source: found.source });
        }
    }

    fn defaults(&mut self) {
        for setting in &self.table {
            let Some(text) = setting.default else { continue };
            let value = value::from_text(setting.kind, text.trim_matches(['[', ']']))
                .expect("the table's defaults fit their kinds");
            self.values.entry(setting.key.to_string()).or_insert(Given { value, source: Source::Default });
        }
    }

    fn data_dir(&self) -> PathBuf {
        match self.values.get("data_dir").map(|given| &given.value) {
            Some(Value::Text(path)) => PathBuf::from(path),
            _ => {
                let setting = self.table.iter().find(|setting| setting.key == "data_dir");
                PathBuf::from(setting.and_then(|setting| setting.default).unwrap_or("."))
            }
        }
    }

    fn put_text(&mut self, key: String, kind: value::Kind, text: &str, source: Source) {
        match value::from_text(kind, text) {
            Ok(value) => {
                self.values.insert(key, Given { value, source });
            }
            Err(message) => self.problems.push(Problem { source, message: format!("{key}: {message}") }),
        }
    }
}
