//! Dropbox: one account, with a friend who can share folders and files with it.

use async_trait::async_trait;
use gangway_connector::conformance::{Access, Habits, StandIn, Trouble};
use gangway_emulators::dropbox::{
    Control, DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET, DropboxEmulator, DropboxOptions, FileEdit, FileTarget,
    Generate, Share, start,
};
use gangway_emulators::kernel::webhooks::DeliveryMode;
use gangway_model::{ProviderItemId, SecretString, Timestamp};
use gangway_oauth::{OAuthApp, OAuthEndpoints};
use serde_json::{Value, json};
use url::Url;

use crate::{arm, now};

pub struct DropboxStandIn {
    pub emulator: DropboxEmulator,
    pub control: Control,
    home: ProviderItemId,
}

impl DropboxStandIn {
    /// Whose account is connected: the first of those that an empty emulator has.
    pub const ME: &str = "ada@example.com";
    pub const FRIEND: &str = "grace@example.com";

    /// Names an item in the emulator's words.
    pub fn target(id: &ProviderItemId) -> FileTarget {
        let id = Some(id.as_str().to_owned());
        FileTarget { id, account: Some(Self::ME.to_owned()), ..FileTarget::default() }
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

    /// The path of an item in the account's own folder.
    pub fn path(&self, id: &ProviderItemId) -> String {
        if id.as_str() == "root" {
            return String::new();
        }
        let found = self.control.find_file(&Self::target(id)).expect("an item of the account");
        found.path.expect("a mounted item")
    }

    fn create_in(&self, parent: &ProviderItemId, name: &str, edit: FileEdit) -> ProviderItemId {
        let target = FileTarget::of(Self::ME, &format!("{}/{name}", self.path(parent)));
        self.control.create_file(&target, &edit).expect("a new file").id.into()
    }
}

fn text(text: &str) -> FileEdit {
    FileEdit { content: Some(text.to_owned()), ..FileEdit::default() }
}

#[async_trait]
impl StandIn for DropboxStandIn {
    async fn start() -> Self {
        let emulator = start(DropboxOptions::default()).await.expect("the emulator starts");
        let control = emulator.control();
        control.set_switches(|switches| {
            switches.auto_approve = true;
            switches.rate_limit.enabled = false;
        });
        let home = control.create_folder(&FileTarget::of(Self::ME, "/Suite")).expect("a new folder");
        control.reset_calls();
        Self { emulator, control, home: home.id.into() }
    }

    fn connector_id(&self) -> &'static str {
        "dropbox"
    }

    fn access(&self) -> Access {
        let below = |host: String, path: &str| format!("{host}{path}").parse::<Url>().expect("an address");
        let (api, www) = (self.emulator.api_url(), self.emulator.www_url());
        let endpoints =
            [("api", api.clone()), ("content", self.emulator.content_url()), ("www", www.clone())];
        Access {
            app: OAuthApp {
                client_id: DEFAULT_CLIENT_ID.to_owned(),
                client_secret: SecretString::from(DEFAULT_CLIENT_SECRET),
            },
            oauth: OAuthEndpoints {
                authorize: below(www, "/oauth2/authorize"),
                token: below(api.clone(), "/oauth2/token"),
                revoke: Some(below(api, "/2/auth/token/revoke")),
            },
            endpoints: endpoints.map(|(name, host)| (name.to_owned(), below(host, ""))).into(),
            webhook_secret: None,
            login_hint: None,
        }
    }

    fn add_redirect_uri(&self, uri: &str) {
        self.control.add_redirect_uri(DEFAULT_CLIENT_ID, uri);
    }

