//! The worst files, uploaded to a real server: what it and its readers hold in memory meanwhile.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Context;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use super::corpus::files;
use crate::caller::{Caller, text};
use crate::process::{Process, descendants, gangway, resident_memory};
use crate::report::Report;
use crate::start::wait_for;

const EVERY: Duration = Duration::from_millis(20);
const MIB: usize = 1 << 20;

/// What was seen at the worst moment, in bytes.
#[derive(Clone, Copy, Debug, Default)]
struct Peak {
    /// All processes together.
    together: u64,
    /// The largest of the children.
    child: u64,
}

pub async fn measure(corpus: &Path, program: &Path, report: &mut Report) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let made = gangway(program, folder.path()).args(["keys", "new"]).output()?;
    anyhow::ensure!(made.status.success(), "no keys");
    let mut command = gangway(program, folder.path());
    command.args(["serve", "--listen", "127.0.0.1:0", "--ready-file", "ready"]);
    let server = Process::start(&mut command)?;
    let url = wait_for(&folder.path().join("ready")).await?;
    let key = std::fs::read_to_string(folder.path().join("gangway-data/admin.key"))?;
    let person = Caller::new(url.trim_end_matches('/'), key.trim())?.new_user().await?;
    let collection = person.call("POST", "rest/collections", json!({ "name": "Worst" })).await?;
    let collection = text(&collection, "uuid")?;
    let (idle, _) = server.memory()?;

    let done = Arc::new(AtomicBool::new(false));
    let watching = tokio::task::spawn_blocking({
        let (done, id) = (done.clone(), server.id());
        move || watch(id, &done)
    });
    let files = worst(corpus)?;
    for (name, bytes) in &files {
        send(&person, &collection, name, bytes.clone()).await.with_context(|| name.clone())?;
    }
    let states = read_all(&person, &collection, files.len()).await?;
    done.store(true, Ordering::Relaxed);
    let peak = watching.await?;
    let (_, own) = server.memory()?;
    let mega = |bytes: u64| format!("{:.0} MB", bytes as f64 / 1e6);
    let states: Vec<String> = states.iter().map(|(state, count)| format!("{count} {state}")).collect();
    report.add(
        &format!(
            "server's peak resident memory while {} of the worst files are uploaded and read",
            files.len()
        ),
        mega(own),
        "≤ 300 MB",
        format!("idle {}; in the end {}", mega(idle), states.join(", ")),
    );
    report.add(
        "– the largest of its readers, and all processes together",
        format!("{}, {}", mega(peak.child), mega(peak.together)),
        "each reader ≤ `extract.memory_mb`",
        "–".to_owned(),
    );
    Ok(())
}

/// Samples a process and its descendants until it is told to stop.
fn watch(server: u32, done: &AtomicBool) -> Peak {
    let mut peak = Peak::default();
    while !done.load(Ordering::Relaxed) {
        // One that ends meanwhile holds nothing.
        let of = |process: u32| resident_memory(process).map_or(0, |memory| memory.all);
        let children: Vec<u64> = descendants(server).into_iter().map(of).collect();
        peak.child = peak.child.max(children.iter().copied().max().unwrap_or(0));
        peak.together = peak.together.max(of(server) + children.iter().sum::<u64>());
        std::thread::sleep(EVERY);
    }
    peak
}

async fn send(person: &Caller, collection: &str, name: &str, bytes: Vec<u8>) -> anyhow::Result<()> {
    let form = Form::new().part("file", Part::bytes(bytes).file_name(name.to_owned()));
    let url = format!("{}/rest/connectors/local_upload/upload?collection_uuid={collection}", person.url);
    let answer = person.http.post(url).bearer_auth(&person.token).multipart(form).send().await?;
    let (status, told) = (answer.status(), answer.text().await?);
    anyhow::ensure!(status.is_success(), "{status} {told}");
    Ok(())
}

/// Waits until every file has been read, one way or the other; how many ended in which state.
async fn read_all(
    person: &Caller,
    collection: &str,
    count: usize,
) -> anyhow::Result<BTreeMap<String, usize>> {
    loop {
        let path = format!("rest/collections/{collection}/files?limit=100");
        let answer = person.call("GET", &path, Value::Null).await?;
        let files = answer["files"].as_array().context("no files")?;
        let files: Vec<&Value> = files.iter().filter(|file| file["kind"] == "file").collect();
        let is_pending = |file: &&&Value| file["reason"]["code"] == "pending";
        if files.len() >= count && files.iter().filter(is_pending).count() == 0 {
            let mut states = BTreeMap::new();
            for file in files {
                let state = file["reason"]["code"].as_str().or(file["sync_state"].as_str());
                *states.entry(state.unwrap_or("?").to_owned()).or_default() += 1;
            }
            return Ok(states);
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Bombs and giants: those of the corpus, and what is made here.
fn worst(corpus: &Path) -> anyhow::Result<Vec<(String, Vec<u8>)>> {
    let mut all = Vec::new();
    if let Ok(entries) = std::fs::read_dir(corpus) {
        for entry in entries {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if name.starts_with("h_") || name == "random.bin" {
                all.push((name, std::fs::read(&path)?));
            }
        }
        all.sort();
    }
    // Empty ones are the same file twice.
    all.retain(|(_, bytes)| !bytes.is_empty());
    let row = "<tr><td>cell</td><td>other</td></tr>";
    let mut nested = files::zip_of(&[("core.txt", b"unreachable".to_vec())]);
    for _ in 0..8 {
        nested = files::zip_of(&[("next.zip", nested), ("seen.txt", b"seen".to_vec())]);
    }
    let deep = format!("{}deep{}", "<div>".repeat(200_000), "</div>".repeat(200_000));
    let rows: String = (0..1_000_000).map(|row| format!("{row},some words in a row,{row}\n")).collect();
    let made = [
        ("zeros.zip", files::deflated_zip(&["zeros.txt"], 2048 << 20)),
        ("zeros.docx", files::deflated_zip(&["word/document.xml"], 600 << 20)),
        ("zeros.gz", files::gzip(Some("zeros.txt"), &vec![0; 400 * MIB])),
        ("nested.zip", nested),
        ("table.html", format!("<table>{}</table>", row.repeat(250_000)).into_bytes()),
        ("deep.html", deep.into_bytes()),
        ("rows.csv", rows.into_bytes()),
        ("line.txt", vec![b'x'; 60 * MIB]),
        ("words.md", "# word\n\nand more words\n\n".repeat(2_000_000).into_bytes()),
        ("pages.pdf", files::pdf("many", &vec!["a page of words"; 20_000])),
    ];
    all.extend(made.map(|(name, bytes)| (format!("made-{name}"), bytes)));
    Ok(all)
}
