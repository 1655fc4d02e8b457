//! How long a sync will take: from the sizes that are known and from speeds that were measured.

use std::collections::HashMap;

use futures::future::join_all;
use gangway_connector::Descriptor;
use gangway_model::{Connection, Item, ItemKind, ProviderItemId, SyncJob, Timestamp};
use gangway_store::Paging;

use crate::app::App;
use crate::error::{AppError, AppResult, Code};

/// Finished jobs of a connection that count as its measured speed.
const JOBS_MEASURED: u32 = 20;
/// Roots never seen before that are looked up at the source for their size.
const LOOKED_UP: usize = 8;

/// What one root will cost, as far as anybody knows.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Cost {
    files: u64,
    bytes: u64,
}

/// How fast things went: what a file costs whatever its size, and what a byte costs.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Speed {
    seconds_per_file: f64,
    seconds_per_byte: f64,
    /// Of the files that were measured; stands in where a size is not known.
    bytes_per_file: f64,
    files_per_root: f64,
}

impl App {
    /// Seconds for these roots; `None` when neither an earlier job nor a look at the source gave a measure.
    /// A root that the source refuses is no error here: the job reports on it. A dead grant is.
    pub(crate) async fn estimate_sync(
        &self,
        descriptor: &'static Descriptor,
        connection: &Connection,
        roots: &[ProviderItemId],
    ) -> AppResult<Option<u64>> {
        let known = self.store.find_items_by_provider_ids(&connection.id, roots).await?;
        let known: HashMap<&str, &Item> =
            known.iter().map(|item| (item.provider_id.as_str(), item)).collect();
        let is_unknown = |root: &&ProviderItemId| !known.contains_key(root.as_str());
        let mut unknown: Vec<ProviderItemId> =
            roots.iter().filter(is_unknown).take(LOOKED_UP).cloned().collect();
        let latest = Paging::first(JOBS_MEASURED);
        let jobs = self.store.list_jobs(&connection.user_id, Some(&connection.id), &latest).await?.rows;
        let measured = measured(&jobs);
        if unknown.is_empty() && measured.is_none() {
            // Nothing to learn but how fast the source answers.
            unknown.extend(roots.first().cloned());
        }
        let before = self.now();
        let looked_up = self.look_up(descriptor, connection, &unknown).await?;
        let Some(speed) = measured.or_else(|| per_call(before, self.now(), unknown.len())) else {
            return Ok(None);
        };
        let average = Cost {
            files: speed.files_per_root.round().max(1.0) as u64,
            bytes: (speed.bytes_per_file * speed.files_per_root).round() as u64,
        };
        let cost = roots.iter().map(|root| {
            let facts = match known.get(root.as_str()) {
                Some(item) => Some((item.kind, item.size)),
                None => looked_up.get(root).copied(),
            };
            match facts {
                Some((ItemKind::File, size)) => {
                    Cost { files: 1, bytes: size.unwrap_or(speed.bytes_per_file.round() as u64) }
                }
                _ => average,
            }
        });
        Ok(Some(seconds(cost, speed)))
    }

    async fn look_up(
        &self,
        descriptor: &'static Descriptor,
        connection: &Connection,
        roots: &[ProviderItemId],
    ) -> AppResult<HashMap<ProviderItemId, (ItemKind, Option<u64>)>> {
        let source = self.open_source(connection)?;
        let source = source.as_ref();
        // No more than LOOKED_UP of them, so all at once.
        let answers = join_all(roots.iter().map(|root| source.get(root))).await;
        let mut found = HashMap::new();
        for (root, answer) in roots.iter().zip(answers) {
            match answer {
                Ok(entry) => {
                    found.insert(root.clone(), (entry.kind, entry.size));
                }
                Err(error) => {
                    let error = AppError::from_connector(descriptor, "look at the files of", error);
                    if error.code == Code::NeedsReauth {
                        return Err(error);
                    }
                }
            }
        }
        Ok(found)
    }
}

/// The speed of finished jobs, the latest first.
fn measured(jobs: &[SyncJob]) -> Option<Speed> {
    let mut time = 0.0;
    let (mut fetched, mut found, mut bytes, mut roots) = (0_u64, 0_u64, 0_u64, 0_u64);
    for job in jobs {
        let (Some(started), Some(completed)) = (job.started_at, job.completed_at) else { continue };
        let files = job.counters.synced.saturating_sub(job.counters.unchanged);
        if files == 0 {
            continue;
        }
        time += (completed - started).num_milliseconds().max(1) as f64 / 1000.0;
        fetched += files;
        found += job.counters.found;
        bytes += job.counters.bytes;
        roots += job.roots.len().max(1) as u64;
    }
    if fetched == 0 {
        return None;
    }
    // Half of the time is laid on the files and half on the bytes: with one sum there is no telling them apart.
    let bytes_share = if bytes == 0 { 0.0 } else { time / 2.0 / bytes as f64 };
    let files_time = if bytes == 0 { time } else { time / 2.0 };
    Some(Speed {
        seconds_per_file: files_time / fetched as f64,
        seconds_per_byte: bytes_share,
        bytes_per_file: bytes as f64 / fetched as f64,
        files_per_root: (found as f64 / roots as f64).max(1.0),
    })
}

/// The only measure of a connection that never synced: how long the source took to answer just now.
fn per_call(before: Timestamp, after: Timestamp, calls: usize) -> Option<Speed> {
    if calls == 0 {
        return None;
    }
    let elapsed = (after - before).num_milliseconds().max(1) as f64 / 1000.0;
    Some(Speed { seconds_per_file: elapsed, seconds_per_byte: 0.0, bytes_per_file: 0.0, files_per_root: 1.0 })
}

fn seconds(costs: impl Iterator<Item = Cost>, speed: Speed) -> u64 {
    let (mut files, mut bytes) = (0_u64, 0_u64);
    for cost in costs {
        files = files.saturating_add(cost.files);
        bytes = bytes.saturating_add(cost.bytes);
    }
    let total = files as f64 * speed.seconds_per_file + bytes as f64 * speed.seconds_per_byte;
    (total.ceil() as u64).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn larger_files_and_more_of_them_take_longer() {
        let speed = Speed {
            seconds_per_file: 0.1,
            seconds_per_byte: 1e-6,
            bytes_per_file: 1000.0,
            files_per_root: 1.0,
        };
        let one = Cost { files: 1, bytes: 1_000 };
        let large = Cost { files: 1, bytes: 50_000_000 };
        assert_eq!(seconds([one].into_iter(), speed), 1);
        assert_eq!(seconds([large].into_iter(), speed), 51);
        assert_eq!(seconds([one; 100].into_iter(), speed), 11);
        assert!(seconds([Cost { files: u64::MAX, bytes: u64::MAX }; 2].into_iter(), speed) > 1);
    }

    #[test]
    fn without_calls_and_jobs_nothing_is_claimed() {
        let now = Timestamp::default();
        assert_eq!(per_call(now, now, 0), None);
        assert_eq!(measured(&[]), None);
    }
}
