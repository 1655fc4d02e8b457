//! What went wrong, why, what to do, and the exit code that says so to scripts.

use std::fmt::Write;

use serde_json::{Map, Value, json};

/// How a command ends. The numbers are part of the CLI's contract (docs/reference/cli.md).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// The command could not do its work.
    Failed = 1,
    /// The command line or the configuration is wrong.
    Usage = 2,
    /// The server does not answer.
    Unreachable = 3,
    /// The server refused the caller: no token, a wrong one, or a plan that does not include it.
    Refused = 4,
    /// What was named does not exist.
    NotFound = 5,
    /// The work ended, but not all of it succeeded.
    Incomplete = 6,
}

/// An error as a person reads it: what failed, why, what to do.
#[derive(Debug)]
pub struct Failure {
    pub what: String,
    pub why: Option<String>,
    pub remedy: Option<String>,
    pub exit: Exit,
    /// The server's error code, for `--json`.
    pub code: Option<String>,
    /// What there is to tell all the same, for `--json`: the error becomes a field of it.
    pub result: Option<Box<Map<String, Value>>>,
    /// Whether it ends a stream of JSON documents that stand on a line each.
    pub ends_lines: bool,
}

impl Failure {
    pub fn new(exit: Exit, what: impl Into<String>) -> Self {
        let what = what.into();
        Self { what, why: None, remedy: None, exit, code: None, result: None, ends_lines: false }
    }

    pub fn usage(what: impl Into<String>) -> Self {
        Self::new(Exit::Usage, what)
    }

    pub fn failed(what: impl Into<String>) -> Self {
        Self::new(Exit::Failed, what)
    }

    pub fn why(mut self, why: impl std::fmt::Display) -> Self {
        self.why = Some(why.to_string());
        self
    }

    pub fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    pub fn code(mut self, code: impl Into<String>) -> Self {
        self.code = Some(code.into());
        self
    }

    /// Adds what `--json` tells beside the error; an object.
    pub fn result(mut self, result: Value) -> Self {
        self.result = match result {
            Value::Object(fields) => Some(Box::new(fields)),
            _ => None,
        };
        self
    }

    /// What the reader of a command line complains about: `error: …`, a tip, the usage, apart by empty lines.
    pub fn misread(error: &clap::Error) -> Self {
        let text = error.render().to_string();
        let joined = |part: &str| part.split_whitespace().collect::<Vec<_>>().join(" ");
        let mut parts = text.trim().split("\n\n").map(joined);
        let what = parts.next().unwrap_or_default();
        let mut failure = Self::usage(what.strip_prefix("error: ").unwrap_or(&what));
        let advice: Vec<String> = parts.filter(|part| !part.starts_with("For more information")).collect();
        failure.remedy = Some(match advice.is_empty() {
            true => "--help shows what is taken".to_owned(),
            false => advice.join("\n"),
        });
        failure
    }

    /// The lines that are printed.
    pub fn for_people(&self) -> String {
        let mut text = format!("error: {}", self.what);
        if let Some(why) = &self.why {
            for (index, line) in why.lines().enumerate() {
                let _ = write!(text, "\n{}{line}", if index == 0 { "  why: " } else { "       " });
            }
        }
        if let Some(remedy) = &self.remedy {
            for (index, line) in remedy.lines().enumerate() {
                let _ = write!(text, "\n{}{line}", if index == 0 { "  try: " } else { "       " });
            }
        }
        text
    }

    /// The server's code, else a word for the exit code.
    pub fn code_word(&self) -> &str {
        self.code.as_deref().unwrap_or(match self.exit {
            Exit::Failed => "failed",
            Exit::Usage => "usage",
            Exit::Unreachable => "unreachable",
            Exit::Refused => "refused",
            Exit::NotFound => "not_found",
            Exit::Incomplete => "incomplete",
        })
    }

    /// The object that `--json` prints: the API's own error shape, beside what there is to tell all the same.
    pub fn for_machines(&self) -> Value {
        let mut document = self.result.as_deref().cloned().unwrap_or_default();
        let error = json!({
            "code": self.code_word(), "message": self.what, "details": { "why": self.why, "try": self.remedy },
        });
        document.insert("error".to_owned(), error);
        Value::Object(document)
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        let failure = Failure::failed(error.to_string());
        let causes: Vec<String> = error.chain().skip(1).map(ToString::to_string).collect();
        match causes.is_empty() {
            true => failure,
            false => failure.why(causes.join(": ")),
        }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Failure::from(anyhow::Error::from(error))
    }
}

impl From<crate::config::ConfigError> for Failure {
    fn from(error: crate::config::ConfigError) -> Self {
        let count = error.problems.len();
        Failure::usage(match count {
            1 => "the configuration has a mistake".to_owned(),
            _ => format!("the configuration has {count} mistakes"),
        })
        .why(error)
        .remedy("docs/reference/configuration.md lists every setting; `gangway config show` shows what is in force")
    }
}
