//! Everything one emulated Dropbox holds, and how its tree is changed.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, RwLock};

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::files::links::TemporaryLink;
use super::tree::{AccountRef, NodeRef, Tree};
use crate::kernel::authz::Authz;
use crate::kernel::control::Kernel;
use crate::kernel::jwt::SigningKey;
use crate::kernel::seed::Seed;

/// Behaviour that can be switched through the control API.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Switches {
    /// Answers authorization requests as if the user had allowed everything at once.
    pub auto_approve: bool,
    /// Sends users who approved the same scopes before straight back, unless asked otherwise.
    pub bounce_approved: bool,
    /// The page size of listings without a `limit`.
    pub page_size: usize,
    /// The most entries of a page, whatever `limit` asks for: it is approximate, and at most 2,000.
    pub largest_page: usize,
    /// Pages hold one entry more than asked for.
    pub approximate_limit: bool,
    /// Recursive listings of a folder begin with the folder itself.
    pub recursive_lists_itself: bool,
    /// First listings come newest first, and a moved folder after what is in it: children come before their folders.
    pub children_first: bool,
    /// A page ends after each deletion, so that a move's two halves come apart.
    pub split_moves: bool,
    /// Reports the new place of something moved before the loss of the old one.
    pub moves_put_first: bool,
    /// New things cannot be looked up for this long.
    pub lookup_lag_ms: i64,
    /// Adds `preview_url` to metadata.
    pub preview_urls: bool,
    /// The first export of each file answers `retry_error`.
    pub export_retry_once: bool,
    /// Refuses temporary links with `not_allowed`.
    pub links_banned: bool,
    pub temporary_link_seconds: i64,
    /// Lets every longpoll ask for a pause of this many seconds.
    pub longpoll_backoff: Option<u64>,
    /// What the server adds to a longpoll's timeout.
    pub longpoll_jitter_seconds: u64,
    /// Collects notifications until `POST /webhooks/release` sends them as one.
    pub merge_webhooks: bool,
    pub rate_limit: RateLimit,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            auto_approve: false,
            bounce_approved: false,
            page_size: 500,
            largest_page: 2000,
            approximate_limit: true,
            recursive_lists_itself: false,
            children_first: false,
            split_moves: false,
            moves_put_first: false,
            lookup_lag_ms: 0,
            preview_urls: false,
            export_retry_once: false,
            links_banned: false,
            temporary_link_seconds: 14_400,
            longpoll_backoff: None,
            longpoll_jitter_seconds: 0,
            merge_webhooks: false,
            rate_limit: RateLimit::default(),
        }
    }
}

/// How many calls a token may make.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RateLimit {
    pub enabled: bool,
    pub calls_per_minute: u32,
    pub retry_after_seconds: u64,
    /// Answers in plain text instead of JSON.
    pub as_text: bool,
}

impl Default for RateLimit {
    fn default() -> Self {
        Self { enabled: false, calls_per_minute: 600, retry_after_seconds: 15, as_text: false }
    }
}

/// What an app has set in its console.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct App {
    /// The scopes ticked; all of them when empty.
    pub scopes: Vec<String>,
    /// The app sees only this folder below `/Apps`.
    pub folder: Option<String>,
    pub webhook_uris: Vec<String>,
}

/// Where an access token came from.
#[derive(Clone)]
pub struct TokenOrigin {
    pub subject: String,
    pub client_id: String,
    /// None for online grants.
    pub refresh: Option<String>,
}

impl TokenOrigin {
    /// Says whether the grant behind a token still stands.
    pub fn is_granted(&self, authz: &Authz) -> bool {
        let refreshable = self.refresh.as_ref().is_none_or(|refresh| authz.find_owner(refresh).is_some());
        refreshable && authz.find_grant(&self.subject, &self.client_id).is_some()
    }
}

