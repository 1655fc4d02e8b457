//! `gangway-emulate`: the emulators as a program of their own.

use clap::Parser;
use gangway_emulators::cli::{EmulateArgs, run};

#[derive(Parser)]
#[command(name = "gangway-emulate", about = "Emulates a provider for development and tests", version)]
struct Cli {
    #[command(flatten)]
    args: EmulateArgs,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    run(vec![Cli::parse().args.provider]).await
}
