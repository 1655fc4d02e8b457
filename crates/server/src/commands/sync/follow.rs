//! Watches jobs: progress while one runs, failures with their reasons at its end, later jobs as they come.

use std::collections::BTreeSet;
use std::time::Duration;

use gangway_effects::{Clock, SystemClock};
use serde_json::{Value, json};

use crate::client::wire::{Job, JobFile, Reason};
use crate::client::{Client, JobEvent, JobEvents};
use crate::failure::{Exit, Failure};
use crate::output::progress::JobProgress;
use crate::output::{self, words};

/// Failures that are listed one by one.
const MOST_FAILURES: usize = 100;
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Shows a job's progress until it ends.
pub async fn watch(client: &Client, connector: &str, job: &str, quiet: bool) -> Result<Job, Failure> {
    let mut events = JobEvents::new(client, connector, job);
    let mut progress = JobProgress::new(quiet);
    let ended = loop {
        match events.next().await? {
            JobEvent::Progress(job) => {
                if !quiet {
                    progress.show(&job);
                }
            }
            JobEvent::Done(job) => break job,
        }
    };
    if !quiet {
        progress.show(&ended);
    }
    progress.finish();
    Ok(ended)
}

/// Says how a job ended; anything but complete success is a failure.
pub async fn report(client: &Client, connector: &str, job: &Job, as_json: bool) -> Result<(), Failure> {
    if as_json {
        output::json(&ended(client, connector, job).await?);
        return Ok(());
    }
    let failed = failures(client, connector, job).await?;
    output::line(summary(job));
    for file in &failed {
        let reason = file.reason.as_ref().map_or_else(
            || "no reason given".to_owned(),
            |reason| format!("{} ({})", reason.message, reason.code),
        );
        output::line(output::safe(&format!("  failed: {}: {reason}", file.name)));
    }
    if job.files_failed as usize > failed.len() {
        output::line(format!("  … and {} more", job.files_failed as usize - failed.len()));
    }
    match incomplete(connector, job) {
        Some(failure) => Err(failure),
        None => Ok(()),
    }
}

/// How a job ended, for machines: the job and what failed of it, the same beside the error where it is not complete.
pub async fn ended(client: &Client, connector: &str, job: &Job) -> Result<Value, Failure> {
    let raw = client.get(&["connectors", connector, "sync", &job.job_id]).send().await?;
    let reason = |reason: Reason| json!({ "code": reason.code, "message": reason.message });
    let file = |file: JobFile| json!({ "id": file.id, "name": file.name, "reason": file.reason.map(reason) });
    let failed: Vec<Value> = failures(client, connector, job).await?.into_iter().map(file).collect();
    let told = json!({ "job": raw, "failures": failed });
    match incomplete(connector, job) {
        Some(failure) => Err(failure.result(told)),
        None => Ok(told),
    }
}

fn incomplete(connector: &str, job: &Job) -> Option<Failure> {
    if job.status == "completed" {
        return None;
    }
    let mut failure = Failure::new(Exit::Incomplete, format!("the sync ended as {}", job.status));
    failure.why = job.error.as_ref().map(|error| format!("{} ({})", error.message, error.code));
    if job.files_failed > 0 {
        failure.remedy = Some(format!("`gangway why <file> --connector {connector}` explains one file"));
    }
    Some(failure)
}

/// The first files of a job that failed.
async fn failures(client: &Client, connector: &str, job: &Job) -> Result<Vec<JobFile>, Failure> {
    if job.files_failed == 0 {
        return Ok(Vec::new());
    }
    let path = ["connectors", connector, "sync", &job.job_id, "files"];
    client.list_all(&path, &[("outcome", "failed".to_owned())], "files", MOST_FAILURES).await
}

/// One line such as `completed: 12 files synced (3 unchanged), 1 skipped, 1.2 MB in 2.1 s`.
pub fn summary(job: &Job) -> String {
    let mut parts = vec![format!("{} synced", words::count(job.files_synced, "file"))];
    if job.files_unchanged > 0 {
        parts[0].push_str(&format!(" ({} unchanged)", job.files_unchanged));
    }
    for (number, word) in
        [(job.files_failed, "failed"), (job.files_skipped, "skipped"), (job.files_removed, "removed")]
    {
        if number > 0 {
            parts.push(format!("{number} {word}"));
        }
    }
    let mut text = format!("{}: {}", job.status, parts.join(", "));
    if job.bytes > 0 {
        text.push_str(&format!(", {}", words::size(job.bytes)));
    }
    if let (Some(started), Some(completed)) = (job.started_at, job.completed_at) {
        let seconds = (completed - started).num_milliseconds() as f64 / 1000.0;
        text.push_str(&format!(" in {seconds:.1} s"));
    }
    text
}

/// Shows the jobs that follow the source, until the person stops it.
pub async fn follow(client: &Client, connector: &str, first: &str, as_json: bool) -> Result<(), Failure> {
    output::remark("following; Ctrl-C stops watching, not the following");
    let mut seen: BTreeSet<String> =
        jobs(client, connector).await?.into_iter().map(|job| job.job_id).collect();
    seen.insert(first.to_owned());
    loop {
        SystemClock.sleep(LOOK_EVERY).await;
        for job in jobs(client, connector).await?.into_iter().rev() {
            if job.is_final() && seen.insert(job.job_id.clone()) {
                match as_json {
                    true => {
                        let raw = client.get(&["connectors", connector, "sync", &job.job_id]).send().await?;
                        output::line(raw.to_string());
                    }
                    false => output::line(format!("{}  {}", words::moment(job.completed_at), summary(&job))),
                }
            }
        }
    }
}

async fn jobs(client: &Client, connector: &str) -> Result<Vec<Job>, Failure> {
    client.list_all(&["connectors", connector, "sync"], &[], "jobs", 100).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_leaves_out_what_did_not_happen() {
        let job: Job = serde_json::from_value(json!({
            "job_id": "j", "status": "partial", "files_synced": 12, "files_unchanged": 3, "files_failed": 1,
            "bytes": 1_200_000, "started_at": "2026-01-01T00:00:00Z", "completed_at": "2026-01-01T00:00:02.100Z"
        }))
        .unwrap();
        assert_eq!(summary(&job), "partial: 12 files synced (3 unchanged), 1 failed, 1.2 MB in 2.1 s");
    }
}