/// What the kernel's books do not say about tokens.
#[derive(Default)]
pub struct TokenNotes {
    /// Where each access token came from.
    pub origins: HashMap<String, TokenOrigin>,
    /// Refresh tokens of grants made with PKCE, which need no secret.
    pub with_pkce: HashSet<String>,
    pub calls: HashMap<String, (i64, u32)>,
}

/// One emulated Dropbox.
pub struct Dropbox {
    pub kernel: Arc<Kernel>,
    /// The address in links, without a trailing slash.
    pub base: String,
    /// The other origin, where temporary links lead.
    pub files_base: String,
    pub switches: RwLock<Switches>,
    pub apps: RwLock<BTreeMap<String, App>>,
    pub seed: Seed,
    tree: RwLock<Tree>,
    pub notes: Mutex<TokenNotes>,
    pub temporary_links: Mutex<HashMap<String, TemporaryLink>>,
    /// Results of batches by job id.
    pub jobs: Mutex<HashMap<String, serde_json::Value>>,
    /// Files whose first export was put off.
    pub export_tried: Mutex<HashSet<NodeRef>>,
    /// People whose notification waits for a release.
    pub pending: Mutex<BTreeSet<AccountRef>>,
    /// Counts changes and resets; longpolls wait on it.
    pub changed: watch::Sender<u64>,
    signing: OnceLock<SigningKey>,
}

impl Dropbox {
    pub fn new(
        kernel: Arc<Kernel>,
        base: String,
        files_base: String,
        seed: Seed,
        switches: Switches,
    ) -> Self {
        Self {
            kernel,
            base,
            files_base,
            switches: RwLock::new(switches),
            apps: RwLock::default(),
            seed,
            tree: RwLock::default(),
            notes: Mutex::default(),
            temporary_links: Mutex::default(),
            jobs: Mutex::default(),
            export_tried: Mutex::default(),
            pending: Mutex::default(),
            changed: watch::Sender::new(0),
            signing: OnceLock::new(),
        }
    }

    pub fn now_ms(&self) -> i64 {
        self.kernel.clock.now_ms()
    }

    pub fn switches(&self) -> Switches {
        self.switches.read().unwrap_or_else(|poisoned| poisoned.into_inner()).clone()
    }

    pub fn app(&self, client_id: &str) -> App {
        let apps = self.apps.read().unwrap_or_else(|poisoned| poisoned.into_inner());
        apps.get(client_id).cloned().unwrap_or_default()
    }

    pub fn change_app(&self, client_id: &str, change: impl FnOnce(&mut App)) {
        let mut apps = self.apps.write().unwrap_or_else(|poisoned| poisoned.into_inner());
        change(apps.entry(client_id.to_owned()).or_default());
    }

    pub fn notes(&self) -> MutexGuard<'_, TokenNotes> {
        self.notes.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    pub fn read_tree(&self) -> std::sync::RwLockReadGuard<'_, Tree> {
        self.tree.read().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Changes the tree, then wakes longpolls and tells webhooks; must be called within a Tokio runtime.
    pub fn change_tree<T>(&self, change: impl FnOnce(&mut Tree, i64) -> T) -> T {
        let now_ms = self.now_ms();
        let switches = self.switches();
        let (result, people) = {
            let mut tree = self.tree.write().unwrap_or_else(|poisoned| poisoned.into_inner());
            tree.moves_put_first = switches.moves_put_first;
            tree.children_first = switches.children_first;
            let result = change(&mut tree, now_ms);
            let touched = tree.take_touched();
            let people: BTreeSet<AccountRef> =
                touched.into_iter().flat_map(|namespace| tree.people_of(namespace)).collect();
            (result, people)
        };
        self.wake();
        if !people.is_empty() {
            self.notify(people);
        }
        result
    }

    /// Returns the key that signs identity tokens, made at first use.
    pub fn signing_key(&self) -> &SigningKey {
        self.signing.get_or_init(|| SigningKey::generate().expect("an RSA key"))
    }

    pub fn wake(&self) {
        self.changed.send_modify(|count| *count += 1);
    }
}
