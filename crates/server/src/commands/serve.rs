//! `gangway serve`: runs the server until it is asked to stop.

use std::path::PathBuf;

use clap::Args;

use super::config::load;
use super::keys::write_private;
use crate::config::{Config, ConfigArgs};
use crate::failure::Failure;
use crate::output;
use crate::serving::metrics::Metrics;
use crate::serving::{Server, signals, telemetry};

#[derive(Args, Debug)]
pub struct ServeArgs {
    /// Write the address to this file once the server answers; useful with port 0
    #[arg(long, value_name = "FILE")]
    ready_file: Option<PathBuf>,
    #[command(flatten)]
    config: ConfigArgs,
}

pub fn run(args: ServeArgs) -> Result<(), Failure> {
    let config = Config::from_settings(&load(&args.config)?)?;
    crate::on_runtime(config.threads, serve(config, args.ready_file))
}

async fn serve(config: Config, ready_file: Option<PathBuf>) -> Result<(), Failure> {
    telemetry::start(&config);
    let metrics = Metrics::install()?;
    let server = Server::start(&config, &metrics).await?;
    tokio::spawn(metrics.keep_up());
    if config.admin_key.is_none() {
        tracing::warn!("there is no admin key, so no users can be made; `gangway keys new` makes one");
    }
    let address = server.public_url().as_str().trim_end_matches('/').to_owned();
    if let Some(path) = &ready_file {
        write_private(path, &format!("{address}\n"))?;
    }
    tracing::info!(listening = %server.address(), url = %address, data = %config.data_dir.display(), "ready");
    signals::asked_to_stop().await;
    tracing::info!("stopping");
    signals::end_at_second_request();
    if let Some(path) = &ready_file {
        let _ = std::fs::remove_file(path);
    }
    server.stop(config.shutdown).await;
    output::remark("stopped");
    Ok(())
}
