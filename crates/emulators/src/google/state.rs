//! Everything one emulated Google holds, and how its Drive is changed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, RwLock};

use serde::{Deserialize, Serialize};

use super::downloads::DownloadOperation;
use super::drive::Drive;
use super::files::order::Snapshots;
use super::quota::{Quota, QuotaLimits};
use super::watch::Channels;
use crate::kernel::control::Kernel;
use crate::kernel::jwt::SigningKey;
use crate::kernel::seed::Seed;

/// Behaviour that can be switched through the control API.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Switches {
    /// New refresh tokens die after seven days, as for an app in publishing status Testing.
    pub testing_mode: bool,
    /// Users may untick single scopes unless the request says otherwise.
    pub granular_consent: bool,
    /// More than 100 live refresh tokens per user and client push out the oldest.
    pub evict_refresh_tokens: bool,
    /// Refresh tokens die after six months without use.
    pub expire_idle_refresh_tokens: bool,
    /// Answers authorization requests as if the user had allowed everything at once.
    pub auto_approve: bool,
    /// Shows the page of a Workspace administrator who blocks the app.
    pub admin_policy_block: bool,
    /// Says `incompleteSearch: true` in listings over all drives.
    pub incomplete_search: bool,
    /// Listings over several parents at once come back empty, as Google's sometimes do.
    pub multi_parent_bug: bool,
    /// New files stay out of listings for this long.
    pub listing_lag_ms: i64,
    /// Refuses query parameters that the operation does not document.
    pub strict_parameters: bool,
    pub quotas: QuotaLimits,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            testing_mode: false,
            granular_consent: true,
            evict_refresh_tokens: true,
            expire_idle_refresh_tokens: true,
            auto_approve: false,
            admin_policy_block: false,
            incomplete_search: false,
            multi_parent_bug: false,
            listing_lag_ms: 0,
            strict_parameters: true,
            quotas: QuotaLimits::default(),
        }
    }
}

/// One emulated Google.
pub struct Google {
    pub kernel: Arc<Kernel>,
    /// The address in links, without a trailing slash.
    pub base: String,
    pub issuer: String,
    pub switches: RwLock<Switches>,
    pub quota: Quota,
    pub drive: RwLock<Drive>,
    pub channels: Mutex<Channels>,
    pub downloads: Mutex<HashMap<String, DownloadOperation>>,
    pub snapshots: Mutex<Snapshots>,
    /// The data to return to on a reset.
    pub seed: Seed,
    signing: OnceLock<SigningKey>,
}

impl Google {
    pub fn new(kernel: Arc<Kernel>, base: String, issuer: String, seed: Seed, switches: Switches) -> Self {
        Self {
            kernel,
            base,
            issuer,
            switches: RwLock::new(switches),
            quota: Quota::default(),
            drive: RwLock::default(),
            channels: Mutex::default(),
            downloads: Mutex::default(),
            snapshots: Mutex::default(),
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

    pub fn read_drive(&self) -> std::sync::RwLockReadGuard<'_, Drive> {
        self.drive.read().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Changes the Drive, then tells the watchers; must be called within a Tokio runtime.
    pub fn change_drive<T>(&self, change: impl FnOnce(&mut Drive, i64) -> T) -> T {
        let now_ms = self.now_ms();
        let (result, events) = {
            let mut drive = self.drive.write().unwrap_or_else(|poisoned| poisoned.into_inner());
            let result = change(&mut drive, now_ms);
            (result, drive.take_events())
        };
        if !events.is_empty() {
            self.notify(&events, now_ms);
        }
        result
    }

    /// Returns the key that signs identity tokens, made at first use.
    pub fn signing_key(&self) -> &SigningKey {
        self.signing.get_or_init(|| SigningKey::generate().expect("an RSA key"))
    }
}
