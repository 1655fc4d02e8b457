//! The emulated Dropbox: its authorization server and API v2. API, content, notify and www share one
//! address, told apart by a path prefix; temporary links lead to another origin.

mod args;
mod auth;
mod call;
mod control;
mod cursor;
mod demo_seed;
mod edits;
mod errors;
mod files;
mod handle;
mod lookup;
mod routes;
mod seeding;
mod server;
mod sharing;
mod state;
mod text;
mod tree;
mod users;
mod webhooks;

use std::net::SocketAddr;
use std::sync::Arc;

use url::Url;

use self::state::Dropbox;
use crate::kernel::control::Kernel;
use crate::kernel::serving::{Bound, Serving};
use crate::kernel::webhooks::DeliveryRules;

pub use self::edits::{FileEdit, FileSummary, FileTarget, Generate, Share};
pub use self::handle::{AccountEdit, Control};
pub use self::routes::{Host, ROUTES, Route, Style};
pub use self::state::{App, RateLimit, Switches};
pub use self::tree::{Access, Export};
pub use crate::kernel::authz::OAuthClient;
pub use crate::kernel::seed::Seed;

pub const DEFAULT_CLIENT_ID: &str = "gangwayemulated";
pub const DEFAULT_CLIENT_SECRET: &str = "emulated-secret";

/// How an emulated Dropbox starts.
#[derive(Debug, Clone)]
pub struct DropboxOptions {
    /// Port 0 takes any free port.
    pub listen: SocketAddr,
    /// The address in links; the listening address when absent.
    pub public_url: Option<Url>,
    /// The other origin, where temporary links lead.
    pub files_listen: SocketAddr,
    pub files_public_url: Option<Url>,
    pub seed: Seed,
    pub clients: Vec<OAuthClient>,
    pub switches: Switches,
}

impl Default for DropboxOptions {
    fn default() -> Self {
        let any_port = SocketAddr::from(([127, 0, 0, 1], 0));
        Self {
            listen: any_port,
            public_url: None,
            files_listen: any_port,
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

/// A running emulated Dropbox.
pub struct DropboxEmulator {
    serving: Serving,
    files: Serving,
    control: Control,
}

impl DropboxEmulator {
    /// Returns the address below which `api`, `content`, `notify`, `www` and `_emulator` lie.
    pub fn base_url(&self) -> Url {
        self.serving.base_url()
    }

    /// Stands for `https://api.dropboxapi.com`.
    pub fn api_url(&self) -> String {
        self.below("api")
    }

    /// Stands for `https://content.dropboxapi.com`.
    pub fn content_url(&self) -> String {
        self.below("content")
    }

    /// Stands for `https://notify.dropboxapi.com`.
    pub fn notify_url(&self) -> String {
        self.below("notify")
    }

    /// Stands for `https://www.dropbox.com`.
    pub fn www_url(&self) -> String {
        self.below("www")
    }

    /// Returns the origin of temporary links.
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
        self.files.shutdown().await;
        self.serving.shutdown().await;
    }

    fn below(&self, host: &str) -> String {
        format!("{}/{host}", self.serving.base_url().as_str().trim_end_matches('/'))
    }
}

/// Starts an emulated Dropbox.
pub async fn start(options: DropboxOptions) -> anyhow::Result<DropboxEmulator> {
    let bound = Bound::new(options.listen, options.public_url).await?;
    let files = Bound::new(options.files_listen, options.files_public_url).await?;
    // Everything but 200 is tried again.
    let rules = DeliveryRules { accepted: vec![200], retried: (201..600).collect() };
    let kernel = Arc::new(Kernel::new(rules)?);
    for client in options.clients {
        kernel.authz.add_client(client);
    }
    let dropbox = Dropbox::new(kernel, bound.base(), files.base(), options.seed, options.switches);
    let dropbox = Arc::new(dropbox);
    seeding::load(&dropbox)?;
    let control = Control::new(Arc::clone(&dropbox));
    let files = files.serve("dropbox files", server::files_router(Arc::clone(&dropbox)));
    let serving = bound.serve("dropbox", server::router(dropbox, control.clone()));
    Ok(DropboxEmulator { serving, files, control })
}
