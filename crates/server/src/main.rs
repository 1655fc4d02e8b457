//! The `gangway` program: the server, its demo, the emulators, and the commands that talk to a server.

mod cli;
mod client;
mod commands;
mod config;
mod failure;
mod meaning;
mod output;
mod serving;
mod wiring;

use std::process::ExitCode;

use clap::Parser;
use gangway_connector::Descriptor;

use crate::failure::Failure;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    let as_json = cli.wants_json();
    match cli.run() {
        Ok(code) => code,
        Err(failure) => {
            if as_json {
                output::json(&failure.for_machines());
            } else {
                output::remark(failure.for_people());
            }
            ExitCode::from(failure.exit as u8)
        }
    }
}

/// What the registry says about every connector, in its order.
fn descriptors() -> Vec<&'static Descriptor> {
    gangway_connectors::ALL.iter().map(|connector| connector.descriptor()).collect()
}

/// Every setting of this build.
fn settings_table() -> Vec<config::Setting> {
    config::settings(&descriptors())
}

/// Starts a runtime with the given number of threads (0: one per core) and runs `work` on it.
fn on_runtime<T>(
    threads: usize,
    work: impl std::future::Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    if threads > 0 {
        builder.worker_threads(threads);
    }
    let runtime = builder
        .enable_all()
        .build()
        .map_err(|error| Failure::failed("cannot start the runtime").why(error))?;
    runtime.block_on(work)
}
