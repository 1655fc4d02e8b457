//! The command line of the emulators.

use std::net::SocketAddr;
use std::pin::Pin;

use clap::{Args, Subcommand};
use url::Url;

use crate::dropbox::{self, DropboxOptions};
use crate::google::{self, GoogleOptions};
use crate::kernel::authz::OAuthClient;
use crate::kernel::seed::Seed;
use crate::notion::{self, NotionOptions};
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
    Google(CommonArgs),
    /// Emulates Notion: OAuth with the page picker, the API, signed files and webhooks.
    Notion(NotionArgs),
    /// Emulates Slack: OAuth v2, the Web API, the Events API and the file host.
    Slack(WithFilesArgs),
    /// Emulates Dropbox: OAuth and API v2.
    Dropbox(WithFilesArgs),
}

/// What every emulator is told.
#[derive(Debug, Args)]
pub struct CommonArgs {
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
    /// The client's id, if not the usual one.
    #[arg(long)]
    pub client_id: Option<String>,
    /// The client's secret, if not the usual one.
    #[arg(long)]
    pub client_secret: Option<String>,
}

/// The same, for providers that keep files at an origin of their own.
#[derive(Debug, Args)]
pub struct WithFilesArgs {
    #[command(flatten)]
    pub common: CommonArgs,
    /// Where links to files lead: another origin. By default the next port, or any free one.
    #[arg(long)]
    pub files_listen: Option<SocketAddr>,
    /// Address to use in links to files, if clients reach that origin by another one.
    #[arg(long)]
    pub files_public_url: Option<Url>,
}

#[derive(Debug, Args)]
pub struct NotionArgs {
    #[command(flatten)]
    pub with_files: WithFilesArgs,
    /// Receiver of webhook events; the subscription is verified at once and its token printed.
    #[arg(long)]
    pub webhook_url: Option<String>,
}

impl CommonArgs {
    fn seed(&self) -> anyhow::Result<Seed> {
        Ok(self.seed.parse()?)
    }

    fn client(&self, id: &str, secret: &str) -> OAuthClient {
        OAuthClient {
            client_id: self.client_id.as_deref().unwrap_or(id).to_owned(),
            client_secret: self.client_secret.as_deref().unwrap_or(secret).to_owned(),
            redirect_uris: self.redirect_uris.clone(),
        }
    }
}

impl WithFilesArgs {
    fn files_listen(&self) -> SocketAddr {
        let listen = self.common.listen;
        let next_port = if listen.port() == 0 { 0 } else { listen.port().saturating_add(1) };
        self.files_listen.unwrap_or(SocketAddr::new(listen.ip(), next_port))
    }
}

/// What ends a running emulator.
type Stop = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Runs emulators until Ctrl-C.
pub async fn run(providers: Vec<Provider>) -> anyhow::Result<()> {
    let mut stops = Vec::new();
    for provider in providers {
        stops.push(match provider {
            Provider::Google(args) => start_google(args).await?,
            Provider::Notion(args) => start_notion(args).await?,
            Provider::Slack(args) => start_slack(args).await?,
            Provider::Dropbox(args) => start_dropbox(args).await?,
        });
    }
    tokio::signal::ctrl_c().await?;
    for stop in stops {
        stop.await;
    }
    Ok(())
}

/// Every provider with the demo's data: Google at this port, the others at the ports behind it, two for each that
/// keeps files at an origin of its own.
pub fn all(first_port: u16, redirect_uri: &str) -> Vec<Provider> {
    let common = |port: u16| CommonArgs {
        listen: ([127, 0, 0, 1], first_port + port).into(),
        public_url: None,
        seed: "demo".to_owned(),
        redirect_uris: vec![redirect_uri.to_owned()],
        client_id: None,
        client_secret: None,
    };
    let with_files =
        |port: u16| WithFilesArgs { common: common(port), files_listen: None, files_public_url: None };
    vec![
        Provider::Google(common(0)),
        Provider::Notion(NotionArgs { with_files: with_files(1), webhook_url: None }),
        Provider::Slack(with_files(3)),
        Provider::Dropbox(with_files(5)),
    ]
}

