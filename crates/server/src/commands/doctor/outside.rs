//! Checks of what lies outside: the providers' addresses, and this machine's clock against theirs.

use std::time::Duration;

use chrono::DateTime;
use gangway_effects::{Clock, Network, SystemClock};
use reqwest::Method;
use url::Url;

use super::Finding;
use crate::config::Config;
use crate::wiring;

const PATIENCE: Duration = Duration::from_secs(10);
/// Tokens and signatures tolerate about this much.
const TOLERATED_SKEW_SECONDS: i64 = 60;

pub async fn providers(config: &Config, offline: bool) -> Vec<Finding> {
    let (directory, network) = match (wiring::apps(config), Network::new(config.network.clone())) {
        (Ok(directory), Ok(network)) => (directory, network),
        (Err(failure), _) => {
            return vec![Finding::fail("providers", failure.what, "check the addresses that are set")];
        }
        (_, Err(error)) => {
            return vec![Finding::fail("outgoing", error.to_string(), "check the outgoing section")];
        }
    };
    let mut findings = Vec::new();
    let mut skew = None;
    let mut asked: Vec<&str> = Vec::new();
    for descriptor in crate::descriptors() {
        if !descriptor.is_built() || descriptor.oauth.is_none() || asked.contains(&descriptor.provider) {
            continue;
        }
        asked.push(descriptor.provider);
        let Some(settings) = directory.get(descriptor.id) else { continue };
        if settings.app.is_none() {
            findings.push(Finding::warn(
                "provider",
                format!("{} has no OAuth app, so nobody can connect {}", descriptor.provider, descriptor.name),
                format!("set providers.{0}.client_id and client_secret; docs/connectors/{1}.md shows how to get them", descriptor.provider, descriptor.id),
            ));
            continue;
        }
        let Some(oauth) = settings.oauth.as_ref().filter(|_| !offline) else { continue };
        let (finding, their_skew) = reach(&network, descriptor.provider, &oauth.token).await;
        findings.push(finding);
        skew = skew.or(their_skew);
    }
    findings.extend(skew.map(clock));
    findings
}

/// Any answer will do: what counts is that there is one.
async fn reach(network: &Network, provider: &str, token_url: &Url) -> (Finding, Option<i64>) {
    let host = token_url.host_str().unwrap_or_default();
    let remedy = "check name resolution, firewall and HTTPS_PROXY; behind an inspecting proxy set outgoing.extra_ca_file";
    let request = match network.request(Method::GET, token_url.clone()) {
        Ok(request) => request.timeout(PATIENCE),
        Err(error) => return (Finding::fail("provider", error.to_string(), remedy), None),
    };
    match request.send().await {
        Ok(response) => {
            let skew = response
                .headers()
                .get("date")
                .and_then(|date| DateTime::parse_from_rfc2822(date.to_str().ok()?).ok())
                .map(|theirs| (SystemClock.now() - theirs.to_utc()).num_seconds());
            (Finding::ok("provider", format!("{provider} answers ({host})")), skew)
        }
        Err(error) => {
            let mut why = error.to_string();
            let mut source = std::error::Error::source(&error);
            while let Some(cause) = source {
                why = cause.to_string();
                source = cause.source();
            }
            (Finding::warn("provider", format!("{provider} does not answer ({host}): {why}"), remedy), None)
        }
    }
}

fn clock(skew: i64) -> Finding {
    match skew.abs() {
        ..=TOLERATED_SKEW_SECONDS => Finding::ok("clock", format!("{} s from a provider's", skew.abs())),
        _ => Finding::warn(
            "clock",
            format!("{} s {} a provider's", skew.abs(), if skew > 0 { "ahead of" } else { "behind" }),
            "let the system set its clock by NTP; tokens would end at the wrong moment",
        ),
    }
}
