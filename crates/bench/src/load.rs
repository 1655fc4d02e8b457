//! A steady load on one address, and how many requests a second were answered.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

const CALLERS: usize = 16;
const FOR: Duration = Duration::from_secs(5);

/// Answers a second of `GET url`, with a token when one is given.
pub async fn rate(url: &str, token: Option<&str>) -> anyhow::Result<f64> {
    let http = reqwest::Client::new();
    let answered = Arc::new(AtomicU64::new(0));
    let begun = Instant::now();
    let callers: Vec<_> = (0..CALLERS)
        .map(|_| {
            let (http, answered, url) = (http.clone(), Arc::clone(&answered), url.to_owned());
            let token = token.map(str::to_owned);
            tokio::spawn(async move {
                while begun.elapsed() < FOR {
                    let mut request = http.get(&url);
                    if let Some(token) = &token {
                        request = request.bearer_auth(token);
                    }
                    let answer = request.send().await?.error_for_status()?;
                    answer.bytes().await?;
                    answered.fetch_add(1, Ordering::Relaxed);
                }
                anyhow::Ok(())
            })
        })
        .collect();
    for caller in callers {
        caller.await??;
    }
    Ok(answered.load(Ordering::Relaxed) as f64 / begun.elapsed().as_secs_f64())
}
