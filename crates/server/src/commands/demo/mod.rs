//! `gangway demo`: the whole product beside emulated providers, walked through by its public API.

mod emulators;
mod folder;
mod operator;

mod consent;
mod story;
mod walk;

use std::path::PathBuf;

use clap::Args;
use tokio::net::TcpListener;

use self::emulators::Emulators;
use self::folder::DemoFolder;
use self::walk::Walk;
use crate::failure::Failure;
use crate::output;
use crate::serving::lock::FolderLock;
use crate::serving::metrics::Metrics;
use crate::serving::{Server, signals, telemetry};

#[derive(Args, Debug)]
pub struct DemoArgs {
    /// The demo's data folder
    #[arg(long, value_name = "FOLDER", default_value = "gangway-data/demo")]
    data_dir: PathBuf,
    /// Start over: delete the data folder first
    #[arg(long)]
    fresh: bool,
    /// End after the walk instead of running until Ctrl-C
    #[arg(long)]
    exit: bool,
    /// Only start the server and the emulators; leave connecting and syncing to you
    #[arg(long)]
    no_walk: bool,
    /// A product's origin whose pages may embed the demo, and whose front page people may be led back to (repeatable)
    #[arg(long = "product", value_name = "ORIGIN", default_value = "http://localhost:8090")]
    products: Vec<String>,
    /// What the server logs meanwhile
    #[arg(long, value_name = "LEVEL", default_value = "warn")]
    log_level: String,
}

/// A port that is easy to remember; another is taken when it is in use.
const GANGWAY_PORT: u16 = 8080;

pub fn run(args: DemoArgs) -> Result<(), Failure> {
    crate::on_runtime(0, demo(args))
}

async fn demo(args: DemoArgs) -> Result<(), Failure> {
    if args.fresh {
        folder::wipe(&args.data_dir)?;
    }
    let lock = FolderLock::take(&args.data_dir)?;
    let listener = listen(GANGWAY_PORT).await?;
    let address = listener.local_addr()?;
    let emulators = Emulators::start(address, &args.products).await?;
    let folder = DemoFolder::prepare(&args, address, &emulators)?;
    let config = folder.config()?;
    telemetry::start(&config);
    let metrics = Metrics::install()?;
    let server = Server::start_on(listener, lock, &config, &metrics).await?;
    tokio::spawn(metrics.keep_up());
    let limit = config.shutdown;

    let work = async {
        let access = folder.give_access(&server, &emulators).await?;
        let walk = Walk::new(access, &folder, &emulators);
        walk.introduce();
        if !args.no_walk {
            walk.go().await?;
        }
        walk.what_next(!args.no_walk);
        Ok::<(), Failure>(())
    };
    let walked = tokio::select! {
        walked = work => walked,
        () = signals::asked_to_stop() => {
            output::line("\nstopping before the end of the walk");
            return stop(server, emulators, limit).await;
        }
    };
    if let Err(failure) = walked {
        stop(server, emulators, limit).await?;
        return Err(failure);
    }
    if !args.exit {
        output::line("Running until Ctrl-C.");
        signals::asked_to_stop().await;
        output::line("\nstopping");
    }
    stop(server, emulators, limit).await
}

async fn stop(server: Server, emulators: Emulators, limit: std::time::Duration) -> Result<(), Failure> {
    signals::end_at_second_request();
    server.stop(limit).await;
    emulators.shutdown().await;
    Ok(())
}

/// The usual port when it is free, else any free one.
async fn listen(usual: u16) -> Result<TcpListener, Failure> {
    match TcpListener::bind(("127.0.0.1", usual)).await {
        Ok(listener) => Ok(listener),
        Err(_) => Ok(TcpListener::bind(("127.0.0.1", 0)).await?),
    }
}
