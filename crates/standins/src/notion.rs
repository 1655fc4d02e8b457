//! Notion: one person's workspace, with a page that was picked on the consent page and everything below it.

use async_trait::async_trait;
use gangway_connector::conformance::{Access, Habits, StandIn, Trouble};
use gangway_emulators::kernel::webhooks::DeliveryMode;
use gangway_emulators::notion::{
    Control, DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET, Generate, NewSubscription, NotionEmulator,
    NotionOptions, Summary, Target, start,
};
use gangway_model::{ProviderItemId, SecretString, Timestamp};
use gangway_oauth::{OAuthApp, OAuthEndpoints};
use serde_json::{Value, json};
use url::Url;

use crate::{arm, at, now};

pub struct NotionStandIn {
    pub emulator: NotionEmulator,
    pub control: Control,
    home: ProviderItemId,
}

impl NotionStandIn {
    /// A workspace with the demo's pages, of which `home` is called so.
    pub async fn with_demo() -> Self {
        let seed = "demo".parse().expect("the demo's name");
        Self::from(NotionOptions { seed, ..NotionOptions::default() }, "Home").await
    }

    async fn from(options: NotionOptions, home: &str) -> Self {
        let emulator = start(options).await.expect("the emulator starts");
        let control = emulator.control();
        if control.list_accounts().is_empty() {
            control.add_account("ada@example.org", "Ada Lovelace", false).expect("a new account");
        }
        control.set_switches(|switches| {
            switches.auto_approve = true;
            switches.rate_limit.enabled = false;
            switches.search_lag_ms = 0;
        });
        let found = control.find(&Target::path(home));
        let home = found.or_else(|_| control.create_page(None, &json!({"title": home}))).expect("a page");
        control.reset_calls();
        Self { emulator, control, home: home.id.into() }
    }

    /// Turns the emulator's switches.
    pub fn switch(&self, wish: &Value) {
        self.control.merge_switches(wish).expect("switches of the emulator");
    }

    /// Names a thing in the emulator's words.
    pub fn target(id: &ProviderItemId) -> Target {
        Target::id(id.as_str())
    }

    /// Arms a fault as the emulator's control API writes it.
    pub fn fault(&self, operation: &str, times: u64, effect: Value) {
        arm(&self.control, operation, times, effect);
    }

    /// Creates a page by the emulator's own words.
    pub fn create(&self, parent: &ProviderItemId, wish: &Value) -> Summary {
        self.control.create_page(Some(&Self::target(parent)), wish).expect("a new page")
    }

    /// Removes the app's connections in the workspace's settings.
    pub fn disconnect(&self) {
        for bot in self.control.list_bots().as_array().into_iter().flatten() {
            let id = bot["id"].as_str().unwrap_or_default();
            self.control.disconnect(id).expect("a connection");
        }
    }

    fn blocks(text: &str) -> [Value; 1] {
        [json!({"paragraph": text.trim()})]
    }
}

#[async_trait]
impl StandIn for NotionStandIn {
    async fn start() -> Self {
        Self::from(NotionOptions::default(), "Suite").await
    }

