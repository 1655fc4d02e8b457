//! What a push takes at each provider: from the change at the source, by the provider's webhook, until a search finds it.

use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context;
use gangway_connector::conformance::{Access, StandIn};
use gangway_connector::{AppSecret, Descriptor, Push};
use gangway_model::ExposeSecret;
use gangway_standins::{DropboxStandIn, GoogleStandIn, NotionStandIn, SlackStandIn};
use serde_json::{Value, json};

use crate::caller::{Caller, text};
use crate::process::{Process, gangway};
use crate::report::Report;
use crate::start::wait_for;

/// Changes at each provider, one after the other.
const CHANGES: usize = 100;

pub async fn measure(program: &Path, report: &mut Report) -> anyhow::Result<()> {
    at::<GoogleStandIn>(program, report).await?;
    at::<NotionStandIn>(program, report).await?;
    at::<SlackStandIn>(program, report).await?;
    at::<DropboxStandIn>(program, report).await
}

async fn at<S: StandIn>(program: &Path, report: &mut Report) -> anyhow::Result<()> {
    let provider = S::start().await;
    let connector = provider.connector_id();
    let mut times = changes(program, &provider).await.with_context(|| connector.to_owned())?;
    times.sort();
    let slowest = times.last().copied().unwrap_or_default();
    report.add(
        &format!("`{connector}`: a change at the source, by webhook, until searchable"),
        format!(
            "median {} ms, 99 % within {} ms, slowest {} ms of {CHANGES}",
            times[times.len() / 2].as_millis(),
            times[(times.len() * 99).div_ceil(100) - 1].as_millis(),
            slowest.as_millis()
        ),
        "p99 ≤ 2 s",
        "the webhook's own delivery is in it".to_owned(),
    );
    Ok(())
}

/// How long each of some changes took.
async fn changes<S: StandIn>(program: &Path, provider: &S) -> anyhow::Result<Vec<Duration>> {
    let connector = provider.connector_id();
    let folder = tempfile::tempdir()?;
    let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let url = format!("http://127.0.0.1:{port}");
    provider.add_redirect_uri(&format!("{url}/oauth/callback"));
    std::fs::write(folder.path().join("gangway.toml"), config(connector, &provider.access())?)?;
    let made = gangway(program, folder.path()).args(["keys", "new"]).output()?;
    anyhow::ensure!(made.status.success(), "no keys");
    let listen = format!("127.0.0.1:{port}");
    let _server = Process::start(gangway(program, folder.path()).args([
        "serve",
        "--listen",
        &listen,
        "--ready-file",
        "ready",
    ]))?;
    wait_for(&folder.path().join("ready")).await?;
    let admin_key = std::fs::read_to_string(folder.path().join("gangway-data/admin.key"))?;
    let admin = Caller::new(&url, admin_key.trim())?;
    let person = admin.new_user().await?;
    provider.push_to(&format!("{url}/webhooks/{connector}").parse()?).await;
    if found_descriptor(connector)?.capabilities.push == Push::PerApp(AppSecret::Offered) {
        admin.call("POST", &format!("rest/admin/webhooks/{connector}/confirm"), Value::Null).await?;
    }
    person.connect(connector, provider.access().login_hint).await?;
    let collection = person.call("POST", "rest/collections", json!({ "name": "Pushes" })).await?;
    let body = json!({
        "file_ids": [provider.home().as_str()],
        "collection_uuid": text(&collection, "uuid")?,
        "sync_mode": "auto",
    });
    let job = person.call("POST", &format!("rest/connectors/{connector}/sync"), body).await?;
    let ended = person.finished(connector, &text(&job, "sync_job_id")?).await?;
    anyhow::ensure!(ended["status"] == "completed", "the first sync ended otherwise: {ended}");
    // Subscriptions of single feeds are made by a task after it.
    tokio::time::sleep(Duration::from_secs(1)).await;

    let mut times = Vec::with_capacity(CHANGES);
    for number in 0..CHANGES {
        let word = format!("freshword{number}x");
        let begun = Instant::now();
        provider.create_file(&provider.home(), &format!("note {number}.txt"), &word).await;
        provider.flush_pushes().await;
        loop {
            let found = person.call("POST", "rest/search", json!({ "query": word, "limit": 1 })).await?;
            if found["total"].as_u64().unwrap_or_default() > 0 {
                break;
            }
            anyhow::ensure!(begun.elapsed() < Duration::from_secs(60), "change {number} was not found");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        times.push(begun.elapsed());
    }
    Ok(times)
}

fn found_descriptor(connector: &str) -> anyhow::Result<&'static Descriptor> {
    Ok(gangway_connectors::find(connector).context("a connector")?.descriptor())
}

/// A server for which the provider is the stand-in, and which polls too rarely to help.
fn config(connector: &str, access: &Access) -> anyhow::Result<String> {
    let descriptor = found_descriptor(connector)?;
    let provider = descriptor.provider;
    let mut text = String::new();
    write!(
        text,
        "[log]\nlevel = \"warn\"\n[outgoing]\nallow_private_addresses = true\n[sync]\npoll_interval_seconds = 3600\n\
         [providers.{provider}]\nclient_id = \"{}\"\nclient_secret = \"{}\"\nauthorize_url = \"{}\"\ntoken_url = \"{}\"\n",
        access.app.client_id,
        access.app.client_secret.expose_secret(),
        access.oauth.authorize,
        access.oauth.token,
    )?;
    if let Some(revoke) = &access.oauth.revoke {
        writeln!(text, "revoke_url = \"{revoke}\"")?;
    }
    if access.webhook_secret.is_some() || !descriptor.rates.is_empty() {
        writeln!(text, "[connectors.{connector}]")?;
    }
    if let Some(secret) = &access.webhook_secret {
        writeln!(text, "webhook_secret = \"{}\"", secret.expose_secret())?;
    }
    if !descriptor.rates.is_empty() {
        // The stand-ins keep no limits.
        writeln!(text, "pace_percent = 100000")?;
    }
    writeln!(text, "[connectors.{connector}.endpoints]")?;
    for (name, address) in &access.endpoints {
        writeln!(text, "{name} = \"{address}\"")?;
    }
    Ok(text)
}
