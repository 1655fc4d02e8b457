//! How long a fresh server takes until it is ready, and how much memory it holds when idle.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context;

use crate::process::{Process, gangway};
use crate::report::Report;

const RUNS: usize = 5;

pub async fn measure(program: &Path, report: &mut Report) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let made = gangway(program, folder.path()).args(["keys", "new"]).output()?;
    anyhow::ensure!(made.status.success(), "no keys");
    let mut times = Vec::new();
    let mut idle = Vec::new();
    for _ in 0..RUNS {
        let ready = folder.path().join("ready");
        let _ = std::fs::remove_file(&ready);
        let begun = Instant::now();
        let server = Process::start(gangway(program, folder.path()).args([
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--ready-file",
            "ready",
        ]))?;
        let url = wait_for(&ready).await?;
        reqwest::get(format!("{}/readyz", url.trim_end_matches('/'))).await?.error_for_status()?;
        times.push(begun.elapsed());
        tokio::time::sleep(Duration::from_secs(3)).await;
        idle.push(server.memory()?.0);
    }
    times.sort();
    idle.sort_unstable();
    let baseline = Instant::now();
    gangway(program, folder.path()).arg("--version").output()?;
    let baseline = baseline.elapsed();
    report.add(
        "`gangway serve`: start until ready (median of 5)",
        format!("{} ms", times[RUNS / 2].as_millis()),
        "< 1 s",
        format!("`gangway --version`: {} ms", baseline.as_millis()),
    );
    report.add(
        "`gangway serve`: idle resident memory (median of 5)",
        format!("{:.1} MB", idle[RUNS / 2] as f64 / 1e6),
        "≤ 80 MB",
        "–".to_owned(),
    );
    Ok(())
}

/// The content of a file that a server writes when it is ready.
pub async fn wait_for(path: &Path) -> anyhow::Result<String> {
    for _ in 0..3000 {
        if let Ok(text) = std::fs::read_to_string(path)
            && !text.trim().is_empty()
        {
            return Ok(text.trim().to_owned());
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Err(anyhow::anyhow!("not ready within 15 s")).context(path.display().to_string())
}
