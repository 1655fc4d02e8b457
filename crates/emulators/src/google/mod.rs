//! The emulated Google: its authorization server and Drive v3, all at one address.

mod about;
mod answer;
mod auth;
mod batch;
mod changes;
mod control;
mod demo_seed;
mod downloads;
mod drive;
mod drive_call;
mod drives;
mod edits;
mod errors;
mod export;
mod fields;
mod files;
mod handle;
mod operations;
mod params;
mod quota;
mod schema;
mod seeding;
mod server;
mod state;
mod watch;

use std::net::SocketAddr;
use std::sync::Arc;

use url::Url;

use self::state::Google;
use crate::kernel::control::Kernel;
use crate::kernel::serving::{Bound, Serving};
use crate::kernel::webhooks::DeliveryRules;

pub use self::drive::{NativeKind, Role};
pub use self::edits::{FileEdit, FileSummary, FileTarget, Generate, NativeEdit, NewFile, Share};
pub use self::handle::Control;
pub use self::quota::QuotaLimits;
pub use self::state::Switches;
pub use crate::kernel::authz::OAuthClient;
pub use crate::kernel::seed::Seed;

pub const DEFAULT_CLIENT_ID: &str = "gangway-emulated-client.apps.googleusercontent.com";
pub const DEFAULT_CLIENT_SECRET: &str = "emulated-secret";

/// How an emulated Google starts.
#[derive(Debug, Clone)]
pub struct GoogleOptions {
    /// Port 0 takes any free port.
    pub listen: SocketAddr,
    /// The address in links; the listening address when absent.
    pub public_url: Option<Url>,
    pub seed: Seed,
    pub clients: Vec<OAuthClient>,
    /// The issuer in identity tokens.
    pub issuer: String,
    pub switches: Switches,
}

impl Default for GoogleOptions {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            public_url: None,
            seed: Seed::Empty,
            clients: vec![default_client()],
            issuer: "https://accounts.google.com".to_owned(),
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

/// A running emulated Google.
pub struct GoogleEmulator {
    serving: Serving,
    control: Control,
}

impl GoogleEmulator {
    /// Returns the address of the API, of the authorization server and of the control API.
    pub fn base_url(&self) -> Url {
        self.serving.base_url()
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
    }
}

/// Starts an emulated Google.
pub async fn start(options: GoogleOptions) -> anyhow::Result<GoogleEmulator> {
    let bound = Bound::new(options.listen, options.public_url).await?;
    let kernel = Arc::new(Kernel::new(DeliveryRules {
        accepted: vec![200, 201, 202, 204, 102],
        retried: vec![500, 502, 503, 504],
    })?);
    for client in options.clients {
        kernel.authz.add_client(client);
    }
    let google = Google::new(kernel, bound.base(), options.issuer, options.seed, options.switches);
    let google = Arc::new(google);
    seeding::load(&google)?;
    let control = Control::new(Arc::clone(&google));
    let router = server::router(google, control.clone());
    Ok(GoogleEmulator { serving: bound.serve("google", router), control })
}
