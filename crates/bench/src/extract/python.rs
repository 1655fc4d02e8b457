//! Python packages that read the same files, in a Python that the operator has installed them into.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::Context;
use async_trait::async_trait;
use serde_json::{Value, json};

use super::contestants::Contestant;
use super::corpus::Corpus;
use super::{Score, Scores};

const SCRIPT: &str = include_str!("../../data/extract.py");

/// One package.
pub struct Python {
    interpreter: PathBuf,
    package: &'static str,
    name: String,
    goal: &'static str,
    workers: usize,
}

impl Python {
    /// Those of the packages that are installed, with their versions.
    pub fn all(interpreter: &Path, workers: usize) -> anyhow::Result<Vec<Self>> {
        anyhow::ensure!(interpreter.is_file(), "there is no {}", interpreter.display());
        let found = |(package, goal): (&'static str, &'static str)| {
            let asked = format!("import importlib.metadata as m; print(m.version('{package}'))");
            let output =
                Command::new(interpreter).args(["-c", &asked]).stderr(Stdio::null()).output().ok()?;
            let version = String::from_utf8(output.stdout).ok()?.trim().to_owned();
            let name = format!("{package} {version} (PyPI)");
            let interpreter = interpreter.to_owned();
            (output.status.success()).then_some(Self { interpreter, package, name, goal, workers })
        };
        let all: Vec<Self> = [("markitdown", ""), ("xberg", "")].into_iter().filter_map(found).collect();
        anyhow::ensure!(!all.is_empty(), "{} has neither markitdown nor xberg", interpreter.display());
        Ok(all)
    }
}

#[async_trait]
impl Contestant for Python {
    fn name(&self) -> &str {
        &self.name
    }

    fn goal(&self) -> &'static str {
        self.goal
    }

    async fn read(&self, corpus: &Corpus) -> anyhow::Result<Scores> {
        let folder = tempfile::tempdir()?;
        let (script, wish) = (folder.path().join("extract.py"), folder.path().join("wish.json"));
        std::fs::write(&script, SCRIPT)?;
        std::fs::write(
            &wish,
            json!({ "package": self.package, "workers": self.workers, "files": corpus.files() }).to_string(),
        )?;
        let output = tokio::process::Command::new(&self.interpreter)
            .arg(&script)
            .arg(&wish)
            .stderr(Stdio::null())
            .output()
            .await?;
        anyhow::ensure!(output.status.success(), "it ended with {}", output.status);
        let said = String::from_utf8(output.stdout)?;
        let last = said.lines().last().context("it said nothing")?;
        let told: Value = serde_json::from_str(last).context("its last line")?;
        let mut scores = Scores::new();
        for (kind, paths) in corpus.files() {
            let score = &told[kind];
            scores.insert(
                kind.clone(),
                Score {
                    took: Duration::from_secs_f64(score["seconds"].as_f64().context("no time")?),
                    files: paths.len(),
                    failed: score["failed"].as_u64().context("no failures")? as usize,
                    chars: score["chars"].as_u64().context("no text")?,
                },
            );
        }
        Ok(scores)
    }
}
