//! `gangway emulate`: runs emulators of the providers until Ctrl-C.

use clap::Args;
use gangway_emulators::cli::{self, Provider};

use crate::failure::Failure;

#[derive(Args, Debug)]
pub struct EmulateArgs {
    /// Which provider; without one, all of them with the demo's data, from 127.0.0.1:8081 on
    #[command(subcommand)]
    provider: Option<Provider>,
}

pub fn run(args: EmulateArgs) -> Result<(), Failure> {
    let providers = match args.provider {
        Some(provider) => vec![provider],
        None => cli::all(8081, "http://127.0.0.1:8080/oauth/callback"),
    };
    crate::on_runtime(2, async { Ok(cli::run(providers).await?) })
}
