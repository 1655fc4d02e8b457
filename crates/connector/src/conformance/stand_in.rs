//! What the suite needs of an emulated provider: the deeds of a person there, the same whatever the provider.

use std::collections::BTreeMap;

use async_trait::async_trait;
use gangway_model::{ProviderItemId, SecretString, Timestamp};
use gangway_oauth::{OAuthApp, OAuthEndpoints};
use url::Url;

/// As often as somebody asks.
pub const ALWAYS: u64 = u64::MAX;

/// A failure that the provider is told to produce, so many times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Calls are refused for coming too fast, in the provider's own words.
    RateLimit { times: u64 },
    /// The same, saying how many seconds to wait.
    RateLimitFor { seconds: u64, times: u64 },
    /// Calls fail on the provider's side.
    ServerError { times: u64 },
    /// Calls about items are refused for want of permission.
    Forbidden { times: u64 },
    /// A 404 with a page for people: a proxy's, not the provider's.
    StrangeNotFound { times: u64 },
    /// A success with a page for people where JSON should be.
    PageForPeople { times: u64 },
    /// A success whose JSON ends in the middle.
    TruncatedAnswer { times: u64 },
    /// Answers end with the connection after some bytes.
    CutAnswer { after: usize, times: u64 },
    /// Downloads end with the connection after some bytes.
    CutDownload { after: usize, times: u64 },
    /// A page of a listing comes without rows and with a pointer to the next.
    EmptyPage { times: u64 },
    /// A page of a listing points at itself as the next.
    RepeatedPage { times: u64 },
    /// Page tokens and cursors are refused as no longer valid.
    RefusedPlace { times: u64 },
    /// The access token ends; the grant lives.
    EndedAccessToken,
    /// The grant ends.
    DeadGrant,
}

/// How a provider's things differ from files in folders. The suite leaves out what a provider does not have.
#[derive(Clone, Copy, Debug)]
pub struct Habits {
    /// Content arrives as the very bytes that were written. Otherwise what was written stands somewhere in it.
    pub exact_content: bool,
    /// Names are kept as they were written, blanks at their ends and line breaks included.
    pub exact_names: bool,
    /// A container holds no two items of the same name: writing to a name that is taken changes what is there.
    pub unique_names: bool,
    /// Containers can hold containers, and be made.
    pub nested: bool,
    /// Items can be renamed.
    pub renames: bool,
    /// Items can be moved to another container.
    pub moves: bool,
    /// The ending of a name says what the content is.
    pub typed_by_name: bool,
    /// The change feed is an exact one: nothing is told that did not happen since the cursor.
    pub exact_feed: bool,
    /// Items can be refused one by one for want of permission.
    pub refuses_items: bool,
    /// Access tokens end and are refreshed.
    pub tokens_end: bool,
    /// Items that stand around what was written: containers that are pages of their own, `home` and two containers
    /// within each other.
    pub pages_around: u64,
}

impl Default for Habits {
    /// Files in folders.
    fn default() -> Self {
        Self {
            exact_content: true,
            exact_names: true,
            unique_names: false,
            nested: true,
            renames: true,
            moves: true,
            typed_by_name: true,
            exact_feed: true,
            refuses_items: true,
            tokens_end: true,
            pages_around: 0,
        }
    }
}

/// Where a connector finds the provider, and as which OAuth app.
#[derive(Clone, Debug)]
pub struct Access {
    pub app: OAuthApp,
    pub oauth: OAuthEndpoints,
    /// By the names of the descriptor's endpoints.
    pub endpoints: BTreeMap<String, Url>,
    /// What pushes for the whole app are signed with, where that is neither the client secret nor offered in a
    /// handshake.
    pub webhook_secret: Option<SecretString>,
    /// The account to suggest to a consent page that has several.
    pub login_hint: Option<&'static str>,
}

/// An emulated provider with one person's account in it.
#[async_trait]
pub trait StandIn: Send + Sync + 'static {
    /// Starts a provider in which the person has nothing but `home`. Consent is given without asking, and no pace
    /// is kept unless a case asks for it.
    async fn start() -> Self
    where
        Self: Sized;

    /// The connector that is meant to work with it.
    fn connector_id(&self) -> &'static str;

    fn access(&self) -> Access;

    /// Registers an address to return to after consent.
    fn add_redirect_uri(&self, uri: &str);

    fn habits(&self) -> Habits {
        Habits::default()
    }

    /// The provider's time.
    fn now(&self) -> Timestamp;

    /// Stops the provider's clock at a moment.
    fn set_clock(&self, moment: Timestamp);

    /// The container that the suite works in.
    fn home(&self) -> ProviderItemId;

    /// Creates an item whose text is `text`, or contains it.
    async fn create_file(&self, parent: &ProviderItemId, name: &str, text: &str) -> ProviderItemId;
    async fn create_container(&self, parent: &ProviderItemId, name: &str) -> ProviderItemId;
    /// Creates more files in `home` than one page of a listing or of the feed holds, and says how many.
    async fn create_many(&self) -> usize;

    async fn change_content(&self, id: &ProviderItemId, text: &str);
    async fn rename(&self, id: &ProviderItemId, name: &str);
    async fn move_to(&self, id: &ProviderItemId, parent: &ProviderItemId);
    /// Deletes in a way that can be taken back, where there is one.
    async fn trash(&self, id: &ProviderItemId);
    /// Deletes for good.
    async fn delete(&self, id: &ProviderItemId);
    /// Does something to an item that leaves its content alone: looks at it, marks it.
    async fn touch(&self, id: &ProviderItemId);

    /// Lets another person share a file with the account; `None` where there is no such thing.
    async fn receive(&self, name: &str, text: &str) -> Option<ProviderItemId>;
    /// Ends the account's access to an item.
    async fn withdraw(&self, id: &ProviderItemId);

    /// Causes trouble from now on, in place of all earlier trouble.
    async fn cause(&self, trouble: Trouble);
    /// Ends all trouble that ends by itself.
    fn calm(&self);

    /// Calls that reached the provider so far.
    fn calls(&self) -> usize;

    /// Has the provider push to an address, as an operator enters it at the provider. Nothing where pushes are
    /// subscribed to.
    async fn push_to(&self, address: &Url);
    /// Has every further push lost on its way.
    fn drop_pushes(&self);
    /// Waits until every push that is due has left.
    async fn flush_pushes(&self);
}
