//! What the suite needs of an emulator.

use async_trait::async_trait;
use gangway_model::{ProviderItemId, SecretString, Timestamp};
use url::Url;

use crate::contract::{Connector, Source};
use crate::notification::NotificationRequest;

/// As often as somebody asks.
pub const ALWAYS: u64 = u64::MAX;

/// A failure that the provider is told to produce, so many times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Calls are refused for coming too fast, in the provider's own words.
    RateLimit { times: u64 },
    /// Calls fail on the provider's side.
    ServerError { times: u64 },
    /// Calls about items are refused for want of permission.
    Forbidden { times: u64 },
    /// A 404 with a page for people: a proxy's, not the provider's.
    StrangeNotFound { times: u64 },
    /// A success with a page for people where JSON should be.
    PageForPeople { times: u64 },
    /// Downloads end after some bytes.
    CutDownload { after: usize, times: u64 },
    /// A page of a listing comes without rows and with a pointer to the next.
    EmptyPage { times: u64 },
    /// Page tokens and cursors are refused as no longer valid.
    RefusedPlace { times: u64 },
    /// The access token ends; the grant lives.
    EndedAccessToken,
    /// The grant ends.
    DeadGrant,
}

/// An emulated provider with one connected account.
#[async_trait]
pub trait Harness: Send + Sync + Sized {
    /// Starts a provider without items, and connects an account with the default scopes.
    async fn start() -> Self;

    fn connector(&self) -> &'static dyn Connector;

    /// Opens the connection anew, as another process would.
    fn source(&self) -> Box<dyn Source>;

    /// The provider's time.
    fn now(&self) -> Timestamp;

    /// The container that the suite works in.
    async fn home(&self) -> ProviderItemId;

    async fn create_file(&self, parent: &ProviderItemId, name: &str, text: &str) -> ProviderItemId;
    async fn create_container(&self, parent: &ProviderItemId, name: &str) -> ProviderItemId;
    /// Creates more files than one page of a listing holds, and says how many.
    async fn create_many(&self, parent: &ProviderItemId) -> usize;

    async fn change_content(&self, id: &ProviderItemId, text: &str);
    async fn rename(&self, id: &ProviderItemId, name: &str);
    async fn move_to(&self, id: &ProviderItemId, parent: &ProviderItemId);
    async fn trash(&self, id: &ProviderItemId);
    async fn delete(&self, id: &ProviderItemId);
    /// Does something to an item that leaves its content alone: looks at it, marks it.
    async fn touch(&self, id: &ProviderItemId);

    /// Lets another person share a file with the account; `None` where there is no such thing.
    async fn receive(&self, name: &str, text: &str) -> Option<ProviderItemId>;
    /// Ends the sharing of a received file.
    async fn withdraw(&self, id: &ProviderItemId);

    async fn cause(&self, trouble: Trouble);
    /// Requests that reached the provider so far.
    fn calls(&self) -> usize;

    /// Where the harness receives pushes.
    fn push_address(&self) -> Url;
    /// The pushes received since last asked, once all that are due have arrived.
    async fn pushes(&self) -> Vec<NotificationRequest>;
    /// The secret that pushes signed by the app are checked with.
    fn app_secret(&self) -> SecretString {
        SecretString::from("")
    }
}
