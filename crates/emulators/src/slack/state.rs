//! Everything one emulated Slack holds, and how its workspace is changed.

use std::sync::{Arc, Mutex, OnceLock, RwLock};

use serde::{Deserialize, Serialize};

use super::apps::Apps;
use super::limits::Limits;
use super::tokens::TokenBooks;
use super::workspace::Workspace;
use crate::kernel::control::Kernel;
use crate::kernel::jwt::SigningKey;
use crate::kernel::seed::Seed;

/// Where an install happens when the workspace belongs to an organisation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grid {
    #[default]
    Off,
    /// The workspace belongs to an organisation; installs stay in the workspace.
    Workspace,
    /// Installs are for the whole organisation: `team` is null and lists want `team_id`.
    Organisation,
}

/// What the file host answers to a caller it does not let in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileRefusal {
    /// Status 200 with the sign-in page.
    #[default]
    SignInPage,
    /// A redirect to the workspace, which ends in the same page.
    Redirect,
}

/// Whether a reply is also told as `message_replied`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RepliedEvents {
    #[default]
    Off,
    /// As the Events API sends it: the subtype is missing.
    WithoutSubtype,
    WithSubtype,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UninstallOrder {
    #[default]
    TokensFirst,
    AppFirst,
}

/// Behaviour that can be switched through the control API.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Switches {
    /// Access tokens live twelve hours and come with single-use refresh tokens.
    pub token_rotation: bool,
    /// The app is a public client: PKCE is understood, refresh tokens age.
    pub pkce: bool,
    /// Answers authorization requests as if the person had allowed everything at once.
    pub auto_approve: bool,
    /// Installs wait for an administrator; nothing comes back.
    pub admin_approval: bool,
    pub grid: Grid,
    /// Counts calls by method and workspace against the documented tiers.
    pub rate_limits: bool,
    /// `history` and `replies` answer once a minute and at most 15 rows, as for apps sold outside the directory.
    pub restricted_history: bool,
    /// Lists filter after paging, and pages come back short.
    pub short_pages: bool,
    /// Messages and files older than this are hidden, as in a free workspace; 0 hides nothing.
    pub hidden_after_days: i64,
    /// `users.list` without a limit is refused above this many people.
    pub limit_required_above: usize,
    pub file_refusal: FileRefusal,
    /// Refuses bot tokens in `conversations.replies` outside direct messages, as old texts say.
    pub bot_replies_refused: bool,
    /// A used code is refused as `code_already_used` instead of `invalid_code`.
    pub name_used_codes: bool,
    pub message_replied: RepliedEvents,
    pub uninstall_order: UninstallOrder,
    /// Apps of people hear of public channels the person has not joined.
    pub events_without_joining: bool,
    /// More deliveries than this in an hour bring `app_rate_limited` instead.
    pub deliveries_per_hour: u32,
    /// How long a receiver may take to acknowledge an event.
    pub ack_timeout_ms: u64,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            token_rotation: false,
            pkce: false,
            auto_approve: false,
            admin_approval: false,
            grid: Grid::Off,
            rate_limits: true,
            restricted_history: false,
            short_pages: false,
            hidden_after_days: 0,
            limit_required_above: 10_000,
            file_refusal: FileRefusal::default(),
            bot_replies_refused: false,
            name_used_codes: false,
            message_replied: RepliedEvents::default(),
            uninstall_order: UninstallOrder::default(),
            events_without_joining: false,
            deliveries_per_hour: 30_000,
            ack_timeout_ms: 3000,
        }
    }
}

pub const ENTERPRISE_ID: &str = "E0LANTERN01";
pub const ENTERPRISE_NAME: &str = "Lantern Group";

/// One emulated Slack.
pub struct Slack {
    pub kernel: Arc<Kernel>,
    /// The address of API and sign-in, without a trailing slash.
    pub base: String,
    /// The address of the file host, without a trailing slash.
    pub files_base: String,
    pub switches: RwLock<Switches>,
    pub workspace: RwLock<Workspace>,
    pub tokens: Mutex<TokenBooks>,
    pub apps: Mutex<Apps>,
    pub limits: Limits,
    /// The data to return to on a reset.
    pub seed: Seed,
    signing: OnceLock<SigningKey>,
}

impl Slack {
    pub fn new(
        kernel: Arc<Kernel>,
        base: String,
        files_base: String,
        signing_secret: String,
        seed: Seed,
        switches: Switches,
    ) -> Self {
        Self {
            kernel,
            base,
            files_base,
            switches: RwLock::new(switches),
            workspace: RwLock::default(),
            tokens: Mutex::default(),
            apps: Mutex::new(Apps::new(signing_secret)),
            limits: Limits::default(),
            seed,
            signing: OnceLock::new(),
        }
    }

    pub fn now_ms(&self) -> i64 {
        self.kernel.clock.now_ms()
    }

    pub fn switches(&self) -> Switches {
        self.switches.read().unwrap_or_else(|poisoned| poisoned.into_inner()).clone()
    }

    pub fn read(&self) -> std::sync::RwLockReadGuard<'_, Workspace> {
        self.workspace.read().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Changes the workspace, then tells the apps; must be called within a Tokio runtime.
    pub fn change<T>(&self, change: impl FnOnce(&mut Workspace, i64) -> T) -> T {
        let now_ms = self.now_ms();
        let (result, events) = {
            let mut workspace = self.workspace.write().unwrap_or_else(|poisoned| poisoned.into_inner());
            let result = change(&mut workspace, now_ms);
            (result, workspace.take_events())
        };
        if !events.is_empty() {
            self.tell(events);
        }
        result
    }

    pub fn tokens(&self) -> std::sync::MutexGuard<'_, TokenBooks> {
        self.tokens.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    pub fn apps(&self) -> std::sync::MutexGuard<'_, Apps> {
        self.apps.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Returns the organisation's id and name, when there is one.
    pub fn enterprise(&self) -> Option<(&'static str, &'static str)> {
        (self.switches().grid != Grid::Off).then_some((ENTERPRISE_ID, ENTERPRISE_NAME))
    }

    /// Returns the key that signs identity tokens, made at first use.
    pub fn signing_key(&self) -> &SigningKey {
        self.signing.get_or_init(|| SigningKey::generate().expect("an RSA key"))
    }
}
