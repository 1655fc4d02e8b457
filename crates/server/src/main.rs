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
    let cli = match cli::Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) if error.use_stderr() && cli::asks_for_json(std::env::args_os()) => {
            return tell(&Failure::misread(&error), true);
        }
        Err(error) => error.exit(),
    };
    let as_json = cli.wants_json();
    cli.run().unwrap_or_else(|failure| tell(&failure, as_json))
}

/// Says what went wrong: with `--json` on standard output, where nothing has been printed before.
fn tell(failure: &Failure, as_json: bool) -> ExitCode {
    match (as_json, failure.ends_lines) {
        (true, true) => output::line(failure.for_machines().to_string()),
        (true, false) => output::json(&failure.for_machines()),
        (false, _) => output::remark(failure.for_people()),
    }
    ExitCode::from(failure.exit as u8)
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