    fn habits(&self) -> Habits {
        Habits { unique_names: true, ..Habits::default() }
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

    async fn create_file(&self, parent: &ProviderItemId, name: &str, content: &str) -> ProviderItemId {
        let target = FileTarget::of(Self::ME, &format!("{}/{name}", self.path(parent)));
        self.control.write_text(&target, content).expect("a new file or revision").id.into()
    }

    async fn create_container(&self, parent: &ProviderItemId, name: &str) -> ProviderItemId {
        let target = FileTarget::of(Self::ME, &format!("{}/{name}", self.path(parent)));
        self.control.create_folder(&target).expect("a new folder").id.into()
    }

    async fn create_many(&self) -> usize {
        let wish = Generate {
            account: Some(Self::ME.to_owned()),
            folder: "/Suite".to_owned(),
            count: 1_205,
            size: 1,
            ..Generate::default()
        };
        self.control.generate(&wish).expect("new files").len()
    }

    async fn change_content(&self, id: &ProviderItemId, content: &str) {
        self.edit(id, text(content));
    }

    async fn rename(&self, id: &ProviderItemId, name: &str) {
        self.control.rename(&Self::target(id), name).expect("an item of the account");
    }

    async fn move_to(&self, id: &ProviderItemId, parent: &ProviderItemId) {
        let folder = self.path(parent);
        self.control.move_file(&Self::target(id), &folder).expect("items of the account");
    }

    async fn trash(&self, id: &ProviderItemId) {
        self.control.delete_file(&Self::target(id)).expect("an item of the account");
    }

    async fn delete(&self, id: &ProviderItemId) {
        self.control.erase_file(&Self::target(id)).expect("an item of the account");
    }

    async fn touch(&self, id: &ProviderItemId) {
        let client_modified = Some("2030-01-01T00:00:00Z".to_owned());
        self.edit(id, FileEdit { client_modified, ..FileEdit::default() });
    }

    /// In a folder that appears in the account's own tree: only that is told by the feed.
    async fn receive(&self, name: &str, content: &str) -> Option<ProviderItemId> {
        let folder = FileTarget::of(Self::FRIEND, "/From a friend");
        self.control.create_folder(&folder).expect("a friend's folder");
        let file = FileTarget::of(Self::FRIEND, &format!("/From a friend/{name}"));
        let file = self.control.create_file(&file, &text(content)).expect("a friend's file");
        let access = gangway_emulators::dropbox::Access::Editor;
        let share = Share { email: Self::ME.to_owned(), access, mount: true };
        self.control.share(&folder, &share).expect("a friend's folder");
        Some(file.id.into())
    }

    async fn withdraw(&self, _id: &ProviderItemId) {
        let folder = FileTarget::of(Self::FRIEND, "/From a friend");
        self.control.unshare(&folder, Self::ME).expect("a shared folder");
    }

    async fn cause(&self, trouble: Trouble) {
        self.calm();
        let html = |status: u16| json!({"status": status, "body": "<html>a page for people</html>"});
        match trouble {
            Trouble::RateLimit { times } => {
                self.fault("files/*", times, json!({"status": 429, "reason": "text"}));
            }
            Trouble::RateLimitFor { seconds, times } => {
                let effect = json!({"status": 429, "reason": "too_many_requests", "retry_after": seconds});
                self.fault("files/*", times, effect);
            }
            Trouble::ServerError { times } => self.fault("files/*", times, json!({"status": 503})),
            Trouble::Forbidden { times } => {
                self.fault("files/*", times, json!({"status": 403, "reason": "team_access_denied"}));
            }
            Trouble::StrangeNotFound { times } => self.fault("files/*", times, html(404)),
            Trouble::PageForPeople { times } => self.fault("files/*", times, html(200)),
            Trouble::TruncatedAnswer { times } => {
                self.fault("files/*", times, json!({"truncate_body": true}));
            }
            Trouble::CutAnswer { after, times } => {
                self.fault("files/*", times, json!({"cut_after_bytes": after}));
            }
            Trouble::CutDownload { after, times } => {
                self.fault("files/download", times, json!({"cut_after_bytes": after}));
            }
            Trouble::EmptyPage { times } => {
                self.fault("files/list_folder", times, json!({"hint": "empty_page"}));
            }
            Trouble::RepeatedPage { times } => {
                self.fault("files/list_folder*", times, json!({"hint": "repeat_page_token"}));
            }
            Trouble::RefusedPlace { times } => {
                self.fault("files/list_folder/continue", times, json!({"hint": "expired_cursor"}));
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

    async fn push_to(&self, address: &Url) {
        self.control.add_webhook(DEFAULT_CLIENT_ID, address.as_str()).await.expect("an address that answers");
    }

    fn drop_pushes(&self) {
        self.control.set_delivery_mode(DeliveryMode::Drop);
    }

    async fn flush_pushes(&self) {
        self.control.flush_webhooks().await;
    }
}
