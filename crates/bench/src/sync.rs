//! The first sync of many small files: list, download, extract, index, durable; and the server's memory meanwhile.

use std::time::Instant;

use futures::StreamExt;
use serde_json::{Value, json};

use crate::caller::text;
use crate::report::Report;
use crate::world::World;

/// Files of the baseline: enough for a steady rate.
const BASELINE_FILES: usize = 10_000;

pub async fn measure(world: &World, report: &mut Report) -> anyhow::Result<()> {
    let baseline = plain_downloads(world).await?;
    let collection = world.call("POST", "rest/collections", json!({ "name": "Corpus" })).await?;
    let wish = json!({
        "file_ids": [world.corpus], "collection_uuid": text(&collection, "uuid")?, "sync_mode": "auto",
    });
    let begun = Instant::now();
    let started = world.call("POST", "rest/connectors/google_drive/sync", wish).await?;
    let ended = world.person.finished("google_drive", &text(&started, "sync_job_id")?).await?;
    let took = begun.elapsed().as_secs_f64();
    anyhow::ensure!(ended["files_synced"] == world.files, "not all files were synced: {ended}");
    let (_, peak) = world.server.memory()?;
    report.add(
        &format!("first sync of {} small text files", world.files),
        format!("{:.0} files/s ({took:.1} s)", world.files as f64 / took),
        "≥ 1,000 files/s",
        format!("the same files only downloaded, 16 at a time: {baseline:.0} files/s"),
    );
    report.add(
        &format!("server's peak resident memory in that sync of {} files", world.files),
        format!("{:.0} MB", peak as f64 / 1e6),
        "≤ 300 MB",
        "–".to_owned(),
    );
    Ok(())
}

/// Downloads through the product's own file list, but does nothing with the bytes.
async fn plain_downloads(world: &World) -> anyhow::Result<f64> {
    let token = crate::listing::own_token(world).await?;
    let query = format!("'{}' in parents and trashed=false", world.corpus);
    let (mut ids, mut page) = (Vec::new(), String::new());
    while ids.len() < BASELINE_FILES {
        let mut request =
            world.person.http.get(format!("{}/drive/v3/files", world.emulator_url)).bearer_auth(&token);
        request =
            request.query(&[("pageSize", "1000"), ("q", &query), ("fields", "nextPageToken,files(id)")]);
        if !page.is_empty() {
            request = request.query(&[("pageToken", &page)]);
        }
        let answer: Value = request.send().await?.error_for_status()?.json().await?;
        let files = answer["files"].as_array().into_iter().flatten();
        ids.extend(files.filter_map(|file| file["id"].as_str().map(str::to_owned)));
        match answer["nextPageToken"].as_str() {
            Some(next) => page = next.to_owned(),
            None => break,
        }
    }
    let begun = Instant::now();
    let count = ids.len();
    let mut downloads = futures::stream::iter(ids)
        .map(|id| {
            let url = format!("{}/drive/v3/files/{id}?alt=media", world.emulator_url);
            let request = world.person.http.get(url).bearer_auth(&token);
            async move { anyhow::Ok(request.send().await?.error_for_status()?.bytes().await?.len()) }
        })
        .buffer_unordered(16);
    while let Some(bytes) = downloads.next().await {
        bytes?;
    }
    Ok(count as f64 / begun.elapsed().as_secs_f64())
}
