//! Progress: a moving bar where somebody watches, plain lines elsewhere.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::{is_watched, remark, words};
use crate::client::wire::Job;

/// Shows how far a job is.
pub struct JobProgress {
    bar: Option<ProgressBar>,
    said: (u64, u64),
}

impl JobProgress {
    pub fn new(quiet: bool) -> Self {
        let bar = (is_watched() && !quiet).then(|| {
            let bar = ProgressBar::new(0);
            bar.set_style(
                ProgressStyle::with_template("  {bar:32.green/black} {pos}/{len} files {msg}")
                    .expect("the template is well formed")
                    .progress_chars("━━─"),
            );
            bar.enable_steady_tick(Duration::from_millis(100));
            bar
        });
        Self { bar, said: (0, 0) }
    }

    pub fn show(&mut self, job: &Job) {
        let seen = (job.files_found, job.done());
        match &self.bar {
            Some(bar) => {
                bar.set_length(job.files_found.max(1));
                bar.set_position(job.done());
                bar.set_message(message(job));
            }
            None if seen != self.said => {
                remark(format!("  {} of {} files{}", seen.1, seen.0, trailing(&message(job))));
            }
            None => {}
        }
        self.said = seen;
    }

    pub fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish();
        }
    }
}

fn message(job: &Job) -> String {
    let mut parts = Vec::new();
    if !job.listing_complete && !job.is_final() {
        parts.push("listing".to_owned());
    }
    if job.bytes > 0 {
        parts.push(words::size(job.bytes));
    }
    if job.files_failed > 0 {
        parts.push(format!("{} failed", job.files_failed));
    }
    parts.join(", ")
}

fn trailing(message: &str) -> String {
    match message.is_empty() {
        true => String::new(),
        false => format!(", {message}"),
    }
}

/// Shows that something is being waited for.
pub struct Waiting {
    spinner: Option<ProgressBar>,
}

impl Waiting {
    pub fn start(text: &str, quiet: bool) -> Self {
        let spinner = (is_watched() && !quiet).then(|| {
            let spinner = ProgressBar::new_spinner();
            spinner.set_message(text.to_owned());
            spinner.enable_steady_tick(Duration::from_millis(100));
            spinner
        });
        if spinner.is_none() && !quiet {
            remark(text);
        }
        Self { spinner }
    }

    pub fn finish(self) {
        if let Some(spinner) = self.spinner {
            spinner.finish_and_clear();
        }
    }
}

/// Counts bytes on their way.
pub struct Bytes {
    bar: Option<ProgressBar>,
}

impl Bytes {
    pub fn new(total: u64, quiet: bool) -> Self {
        let bar = (is_watched() && !quiet).then(|| {
            let bar = ProgressBar::new(total);
            bar.set_style(
                ProgressStyle::with_template(
                    "  {bar:32.green/black} {decimal_bytes}/{decimal_total_bytes} {msg}",
                )
                .expect("the template is well formed")
                .progress_chars("━━─"),
            );
            bar
        });
        Self { bar }
    }

    /// The bar itself, to be moved by whoever sends the bytes.
    pub fn handle(&self) -> Option<ProgressBar> {
        self.bar.clone()
    }

    /// Prints a line above the bar.
    pub fn say(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| remark(text)),
            None => remark(text),
        }
    }

    pub fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}
