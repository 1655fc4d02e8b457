//! The emulated providers beside the demo's server, and what its configuration has to know of each.

use std::net::SocketAddr;

use gangway_emulators::dropbox::{self, DropboxEmulator, DropboxOptions};
use gangway_emulators::google::{self, GoogleEmulator, GoogleOptions};
use gangway_emulators::notion::{self, NotionEmulator, NotionOptions};
use gangway_emulators::slack::{self, SlackEmulator, SlackOptions};
use gangway_emulators::{google::OAuthClient, google::Seed};
use url::Url;

use crate::failure::Failure;

/// The usual ports, as `gangway emulate` has them; others are taken when these are in use.
const GOOGLE_PORT: u16 = 8081;
const NOTION_PORT: u16 = 8082;
const SLACK_PORT: u16 = 8084;
const DROPBOX_PORT: u16 = 8086;

/// Notion gathers events for a minute; nobody wants to watch that.
const NOTION_GATHERS_MS: i64 = 1_000;

/// All of them, running.
pub struct Emulators {
    pub google: GoogleEmulator,
    pub notion: NotionEmulator,
    pub slack: SlackEmulator,
    pub dropbox: DropboxEmulator,
}

/// What the rest of the demo knows of an emulated provider.
pub struct Emulated {
    /// As descriptors name it.
    pub provider: &'static str,
    pub name: &'static str,
    pub address: String,
    pub client: OAuthClient,
    /// What webhooks are signed with, where it is looked up at the provider.
    pub signing_secret: Option<String>,
    /// Hosts of the provider that have an address of their own, by their first label.
    hosts: Vec<(&'static str, String)>,
}

impl Emulated {
    fn new(provider: &'static str, name: &'static str, address: &Url, client: OAuthClient) -> Self {
        let address = bare(address);
        Self { provider, name, address, client, signing_secret: None, hosts: Vec::new() }
    }

    /// Where an address of the provider is answered here.
    pub fn moved(&self, address: &str) -> Result<String, Failure> {
        let url = Url::parse(address).map_err(anyhow::Error::from)?;
        let label = url.host_str().and_then(|host| host.split('.').next()).unwrap_or_default();
        let host = self.hosts.iter().find(|(name, _)| *name == label);
        let origin = host.map_or(&self.address, |(_, address)| address);
        Ok(format!("{origin}{}", url.path().trim_end_matches('/')))
    }
}

impl Emulators {
    /// Starts every one with the demo's data, for a server at this address and the products that embed it.
    pub async fn start(gangway: SocketAddr, products: &[String]) -> Result<Self, Failure> {
        let mut back = vec![format!("http://{gangway}/oauth/callback")];
        back.extend(products.iter().map(|origin| front_page(origin)));
        let known = |client: OAuthClient| OAuthClient { redirect_uris: back.clone(), ..client };
        let google = start_at(GOOGLE_PORT, async |listen, _| {
            let clients = vec![known(google::default_client())];
            google::start(GoogleOptions { listen, seed: Seed::Demo, clients, ..GoogleOptions::default() })
                .await
        });
        let notion = start_at(NOTION_PORT, async |listen, files_listen| {
            let clients = vec![known(notion::default_client())];
            let switches =
                notion::Switches { aggregation_ms: NOTION_GATHERS_MS, ..notion::Switches::default() };
            let seed = Seed::Demo;
            notion::start(NotionOptions {
                listen,
                files_listen,
                seed,
                clients,
                switches,
                ..NotionOptions::default()
            })
            .await
        });
        let slack = start_at(SLACK_PORT, async |listen, files_listen| {
            let clients = vec![known(slack::default_client())];
            let seed = Seed::Demo;
            slack::start(SlackOptions { listen, files_listen, seed, clients, ..SlackOptions::default() })
                .await
        });
        let dropbox = start_at(DROPBOX_PORT, async |listen, files_listen| {
            let clients = vec![known(dropbox::default_client())];
            let seed = Seed::Demo;
            dropbox::start(DropboxOptions {
                listen,
                files_listen,
                seed,
                clients,
                ..DropboxOptions::default()
            })
            .await
        });
        Ok(Self {
            google: google.await?,
            notion: notion.await?,
            slack: slack.await?,
            dropbox: dropbox.await?,
        })
    }

    pub fn all(&self) -> [Emulated; 4] {
        let slack_client = slack::default_client();
        let signing_secret = self.slack.control().signing_secret(&slack_client.client_id);
        let dropbox_hosts = vec![
            ("api", self.dropbox.api_url()),
            ("content", self.dropbox.content_url()),
            ("notify", self.dropbox.notify_url()),
            ("www", self.dropbox.www_url()),
        ];
        [
            Emulated::new("google", "Google", &self.google.base_url(), google::default_client()),
            Emulated::new("notion", "Notion", &self.notion.base_url(), notion::default_client()),
            Emulated {
                signing_secret: Some(signing_secret),
                hosts: vec![("files", bare(&self.slack.files_url()))],
                ..Emulated::new("slack", "Slack", &self.slack.base_url(), slack_client)
            },
            Emulated {
                hosts: dropbox_hosts,
                ..Emulated::new("dropbox", "Dropbox", &self.dropbox.base_url(), dropbox::default_client())
            },
        ]
    }

    pub async fn shutdown(self) {
        self.google.shutdown().await;
        self.notion.shutdown().await;
        self.slack.shutdown().await;
        self.dropbox.shutdown().await;
    }
}

/// Where a product's people come back to.
pub fn front_page(origin: &str) -> String {
    format!("{origin}/")
}

/// Starts one at its usual port and the next, or at any free ones.
async fn start_at<E>(
    port: u16,
    start: impl AsyncFn(SocketAddr, SocketAddr) -> anyhow::Result<E>,
) -> Result<E, Failure> {
    let local = |port: u16| SocketAddr::from(([127, 0, 0, 1], port));
    match start(local(port), local(port + 1)).await {
        Ok(emulator) => Ok(emulator),
        Err(_) => Ok(start(local(0), local(0)).await?),
    }
}

fn bare(address: &Url) -> String {
    address.as_str().trim_end_matches('/').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_move_to_the_host_that_stands_for_theirs() {
        let here = Url::parse("http://127.0.0.1:9/").unwrap();
        let emulated = Emulated {
            hosts: vec![("files", "http://127.0.0.1:10".to_owned())],
            ..Emulated::new("some", "Some", &here, slack::default_client())
        };
        let moved = |address: &str| emulated.moved(address).unwrap_or_default();
        assert_eq!(moved("https://files.some.example"), "http://127.0.0.1:10");
        assert_eq!(moved("https://some.example/oauth/authorize"), "http://127.0.0.1:9/oauth/authorize");
    }
}
