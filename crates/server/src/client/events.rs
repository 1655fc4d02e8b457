//! A job's progress: server-sent events while they come, polling when they do not.

use std::time::Duration;

use futures::StreamExt;
use futures::stream::BoxStream;
use gangway_effects::{Clock, SystemClock};

use super::Client;
use super::wire::Job;
use crate::failure::Failure;

/// One look at a job.
pub enum JobEvent {
    Progress(Job),
    Done(Job),
}

/// Follows one job to its end.
pub struct JobEvents<'a> {
    client: &'a Client,
    connector: &'a str,
    job: &'a str,
    stream: Option<BoxStream<'static, reqwest::Result<Vec<u8>>>>,
    tried_stream: bool,
    pending: Vec<u8>,
}

const POLL_EVERY: Duration = Duration::from_millis(500);

impl<'a> JobEvents<'a> {
    pub fn new(client: &'a Client, connector: &'a str, job: &'a str) -> Self {
        Self { client, connector, job, stream: None, tried_stream: false, pending: Vec::new() }
    }

    /// The next look; after `Done` there is nothing to wait for.
    pub async fn next(&mut self) -> Result<JobEvent, Failure> {
        if !self.tried_stream {
            self.tried_stream = true;
            let events = self.client.get(&["connectors", self.connector, "sync", self.job, "events"]);
            if let Ok(response) = events.open().await {
                self.stream = Some(response.bytes_stream().map(|part| part.map(Vec::from)).boxed());
            }
        }
        while let Some(stream) = &mut self.stream {
            if let Some(job) = take_event(&mut self.pending) {
                return self.look(job).await;
            }
            match stream.next().await {
                Some(Ok(part)) => self.pending.extend(part),
                // The stream ended or broke: the job goes on, so polling takes over.
                Some(Err(_)) | None => self.stream = None,
            }
        }
        SystemClock.sleep(POLL_EVERY).await;
        let job = self.fetch().await?;
        Ok(if job.is_final() { JobEvent::Done(job) } else { JobEvent::Progress(job) })
    }

    async fn look(&self, job: Job) -> Result<JobEvent, Failure> {
        match job.is_final() {
            // The row is the last word, also about fields that an event leaves out.
            true => Ok(JobEvent::Done(self.fetch().await?)),
            false => Ok(JobEvent::Progress(job)),
        }
    }

    async fn fetch(&self) -> Result<Job, Failure> {
        self.client.get(&["connectors", self.connector, "sync", self.job]).read().await
    }
}

/// Takes the first whole event with a job in it off the bytes; heartbeats are passed over.
fn take_event(pending: &mut Vec<u8>) -> Option<Job> {
    while let Some(end) = pending.windows(2).position(|pair| pair == b"\n\n") {
        let event: Vec<u8> = pending.drain(..end + 2).collect();
        let event = String::from_utf8_lossy(&event);
        let data: String =
            event.lines().filter_map(|line| line.strip_prefix("data:")).map(str::trim_start).collect();
        if let Ok(job) = serde_json::from_str(&data) {
            return Some(job);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::take_event;

    #[test]
    fn events_are_cut_where_they_end() {
        let mut text = b": heartbeat\n\nevent: progress\ndata: {\"job_id\":\"j\",\"status\":\"processing\"}\n\nevent: do"
            .to_vec();
        assert_eq!(take_event(&mut text).unwrap().status, "processing");
        assert!(take_event(&mut text).is_none());
        assert_eq!(text, b"event: do");
    }
}
