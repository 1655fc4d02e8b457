//! The rate of `GET /rest/connectors` beside that of a handler that does nothing, on the same HTTP stack.

use std::process::Command;

use axum::Json;
use axum::Router;
use axum::routing::get;
use serde_json::json;

use crate::load::rate;
use crate::process::Process;
use crate::report::Report;
use crate::world::World;

/// Serves `GET /` with a small constant until it is killed; says its address first.
pub async fn serve_nothing() -> anyhow::Result<()> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}/", listener.local_addr()?);
    let router = Router::new().route("/", get(|| async { Json(json!({ "connectors": [] })) }));
    Ok(axum::serve(listener, router).await?)
}

pub async fn measure(world: &World, report: &mut Report) -> anyhow::Result<()> {
    let mut command = Command::new(std::env::current_exe()?);
    let (_empty, address) =
        Process::start_and_read(command.arg("empty-handler"), |line| Some(line.to_owned()))?;
    let ours = format!("{}/rest/connectors", world.person.url);
    // In turn, so that a machine that slows down slows both.
    let (mut empty, mut rates) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        empty.push(rate(&address, None).await?);
        rates.push(rate(&ours, Some(&world.person.token)).await?);
    }
    empty.sort_by(f64::total_cmp);
    rates.sort_by(f64::total_cmp);
    report.add(
        "`GET /rest/connectors` (median of 3 × 5 s, 16 callers)",
        format!("{:.0} requests/s, {:.0} % of the empty handler", rates[1], 100.0 * rates[1] / empty[1]),
        "≥ 50 % of an empty handler",
        format!("empty handler: {:.0} requests/s", empty[1]),
    );
    Ok(())
}