/// Prints what every emulator says of itself first.
fn introduce(name: &str, address: &Url, client: &OAuthClient) {
    println!("{name} emulator: {}", bare(address));
    println!("client id: {}", client.client_id);
    println!("client secret: {}", client.client_secret);
}

/// Prints whose accounts there are: the last lines, by which a reader knows that all is said.
fn print_accounts(accounts: Vec<(String, String)>) {
    for (email, name) in accounts {
        println!("account: {email} ({name})");
    }
}

fn bare(address: &Url) -> &str {
    address.as_str().trim_end_matches('/')
}

async fn start_google(args: CommonArgs) -> anyhow::Result<Stop> {
    let client = args.client(google::DEFAULT_CLIENT_ID, google::DEFAULT_CLIENT_SECRET);
    let emulator = google::start(GoogleOptions {
        seed: args.seed()?,
        listen: args.listen,
        public_url: args.public_url,
        clients: vec![client.clone()],
        ..GoogleOptions::default()
    })
    .await?;
    introduce("google", &emulator.base_url(), &client);
    print_accounts(emulator.control().list_accounts());
    Ok(Box::pin(emulator.shutdown()))
}

async fn start_notion(args: NotionArgs) -> anyhow::Result<Stop> {
    let with_files = args.with_files;
    let common = &with_files.common;
    let client = common.client(notion::DEFAULT_CLIENT_ID, notion::DEFAULT_CLIENT_SECRET);
    let emulator = notion::start(NotionOptions {
        listen: common.listen,
        public_url: common.public_url.clone(),
        files_listen: with_files.files_listen(),
        seed: common.seed()?,
        files_public_url: with_files.files_public_url,
        clients: vec![client.clone()],
        ..NotionOptions::default()
    })
    .await?;
    introduce("notion", &emulator.base_url(), &client);
    println!("files: {}", bare(&emulator.files_url()));
    if let Some(url) = args.webhook_url {
        let subscription = emulator.control().subscribe(&notion::NewSubscription {
            url,
            event_types: Vec::new(),
            api_version: None,
            client_id: None,
            auto_verify: true,
        })?;
        println!("webhook verification token: {}", subscription.verification_token);
    }
    print_accounts(emulator.control().list_accounts());
    Ok(Box::pin(emulator.shutdown()))
}

async fn start_slack(args: WithFilesArgs) -> anyhow::Result<Stop> {
    let client = args.common.client(slack::DEFAULT_CLIENT_ID, slack::DEFAULT_CLIENT_SECRET);
    let emulator = slack::start(SlackOptions {
        listen: args.common.listen,
        public_url: args.common.public_url.clone(),
        files_listen: args.files_listen(),
        seed: args.common.seed()?,
        files_public_url: args.files_public_url,
        clients: vec![client.clone()],
        ..SlackOptions::default()
    })
    .await?;
    introduce("slack", &emulator.base_url(), &client);
    println!("signing secret: {}", emulator.control().signing_secret(&client.client_id));
    println!("file host: {}", bare(&emulator.files_url()));
    print_accounts(emulator.control().list_accounts());
    Ok(Box::pin(emulator.shutdown()))
}

async fn start_dropbox(args: WithFilesArgs) -> anyhow::Result<Stop> {
    let client = args.common.client(dropbox::DEFAULT_CLIENT_ID, dropbox::DEFAULT_CLIENT_SECRET);
    let emulator = dropbox::start(DropboxOptions {
        listen: args.common.listen,
        public_url: args.common.public_url.clone(),
        files_listen: args.files_listen(),
        seed: args.common.seed()?,
        files_public_url: args.files_public_url,
        clients: vec![client.clone()],
        ..DropboxOptions::default()
    })
    .await?;
    introduce("dropbox", &emulator.base_url(), &client);
    println!("webhook signing secret: the client secret");
    println!("api: {}", emulator.api_url());
    println!("content: {}", emulator.content_url());
    println!("notify: {}", emulator.notify_url());
    println!("www: {}", emulator.www_url());
    println!("files: {}", bare(&emulator.files_url()));
    print_accounts(emulator.control().list_accounts());
    Ok(Box::pin(emulator.shutdown()))
}