    fn connector_id(&self) -> &'static str {
        "notion"
    }

    fn access(&self) -> Access {
        let base = self.emulator.base_url();
        Access {
            app: OAuthApp {
                client_id: DEFAULT_CLIENT_ID.to_owned(),
                client_secret: SecretString::from(DEFAULT_CLIENT_SECRET),
            },
            oauth: OAuthEndpoints {
                authorize: at(&base, "/v1/oauth/authorize"),
                token: at(&base, "/v1/oauth/token"),
                revoke: Some(at(&base, "/v1/oauth/revoke")),
            },
            endpoints: [("api".to_owned(), base)].into(),
            webhook_secret: None,
            login_hint: None,
        }
    }

    fn add_redirect_uri(&self, uri: &str) {
        self.control.add_redirect_uri(DEFAULT_CLIENT_ID, uri);
    }

    fn habits(&self) -> Habits {
        Habits {
            // A page's text stands in its Markdown.
            exact_content: false,
            typed_by_name: false,
            // Times are rounded to the minute, so that the feed tells some things twice.
            exact_feed: false,
            // Pages hold pages: home, and two containers within each other, are documents themselves.
            pages_around: 3,
            ..Habits::default()
        }
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
        self.create(parent, &json!({"title": name, "blocks": Self::blocks(text)})).id.into()
    }

    async fn create_container(&self, parent: &ProviderItemId, name: &str) -> ProviderItemId {
        self.create(parent, &json!({"title": name})).id.into()
    }

    async fn create_many(&self) -> usize {
        let parent = Some(Self::target(&self.home));
        let wish = Generate { parent, count: 1_205, size: 1, prefix: "Page ".to_owned() };
        self.control.generate(&wish).expect("new pages").len()
    }

    async fn change_content(&self, id: &ProviderItemId, text: &str) {
        self.control.replace_blocks(&Self::target(id), &Self::blocks(text)).expect("a page");
    }

    async fn rename(&self, id: &ProviderItemId, name: &str) {
        self.control.rename(&Self::target(id), name).expect("a page");
    }

    async fn move_to(&self, id: &ProviderItemId, parent: &ProviderItemId) {
        self.control.move_to(&Self::target(id), Some(&Self::target(parent))).expect("two pages");
    }

    async fn trash(&self, id: &ProviderItemId) {
        self.control.trash(&Self::target(id)).expect("a page");
    }

    async fn delete(&self, id: &ProviderItemId) {
        self.control.delete(&Self::target(id)).expect("a page");
    }

    async fn touch(&self, id: &ProviderItemId) {
        self.control.add_comment(&Self::target(id), "seen", None).expect("a page");
    }

    async fn receive(&self, name: &str, text: &str) -> Option<ProviderItemId> {
        let wish = json!({"title": name, "blocks": Self::blocks(text)});
        let page = self.control.create_page(None, &wish).expect("a page that was not picked");
        self.control.share(&Target::id(page.id.as_str()), None).expect("a page");
        Some(page.id.into())
    }

    async fn withdraw(&self, id: &ProviderItemId) {
        self.control.unshare(&Self::target(id), None).expect("a shared page");
    }

    async fn cause(&self, trouble: Trouble) {
        self.calm();
        let html = |status: u16| json!({"status": status, "body": "<html>a page for people</html>"});
        let everything = |times: u64, effect: Value| self.fault("*", times, effect);
        match trouble {
            Trouble::RateLimit { times } => {
                everything(times, json!({"status": 429, "reason": "rate_limited", "retry_after": 1}));
            }
            Trouble::RateLimitFor { seconds, times } => {
                everything(times, json!({"status": 429, "reason": "rate_limited", "retry_after": seconds}));
            }
            Trouble::ServerError { times } => everything(times, html(502)),
            Trouble::Forbidden { times } => {
                everything(times, json!({"status": 403, "reason": "restricted_resource"}));
            }
            Trouble::StrangeNotFound { times } => everything(times, html(404)),
            Trouble::PageForPeople { times } => everything(times, html(200)),
            Trouble::TruncatedAnswer { times } => everything(times, json!({"truncate_body": true})),
            Trouble::CutAnswer { after, times } => everything(times, json!({"cut_after_bytes": after})),
            // A page's text comes in answers like any other.
            Trouble::CutDownload { after, times } => {
                self.fault("blocks.children", times, json!({"cut_after_bytes": after}));
            }
            Trouble::EmptyPage { times } => {
                self.fault("blocks.children", times, json!({"hint": "empty_page"}));
            }
            Trouble::RepeatedPage { times } => {
                self.fault("blocks.children", times, json!({"hint": "repeat_page_token"}));
            }
            // In the words for any cursor, because the feed's first place is none of Notion's.
            Trouble::RefusedPlace { times } => {
                let message = "The start_cursor provided is invalid";
                for operation in ["blocks.children", "search"] {
                    let effect = json!({"status": 400, "reason": "validation_error", "message": message});
                    self.fault(operation, times, effect);
                }
            }
            Trouble::EndedAccessToken => drop(self.control.expire_access_tokens()),
            Trouble::DeadGrant => self.disconnect(),
        }
    }

    fn calm(&self) {
        self.control.clear_faults();
    }

    fn calls(&self) -> usize {
        self.control.call_counts().values().sum::<u64>() as usize
    }

    /// The operator enters the address at Notion, reads the offered secret here, and pastes it back.
    async fn push_to(&self, address: &Url) {
        let wish = NewSubscription {
            url: address.to_string(),
            event_types: Vec::new(),
            api_version: None,
            client_id: None,
            auto_verify: false,
        };
        let subscription = self.control.subscribe(&wish).expect("an address");
        self.control.flush_webhooks().await;
        let token = &subscription.verification_token;
        self.control.verify_subscription(&subscription.id, token).expect("the secret that was offered");
    }

    fn drop_pushes(&self) {
        self.control.set_delivery_mode(DeliveryMode::Drop);
    }

    async fn flush_pushes(&self) {
        self.control.flush_webhooks().await;
    }
}
