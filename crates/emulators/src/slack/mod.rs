//! The emulated Slack: sign-in, Web API and Events API at one address, the file host at another.

mod apps;
mod args;
mod call;
mod control;
mod demo_seed;
mod edits;
mod errors;
mod events;
mod files_host;
mod handle;
mod limits;
mod methods;
mod oauth;
mod render;
mod seeding;
mod server;
mod state;
mod tokens;
mod workspace;

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use url::Url;

use self::state::Slack;
use crate::kernel::control::Kernel;
use crate::kernel::serving::{Bound, Serving};
use crate::kernel::webhooks::{Deliverer, DeliveryRules};

pub use self::apps::Subscription;
pub use self::edits::{ChannelEdit, ChannelWish, FileWish, Generate, MessageWish};
pub use self::events::signature;
pub use self::handle::Control;
pub use self::state::{FileRefusal, Grid, RepliedEvents, Switches, UninstallOrder};
pub use self::workspace::{ChannelKind, Deletion, FileMode, UserEdit};
pub use crate::kernel::authz::OAuthClient;
pub use crate::kernel::seed::Seed;

pub const DEFAULT_CLIENT_ID: &str = "9471028361.5012345678901";
pub const DEFAULT_CLIENT_SECRET: &str = "emulated-secret";
pub const DEFAULT_SIGNING_SECRET: &str = "emulated-signing-secret";

/// How an emulated Slack starts.
#[derive(Debug, Clone)]
pub struct SlackOptions {
    /// Port 0 takes any free port.
    pub listen: SocketAddr,
    /// The address in links; the listening address when absent.
    pub public_url: Option<Url>,
    /// Where the file host listens.
    pub files_listen: SocketAddr,
    pub files_public_url: Option<Url>,
    pub seed: Seed,
    pub clients: Vec<OAuthClient>,
    /// Signs the events of the default client; every other client has a secret of its own.
    pub signing_secret: String,
    pub switches: Switches,
}

impl Default for SlackOptions {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            public_url: None,
            files_listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            files_public_url: None,
            seed: Seed::Empty,
            clients: vec![default_client()],
            signing_secret: DEFAULT_SIGNING_SECRET.to_owned(),
            switches: Switches::default(),
        }
    }
}

/// Returns the client every emulator knows, without redirect URIs.
pub fn default_client() -> OAuthClient {
    OAuthClient {
        client_id: DEFAULT_CLIENT_ID.to_owned(),
        client_secret: DEFAULT_CLIENT_SECRET.to_owned(),
        redirect_uris: Vec::new(),
    }
}

/// A running emulated Slack.
pub struct SlackEmulator {
    serving: Serving,
    files: Serving,
    control: Control,
}

impl SlackEmulator {
    /// Returns the address of the API (below `/api/`), of the sign-in pages and of the control API.
    pub fn base_url(&self) -> Url {
        self.serving.base_url()
    }

    /// Returns the address of the file host.
    pub fn files_url(&self) -> Url {
        self.files.base_url()
    }

    pub fn addr(&self) -> SocketAddr {
        self.serving.addr()
    }

    /// Returns a handle with the same deeds as the control API.
    pub fn control(&self) -> Control {
        self.control.clone()
    }

    /// Stops serving; open connections are dropped.
    pub async fn shutdown(self) {
        self.serving.shutdown().await;
        self.files.shutdown().await;
    }
}

/// Starts an emulated Slack.
pub async fn start(options: SlackOptions) -> anyhow::Result<SlackEmulator> {
    let bound = Bound::new(options.listen, options.public_url).await?;
    let files = Bound::new(options.files_listen, options.files_public_url).await?;
    let rules = DeliveryRules { accepted: (200..300).collect(), retried: Vec::new() };
    let home: events::Home = Arc::new(OnceLock::new());
    let mut kernel = Kernel::new(rules.clone())?;
    kernel.webhooks = Deliverer::with_plan(rules, events::plan(Arc::clone(&home)))?;
    for client in options.clients {
        kernel.authz.add_client(client);
    }
    let slack = Arc::new(Slack::new(
        Arc::new(kernel),
        bound.base(),
        files.base(),
        options.signing_secret,
        options.seed.clone(),
        options.switches,
    ));
    let _ = home.set(Arc::downgrade(&slack));
    seeding::load(&slack, &options.seed)?;
    let control = Control::new(Arc::clone(&slack));
    let files_router = files_host::router(Arc::clone(&slack));
    let router = server::router(slack, control.clone());
    Ok(SlackEmulator {
        serving: bound.serve("slack", router),
        files: files.serve("slack files", files_router),
        control,
    })
}
