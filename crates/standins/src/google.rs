//! Google: one account, with a friend who can share files with it.

use async_trait::async_trait;
use gangway_connector::conformance::{Access, StandIn, Trouble};
use gangway_emulators::google::{
    Control, DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET, FileEdit, FileTarget, Generate, GoogleEmulator,
    GoogleOptions, NewFile, Share, start,
};
use gangway_emulators::kernel::webhooks::DeliveryMode;
use gangway_model::{ProviderItemId, SecretString, Timestamp};
use gangway_oauth::{OAuthApp, OAuthEndpoints};
use serde_json::{Value, json};
use url::Url;

use crate::{arm, at, now};

pub struct GoogleStandIn {
    pub emulator: GoogleEmulator,
    pub control: Control,
    home: ProviderItemId,
}

impl GoogleStandIn {
    /// Whose account is connected.
    pub const ME: &str = "ada@example.org";
    pub const FRIEND: &str = "grace@example.org";

    /// Names an item in the emulator's words.
    pub fn target(id: &ProviderItemId) -> FileTarget {
        FileTarget::id(id.as_str())
    }

    /// Arms a fault as the emulator's control API writes it.
    pub fn fault(&self, operation: &str, times: u64, effect: Value) {
        arm(&self.control, operation, times, effect);
    }

    /// Creates something by the emulator's own words, below home.
    pub fn create(&self, name: &str, edit: FileEdit) -> ProviderItemId {
        self.create_in(&self.home, name, edit)
    }

    pub fn edit(&self, id: &ProviderItemId, edit: FileEdit) {
        self.control.update_file(&Self::target(id), &edit).expect("an item of the account");
    }

    fn create_in(&self, parent: &ProviderItemId, name: &str, edit: FileEdit) -> ProviderItemId {
        let edit = FileEdit { parent: Some(Self::target(parent)), name: Some(name.to_owned()), ..edit };
        let new = NewFile { target: FileTarget::in_account(Self::ME, "new"), edit, ..NewFile::default() };
        self.control.create_file(&new).expect("a new file").id.into()
    }
}

#[async_trait]
impl StandIn for GoogleStandIn {
    async fn start() -> Self {
        let emulator = start(GoogleOptions::default()).await.expect("the emulator starts");
        let control = emulator.control();
        control.add_account(Self::ME, "Ada Lovelace").expect("a new account");
        control.add_account(Self::FRIEND, "Grace Hopper").expect("a new account");
        control.set_switches(|switches| {
            switches.auto_approve = true;
            switches.quotas.enabled = false;
        });
        let home = control.create_folder(&FileTarget::in_account(Self::ME, "Suite")).expect("a new folder");
        control.reset_calls();
        Self { emulator, control, home: home.id.into() }
    }

