//! Runs the program with an environment that holds nothing of the person's who runs the tests.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Output, Stdio};

/// The program, in a folder of its own.
pub fn gangway(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gangway"));
    command.current_dir(folder).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("GANGWAY_") {
            command.env_remove(name);
        }
    }
    command
}

pub fn run(folder: &Path, args: &[&str]) -> Ran {
    Ran(gangway(folder).args(args).output().unwrap())
}

/// How a run ended.
pub struct Ran(pub Output);

impl Ran {
    pub fn code(&self) -> i32 {
        self.0.status.code().unwrap_or(-1)
    }

    pub fn out(&self) -> String {
        String::from_utf8_lossy(&self.0.stdout).into_owned()
    }

    pub fn err(&self) -> String {
        String::from_utf8_lossy(&self.0.stderr).into_owned()
    }

    /// The one JSON document that standard output consists of.
    #[track_caller]
    pub fn document(&self) -> serde_json::Value {
        let out = self.out();
        serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}:\n{out}\n{}", self.err()))
    }

    /// The standard output of a run that must have succeeded.
    #[track_caller]
    pub fn expect_ok(&self) -> String {
        assert_eq!(self.code(), 0, "{}\n{}", self.out(), self.err());
        self.out()
    }
}

/// A server in the background; killed when it is dropped.
pub struct Running {
    pub child: Child,
    pub url: String,
    pub log: BufReader<ChildStderr>,
}

impl Running {
    /// Starts `gangway serve` on a free port and reads its log until it is ready.
    pub fn start(folder: &Path, args: &[&str]) -> Self {
        let mut command = gangway(folder);
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--ready-file", "ready", "--log-format", "json"])
            .args(args);
        let mut child = command.spawn().unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap());
        let mut seen = String::new();
        loop {
            let start = seen.len();
            assert_ne!(log.read_line(&mut seen).unwrap(), 0, "the server ended:\n{seen}");
            if seen[start..].contains(r#""message":"ready""#) {
                break;
            }
        }
        let url = std::fs::read_to_string(folder.join("ready")).unwrap().trim().to_owned();
        Self { child, url, log }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
