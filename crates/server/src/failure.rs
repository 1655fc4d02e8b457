//! What went wrong, why, what to do, and the exit code that says so to scripts.

use std::fmt::Write;

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
}

impl Failure {
    pub fn new(exit: Exit, what: impl Into<String>) -> Self {
        Self { what: what.into(), why: None, remedy: None, exit, code: None }
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

    /// The object that `--json` prints, in the API's own error shape.
    pub fn for_machines(&self) -> serde_json::Value {
        let code = self.code.clone().unwrap_or_else(|| {
            match self.exit {
                Exit::Failed => "failed",
                Exit::Usage => "usage",
                Exit::Unreachable => "unreachable",
                Exit::Refused => "refused",
                Exit::NotFound => "not_found",
                Exit::Incomplete => "incomplete",
            }
            .to_owned()
        });
        serde_json::json!({
            "error": {
                "code": code,
                "message": self.what,
                "details": { "why": self.why, "try": self.remedy },
            }
        })
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
