//! The emulated Notion: its authorization server with the page picker, the API in three versions, signed files and webhooks.

mod api;
mod auth;
mod blocks;
mod control;
mod demo_seed;
mod errors;
mod files;
mod handle;
mod ids;
mod limits;
mod properties;
mod render;
mod seeding;
mod server;
mod snapshots;
mod state;
mod text;
mod versions;
mod webhooks;
mod workspace;

use std::net::SocketAddr;
use std::sync::Arc;

use url::Url;

use self::state::Notion;
use crate::kernel::clock::pause_ms;
use crate::kernel::control::Kernel;
use crate::kernel::serving::{Bound, Serving};
use crate::kernel::webhooks::DeliveryRules;

pub use self::handle::{Control, Generate, Summary};
pub use self::limits::RateLimit;
pub use self::state::{ErrorShape, OwnerShape, Switches};
pub use self::webhooks::{NewSubscription, Subscription};
pub use self::workspace::{Capabilities, Target, UserInfo};
pub use crate::kernel::authz::OAuthClient;
pub use crate::kernel::seed::Seed;

pub const DEFAULT_CLIENT_ID: &str = "5c7b1d2e-90a4-4f6b-8c1d-3e2f4a5b6c7d";
pub const DEFAULT_CLIENT_SECRET: &str = "secret_emulated";

/// How an emulated Notion starts.
#[derive(Debug, Clone)]
pub struct NotionOptions {
    /// Port 0 takes any free port.
    pub listen: SocketAddr,
    /// The address in links; the listening address when absent.
    pub public_url: Option<Url>,
    /// Where the object store listens, which is another origin.
    pub files_listen: SocketAddr,
    /// The address in signed links; the object store's listening address when absent.
    pub files_public_url: Option<Url>,
    pub seed: Seed,
    pub clients: Vec<OAuthClient>,
    pub switches: Switches,
}

impl Default for NotionOptions {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            public_url: None,
            files_listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            files_public_url: None,
            seed: Seed::Empty,
            clients: vec![default_client()],
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

/// A running emulated Notion.
pub struct NotionEmulator {
    serving: Serving,
    files: Serving,
    control: Control,
}

impl NotionEmulator {
    /// Returns the address of the API, of the authorization server and of the control API.
    pub fn base_url(&self) -> Url {
        self.serving.base_url()
    }

    /// Returns the address of the object store.
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

/// Starts an emulated Notion.
pub async fn start(options: NotionOptions) -> anyhow::Result<NotionEmulator> {
    let bound = Bound::new(options.listen, options.public_url).await?;
    let files = Bound::new(options.files_listen, options.files_public_url).await?;
    let rules = DeliveryRules { accepted: (200..300).collect(), retried: vec![500, 502, 503, 504] };
    let kernel = Arc::new(Kernel::new(rules)?);
    for client in options.clients {
        kernel.authz.add_client(client);
    }
    let notion = Notion::new(kernel, bound.base(), files.base(), options.seed, options.switches);
    let notion = Arc::new(notion);
    seeding::load(&notion, &notion.seed)?;
    release_in_real_time(&notion);
    let control = Control::new(Arc::clone(&notion));
    let files = files.serve("notion files", server::files_router(Arc::clone(&notion)));
    let serving = bound.serve("notion", server::router(notion, control.clone()));
    Ok(NotionEmulator { serving, files, control })
}

/// Lets gathered events go while nobody steps the clock; ends with the emulator.
fn release_in_real_time(notion: &Arc<Notion>) {
    let notion = Arc::downgrade(notion);
    tokio::spawn(async move {
        loop {
            pause_ms(1000).await;
            let Some(notion) = notion.upgrade() else { return };
            notion.release(false);
        }
    });
}
