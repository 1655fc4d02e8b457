//! The command line of the emulators.

use std::net::SocketAddr;

use clap::{Args, Subcommand};
use url::Url;

use crate::dropbox::{self, DropboxOptions};
use crate::google::{self, GoogleOptions};
use crate::kernel::authz::OAuthClient;
use crate::kernel::seed::Seed;
use crate::slack::{self, SlackOptions};

/// Which provider to emulate.
#[derive(Debug, Args)]
pub struct EmulateArgs {
    #[command(subcommand)]
    pub provider: Provider,
}

#[derive(Debug, Subcommand)]
pub enum Provider {
    /// Emulates Google: OAuth and Drive v3.
    Google(GoogleArgs),
    /// Emulates Dropbox: OAuth and API v2.
    Dropbox(DropboxArgs),
}

#[derive(Debug, Args)]
pub struct GoogleArgs {
    /// Address to listen on; port 0 takes any free port.
    #[arg(long, default_value = "127.0.0.1:0")]
    pub listen: SocketAddr,
    /// Address to use in links, if clients reach the emulator by another one.
    #[arg(long)]
    pub public_url: Option<Url>,
    /// Starting data: `demo`, `empty`, or the path of a folder.
    #[arg(long, default_value = "demo")]
    pub seed: String,
    /// Redirect URI to register for the client; may be repeated.
    #[arg(long = "redirect-uri")]
    pub redirect_uris: Vec<String>,
    #[arg(long, default_value = google::DEFAULT_CLIENT_ID)]
    pub client_id: String,
    #[arg(long, default_value = google::DEFAULT_CLIENT_SECRET, hide_default_value = true)]
    pub client_secret: String,
}

#[derive(Debug, Args)]
pub struct DropboxArgs {
    /// Address to listen on; port 0 takes any free port.
    #[arg(long, default_value = "127.0.0.1:0")]
    pub listen: SocketAddr,
    /// Address to use in links, if clients reach the emulator by another one.
    #[arg(long)]
    pub public_url: Option<Url>,
    /// Where temporary links lead: another origin. By default the next port, or any free one.
    #[arg(long)]
    pub files_listen: Option<SocketAddr>,
    /// Address to use in temporary links, if clients reach it by another one.
    #[arg(long)]
    pub files_public_url: Option<Url>,
    /// Starting data: `demo`, `empty`, or the path of a folder.
    #[arg(long, default_value = "demo")]
    pub seed: String,
    /// Redirect URI to register for the client; may be repeated.
    #[arg(long = "redirect-uri")]
    pub redirect_uris: Vec<String>,
    #[arg(long, default_value = dropbox::DEFAULT_CLIENT_ID)]
    pub client_id: String,
    #[arg(long, default_value = dropbox::DEFAULT_CLIENT_SECRET, hide_default_value = true)]
    pub client_secret: String,
}

/// Runs an emulator until Ctrl-C.
pub async fn run(args: EmulateArgs) -> anyhow::Result<()> {
    match args.provider {
        Provider::Google(args) => run_google(args).await,
        Provider::Dropbox(args) => run_dropbox(args).await,
    }
}

async fn run_google(args: GoogleArgs) -> anyhow::Result<()> {
    let seed: Seed = args.seed.parse()?;
    let client = OAuthClient {
        client_id: args.client_id.clone(),
        client_secret: args.client_secret.clone(),
        redirect_uris: args.redirect_uris,
    };
    let emulator = google::start(GoogleOptions {
        listen: args.listen,
        public_url: args.public_url,
        seed,
        clients: vec![client],
        ..GoogleOptions::default()
    })
    .await?;
    println!("google emulator: {}", emulator.base_url().as_str().trim_end_matches('/'));
    println!("client id: {}", args.client_id);
    println!("client secret: {}", args.client_secret);
    for (email, name) in emulator.control().list_accounts() {
        println!("account: {email} ({name})");
    }
    tokio::signal::ctrl_c().await?;
    emulator.shutdown().await;
    Ok(())
}

async fn run_dropbox(args: DropboxArgs) -> anyhow::Result<()> {
    let seed: Seed = args.seed.parse()?;
    let client = OAuthClient {
        client_id: args.client_id.clone(),
        client_secret: args.client_secret.clone(),
        redirect_uris: args.redirect_uris,
    };
    let next_port = if args.listen.port() == 0 { 0 } else { args.listen.port().saturating_add(1) };
    let emulator = dropbox::start(DropboxOptions {
        listen: args.listen,
        public_url: args.public_url,
        files_listen: args.files_listen.unwrap_or(SocketAddr::new(args.listen.ip(), next_port)),
        files_public_url: args.files_public_url,
        seed,
        clients: vec![client],
        ..DropboxOptions::default()
    })
    .await?;
    println!("dropbox emulator: {}", emulator.base_url().as_str().trim_end_matches('/'));
    println!("api: {}", emulator.api_url());
    println!("content: {}", emulator.content_url());
    println!("notify: {}", emulator.notify_url());
    println!("www: {}", emulator.www_url());
    println!("files: {}", emulator.files_url().as_str().trim_end_matches('/'));
    println!("client id: {}", args.client_id);
    println!("client secret: {} (also signs webhooks)", args.client_secret);
    for (email, name) in emulator.control().list_accounts() {
        println!("account: {email} ({name})");
    }
    tokio::signal::ctrl_c().await?;
    emulator.shutdown().await;
    Ok(())
}
