//! Listing through the connector, page by page, beside the same pages fetched and parsed without it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context;
use async_trait::async_trait;
use gangway_connector::ConnectionContext;
use gangway_connector::http::{AllowedHosts, Http, HttpOptions, RetryPolicy};
use gangway_effects::{Network, NetworkOptions, SystemClock};
use gangway_model::{ProviderItemId, SecretString};
use gangway_oauth::{AccessToken, SupplyError, TokenSupplier};
use serde_json::Value;
use url::Url;

use crate::caller::text;
use crate::report::Report;
use crate::world::World;

struct OneToken(SecretString);

#[async_trait]
impl TokenSupplier for OneToken {
    async fn access_token(&self) -> Result<AccessToken, SupplyError> {
        Ok(AccessToken { secret: self.0.clone(), generation: 1 })
    }

    async fn replace(&self, _refused: &AccessToken) -> Result<AccessToken, SupplyError> {
        Err(SupplyError::NeedsReauth("the benchmark has one token".to_owned()))
    }
}

pub async fn measure(world: &World, report: &mut Report) -> anyhow::Result<()> {
    let token = own_token(world).await?;
    let connector = gangway_connectors::find("google_drive").context("no such connector")?;
    let base: Url = world.emulator_url.parse()?;
    let endpoints: BTreeMap<String, Url> =
        connector.descriptor().endpoints.iter().map(|fact| (fact.name.to_owned(), base.clone())).collect();
    let options = NetworkOptions { allow_private_addresses: true, ..NetworkOptions::default() };
    let source = connector.open(ConnectionContext {
        http: Http::new(HttpOptions {
            network: Network::new(options)?,
            clock: SystemClock::shared(),
            tokens: Some(Arc::new(OneToken(token.clone().into()))),
            allowed_hosts: AllowedHosts::of(endpoints.values()),
            limiter: None,
            retry: RetryPolicy::PATIENT,
            connection: "benchmark".to_owned(),
        }),
        endpoints: Arc::new(endpoints),
    });
    // Once unmeasured: the emulator makes its checksums when they are first asked for.
    raw(world, &token).await?;
    let container = ProviderItemId::from(world.corpus.as_str());
    let before = resident()?;
    let begun = Instant::now();
    let (mut listed, mut page, mut peak) = (0, None, before);
    loop {
        let answer = source.list(&container, page.as_ref()).await?;
        listed += answer.entries.len();
        peak = peak.max(resident()?);
        page = answer.next;
        if page.is_none() {
            break;
        }
    }
    let ours = listed as f64 / begun.elapsed().as_secs_f64();
    let begun = Instant::now();
    let counted = raw(world, &token).await?;
    let baseline = counted as f64 / begun.elapsed().as_secs_f64();
    anyhow::ensure!(listed == counted, "{listed} listed, {counted} there");
    report.add(
        &format!("list {listed} files through the connector"),
        format!("{ours:.0} files/s, memory +{:.1} MB", (peak - before) as f64 / 1e6),
        "≥ 10,000 files/s, memory flat",
        format!("same pages fetched and parsed as plain JSON: {baseline:.0} files/s"),
    );
    Ok(())
}

/// A token of the benchmark's own, by the ordinary exchange.
pub async fn own_token(world: &World) -> anyhow::Result<String> {
    let callback = format!("{}/oauth/callback", world.person.url);
    let mut address: Url = format!("{}/o/oauth2/v2/auth", world.emulator_url).parse()?;
    address
        .query_pairs_mut()
        .append_pair("client_id", &world.client_id)
        .append_pair("redirect_uri", &callback)
        .append_pair("response_type", "code")
        .append_pair("state", "bench")
        .append_pair("scope", "https://www.googleapis.com/auth/drive.readonly");
    let (code, _) = world.person.consent(address.as_str()).await?;
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", &callback),
        ("client_id", &world.client_id),
        ("client_secret", &world.client_secret),
    ];
    let answer = world.person.http.post(format!("{}/token", world.emulator_url)).form(&form).send().await?;
    text(&answer.error_for_status()?.json().await?, "access_token")
}

async fn raw(world: &World, token: &str) -> anyhow::Result<usize> {
    let fields = "nextPageToken,incompleteSearch,files(id,name,mimeType,size,modifiedTime,createdTime,webViewLink,\
                  thumbnailLink,parents,driveId,md5Checksum,sha256Checksum,headRevisionId,version)";
    let query = format!("'{}' in parents and trashed=false", world.corpus);
    let (mut counted, mut page) = (0, String::new());
    loop {
        let mut request = world
            .person
            .http
            .get(format!("{}/drive/v3/files", world.emulator_url))
            .bearer_auth(token)
            .query(&[("pageSize", "1000"), ("q", &query), ("fields", fields)]);
        if !page.is_empty() {
            request = request.query(&[("pageToken", &page)]);
        }
        let answer: Value = request.send().await?.error_for_status()?.json().await?;
        counted += answer["files"].as_array().map_or(0, Vec::len);
        match answer["nextPageToken"].as_str() {
            Some(next) => page = next.to_owned(),
            None => return Ok(counted),
        }
    }
}

fn resident() -> anyhow::Result<u64> {
    let statm = std::fs::read_to_string("/proc/self/statm")?;
    let pages: u64 = statm.split_whitespace().nth(1).context("no figure")?.parse()?;
    Ok(pages * 4096)
}
