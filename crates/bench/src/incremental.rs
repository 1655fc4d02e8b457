//! Ten changes among many files: from the change at the source until all ten are found, by push, and the calls it costs.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::report::Report;
use crate::world::World;

const CHANGES: usize = 10;
const ROUNDS: usize = 5;

pub async fn measure(world: &World, report: &mut Report) -> anyhow::Result<()> {
    // The subscription is made by a task after the first sync.
    for _ in 0..100 {
        let channels = world.control("GET", "webhooks/channels", Value::Null).await?;
        let listed = channels.as_array().or_else(|| channels["channels"].as_array()).map_or(0, Vec::len);
        if listed > 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let mut times = Vec::new();
    let mut calls = 0;
    for round in 0..ROUNDS {
        world.control("DELETE", "calls", Value::Null).await?;
        let word = format!("freshword{round}");
        let begun = Instant::now();
        for number in 0..CHANGES {
            let file = json!({ "path": format!("Corpus/changed-{round}-{number}.txt"), "content": format!("{word} {number}") });
            world.control("POST", "files", file).await?;
        }
        loop {
            let found = world.call("POST", "rest/search", json!({ "query": word, "limit": 1 })).await?;
            if found["total"] == CHANGES {
                break;
            }
            anyhow::ensure!(begun.elapsed() < Duration::from_secs(60), "the changes were not found: {found}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        times.push(begun.elapsed());
        let log = world.control("GET", "calls", Value::Null).await?;
        calls = log["counts"].as_object().into_iter().flatten().filter_map(|(_, count)| count.as_u64()).sum();
    }
    times.sort();
    report.add(
        &format!("{CHANGES} changes among {} files: from the source, by push, until searchable", world.files),
        format!(
            "{} ms (median of {ROUNDS}; slowest {} ms), {calls} calls to the provider",
            times[ROUNDS / 2].as_millis(),
            times[ROUNDS - 1].as_millis()
        ),
        "≤ 1 s, calls O(changes); push to searchable ≤ 2 s",
        format!("listing the folder again would take {} calls", world.files.div_ceil(1000)),
    );
    Ok(())
}
