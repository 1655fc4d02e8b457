//! Everything one emulated Notion holds, and how its workspace is changed.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, RwLock, RwLockReadGuard};

use serde::{Deserialize, Serialize};

use super::files::FileSigner;
use super::limits::{Limits, RateLimit};
use super::snapshots::Snapshots;
use super::webhooks::Hooks;
use super::workspace::{Capabilities, Workspace};
use crate::kernel::control::Kernel;
use crate::kernel::seed::Seed;

/// Which of the two documented shapes an OAuth error has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorShape {
    /// `{"error", "error_description"}`
    #[default]
    Rfc6749,
    /// `{"object": "error", "status", "code", "message"}`
    Notion,
}

/// What stands under `owner` in a token answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OwnerShape {
    #[default]
    User,
    PartialUser,
    Workspace,
}

/// Behaviour that can be switched through the control API.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Switches {
    pub capabilities: Capabilities,
    pub oauth_error_shape: ErrorShape,
    /// Token answers carry `refresh_token: null`, as old authorizations do.
    pub null_refresh_tokens: bool,
    /// How long access tokens live; for ever when absent. Never told to the client.
    pub access_token_seconds: Option<u64>,
    /// A refresh ends the access tokens issued before it.
    pub refresh_ends_old_access: bool,
    /// The OAuth endpoints want `Notion-Version`, too.
    pub token_requires_version: bool,
    pub owner_shape: OwnerShape,
    /// Token answers carry null as the workspace's name and icon.
    pub null_workspace: bool,
    /// The state comes back empty when the person cancels.
    pub empty_state_on_deny: bool,
    /// A second authorization of the same person and app ends the first.
    pub second_grant_ends_first: bool,
    /// Answers authorization requests as if the first account had allowed everything at once.
    pub auto_approve: bool,
    /// The search index learns of new, shared and trashed things this much later.
    pub search_lag_ms: i64,
    /// This many of a hundred pages that are only shared through an ancestor are missing from the index.
    pub search_missing_percent: u8,
    /// A search ends after so many rows, and says that it is not complete; without it, never.
    pub search_row_limit: Option<usize>,
    /// Pages of lists come half full although there is more.
    pub short_pages: bool,
    pub query_row_limit: usize,
    /// Queries without sorts come in another order than the table's.
    pub shuffle_unsorted: bool,
    pub markdown_block_limit: usize,
    pub file_url_seconds: i64,
    /// Edits through the API leave `last_edited_time` alone.
    pub api_edits_keep_time: bool,
    pub rate_limit: RateLimit,
    /// How long webhook events are gathered before they leave.
    pub aggregation_ms: i64,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            capabilities: Capabilities::default(),
            oauth_error_shape: ErrorShape::default(),
            null_refresh_tokens: false,
            access_token_seconds: None,
            refresh_ends_old_access: true,
            token_requires_version: false,
            owner_shape: OwnerShape::default(),
            null_workspace: false,
            empty_state_on_deny: false,
            second_grant_ends_first: false,
            auto_approve: false,
            search_lag_ms: 0,
            search_missing_percent: 0,
            search_row_limit: None,
            short_pages: false,
            query_row_limit: 10_000,
            shuffle_unsorted: true,
            markdown_block_limit: 20_000,
            file_url_seconds: 3600,
            api_edits_keep_time: false,
            rate_limit: RateLimit::default(),
            aggregation_ms: 60_000,
        }
    }
}

/// One emulated Notion.
pub struct Notion {
    pub kernel: Arc<Kernel>,
    /// The address in links, without a trailing slash.
    pub base: String,
    /// What apps are called on the consent page and in errors.
    pub app_name: String,
    pub signer: FileSigner,
    pub switches: RwLock<Switches>,
    pub store: RwLock<Workspace>,
    pub snapshots: Snapshots,
    pub limits: Limits,
    pub hooks: Mutex<Hooks>,
    /// The data to return to on a reset.
    pub seed: Seed,
}

impl Notion {
    pub fn new(
        kernel: Arc<Kernel>,
        base: String,
        files_base: String,
        seed: Seed,
        switches: Switches,
    ) -> Self {
        let notion = Self {
            kernel,
            base,
            app_name: "Emulated connection".to_owned(),
            signer: FileSigner::new(files_base),
            switches: RwLock::default(),
            store: RwLock::default(),
            snapshots: Snapshots::default(),
            limits: Limits::default(),
            hooks: Mutex::default(),
            seed,
        };
        notion.set_switches(switches);
        notion
    }

    pub fn now_ms(&self) -> i64 {
        self.kernel.clock.now_ms()
    }

    pub fn switches(&self) -> Switches {
        self.switches.read().unwrap_or_else(|poisoned| poisoned.into_inner()).clone()
    }

    pub fn set_switches(&self, switches: Switches) {
        self.signer.life_s.store(switches.file_url_seconds, Ordering::Relaxed);
        *self.switches.write().unwrap_or_else(|poisoned| poisoned.into_inner()) = switches;
    }

    pub fn read(&self) -> RwLockReadGuard<'_, Workspace> {
        self.store.read().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Changes the workspace, then gathers what the webhooks have to tell.
    pub fn change<T>(&self, change: impl FnOnce(&mut Workspace, i64) -> T) -> T {
        let now_ms = self.now_ms();
        let (result, happenings) = {
            let mut store = self.store.write().unwrap_or_else(|poisoned| poisoned.into_inner());
            let result = change(&mut store, now_ms);
            (result, std::mem::take(&mut store.happenings))
        };
        if !happenings.is_empty() {
            self.gather(happenings);
        }
        result
    }
}
