//! `gangway emulate`: runs emulators of the providers until Ctrl-C.

use clap::Args;
use gangway_emulators::cli::{self, GoogleArgs, Provider};
use gangway_emulators::google;

use crate::failure::Failure;

#[derive(Args, Debug)]
pub struct EmulateArgs {
    /// Which provider; without one, Google with the demo's data on 127.0.0.1:8081
    #[command(subcommand)]
    provider: Option<Provider>,
}

pub fn run(args: EmulateArgs) -> Result<(), Failure> {
    let provider = args.provider.unwrap_or_else(|| {
        Provider::Google(GoogleArgs {
            listen: ([127, 0, 0, 1], 8081).into(),
            public_url: None,
            seed: "demo".to_owned(),
            redirect_uris: vec!["http://127.0.0.1:8080/oauth/callback".to_owned()],
            client_id: google::DEFAULT_CLIENT_ID.to_owned(),
            client_secret: google::DEFAULT_CLIENT_SECRET.to_owned(),
        })
    });
    crate::on_runtime(2, async { Ok(cli::run(cli::EmulateArgs { provider }).await?) })
}