    fn connector_id(&self) -> &'static str {
        "google_drive"
    }

    fn access(&self) -> Access {
        let base = self.emulator.base_url();
        Access {
            app: OAuthApp {
                client_id: DEFAULT_CLIENT_ID.to_owned(),
                client_secret: SecretString::from(DEFAULT_CLIENT_SECRET),
            },
            oauth: OAuthEndpoints {
                authorize: at(&base, "/o/oauth2/v2/auth"),
                token: at(&base, "/token"),
                revoke: Some(at(&base, "/revoke")),
            },
            endpoints: ["api", "userinfo", "docs"].map(|name| (name.to_owned(), base.clone())).into(),
            webhook_secret: None,
            login_hint: Some(Self::ME),
        }
    }

    fn add_redirect_uri(&self, uri: &str) {
        self.control.add_redirect_uri(DEFAULT_CLIENT_ID, uri);
    }

    fn now(&self) -> Timestamp {
        now(&self.control)
    }

    fn set_clock(&self, moment: Timestamp) {
        self.control.set_clock(&moment.to_rfc3339()).expect("a moment");
    }

    fn home(&self) -> ProviderItemId {
        self.home.clone()
    }

    async fn create_file(&self, parent: &ProviderItemId, name: &str, text: &str) -> ProviderItemId {
        let media_type = if name.ends_with(".html") { "text/html" } else { "text/plain" };
        let edit = FileEdit {
            content: Some(text.to_owned()),
            mime_type: Some(media_type.to_owned()),
            ..FileEdit::default()
        };
        self.create_in(parent, name, edit)
    }

    async fn create_container(&self, parent: &ProviderItemId, name: &str) -> ProviderItemId {
        let edit = FileEdit {
            parent: Some(Self::target(parent)),
            name: Some(name.to_owned()),
            ..FileEdit::default()
        };
        let target = FileTarget::in_account(Self::ME, "new");
        let new = NewFile { target, folder: true, edit, ..NewFile::default() };
        self.control.create_file(&new).expect("a new folder").id.into()
    }

    async fn create_many(&self) -> usize {
        let wish = Generate {
            account: Some(Self::ME.to_owned()),
            folder: "Suite".to_owned(),
            count: 1_205,
            size: 1,
            ..Generate::default()
        };
        self.control.generate(&wish).expect("new files").len()
    }

    async fn change_content(&self, id: &ProviderItemId, text: &str) {
        self.edit(id, FileEdit { content: Some(text.to_owned()), ..FileEdit::default() });
    }

    async fn rename(&self, id: &ProviderItemId, name: &str) {
        self.control.rename(&Self::target(id), name).expect("an item of the account");
    }

    async fn move_to(&self, id: &ProviderItemId, parent: &ProviderItemId) {
        self.control.move_file(&Self::target(id), &Self::target(parent)).expect("items of the account");
    }

    async fn trash(&self, id: &ProviderItemId) {
        self.control.set_trashed(&Self::target(id), true).expect("an item of the account");
    }

    async fn delete(&self, id: &ProviderItemId) {
        self.control.delete_file(&Self::target(id)).expect("an item of the account");
    }

    async fn touch(&self, id: &ProviderItemId) {
        self.edit(id, FileEdit { starred: Some(true), ..FileEdit::default() });
        let viewed = Some("2030-01-01T00:00:00Z".to_owned());
        self.edit(id, FileEdit { viewed, ..FileEdit::default() });
    }

    async fn receive(&self, name: &str, text: &str) -> Option<ProviderItemId> {
        let share = Share { email: Some(Self::ME.to_owned()), ..Share::default() };
        let edit = FileEdit { content: Some(text.to_owned()), share: vec![share], ..FileEdit::default() };
        let target = FileTarget::in_account(Self::FRIEND, name);
        let new = NewFile { target, edit, ..NewFile::default() };
        Some(self.control.create_file(&new).expect("a friend's file").id.into())
    }

    async fn withdraw(&self, id: &ProviderItemId) {
        let share = Share { email: Some(Self::ME.to_owned()), ..Share::default() };
        self.control.unshare(&Self::target(id), &share).expect("a shared file");
    }

    async fn cause(&self, trouble: Trouble) {
        self.calm();
        let slow_down = json!({"status": 403, "reason": "userRateLimitExceeded"});
        let html = |status: u16| json!({"status": status, "body": "<html>a page for people</html>"});
        match trouble {
            Trouble::RateLimit { times } => self.fault("drive.*", times, slow_down),
            Trouble::RateLimitFor { seconds, times } => {
                let effect = json!({"status": 429, "reason": "rateLimitExceeded", "retry_after": seconds});
                self.fault("drive.*", times, effect);
            }
            Trouble::ServerError { times } => self.fault("drive.*", times, json!({"status": 503})),
            Trouble::Forbidden { times } => {
                self.fault("drive.*", times, json!({"status": 403, "reason": "insufficientFilePermissions"}));
            }
            Trouble::StrangeNotFound { times } => self.fault("drive.*", times, html(404)),
            Trouble::PageForPeople { times } => self.fault("drive.*", times, html(200)),
            Trouble::TruncatedAnswer { times } => {
                self.fault("drive.*", times, json!({"truncate_body": true}));
            }
            Trouble::CutAnswer { after, times } => {
                self.fault("drive.*", times, json!({"cut_after_bytes": after}));
            }
            Trouble::CutDownload { after, times } => {
                self.fault("drive.files.get", times, json!({"cut_after_bytes": after}));
            }
            Trouble::EmptyPage { times } => {
                self.fault("drive.files.list", times, json!({"hint": "empty_page"}));
            }
            Trouble::RepeatedPage { times } => {
                self.fault("drive.files.list", times, json!({"hint": "repeat_page_token"}));
            }
            Trouble::RefusedPlace { times } => {
                self.fault("drive.*", times, json!({"hint": "expired_cursor"}));
            }
            Trouble::EndedAccessToken => drop(self.control.expire_access_tokens()),
            Trouble::DeadGrant => drop(self.control.revoke_grants(Self::ME)),
        }
    }

    fn calm(&self) {
        self.control.clear_faults();
    }

    fn calls(&self) -> usize {
        self.control.call_counts().values().sum::<u64>() as usize
    }

    async fn push_to(&self, _address: &Url) {}

    fn drop_pushes(&self) {
        self.control.set_delivery_mode(DeliveryMode::Drop);
    }

    async fn flush_pushes(&self) {
        self.control.flush_webhooks().await;
    }
}
