//! Slack: one workspace with a channel for the suite; the connected person and a colleague are in it.

use async_trait::async_trait;
use gangway_connector::conformance::{Access, Habits, StandIn, Trouble};
use gangway_emulators::kernel::webhooks::DeliveryMode;
use gangway_emulators::slack::{
    ChannelWish, Control, DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET, FileWish, Generate, SlackEmulator,
    SlackOptions, start,
};
use gangway_model::{ProviderItemId, SecretString, Timestamp};
use gangway_oauth::{OAuthApp, OAuthEndpoints};
use serde_json::{Value, json};
use url::Url;

use crate::{arm, at, now};

/// What people cannot say in one message they share as a file.
const LONGEST_MESSAGE: usize = 30_000;

pub struct SlackStandIn {
    pub emulator: SlackEmulator,
    pub control: Control,
    home: ProviderItemId,
}

impl SlackStandIn {
    /// Whose account is connected: the workspace's first person, whom consent without asking takes.
    pub const ME: &str = "ada@example.com";
    pub const FRIEND: &str = "grace@example.com";

    /// Arms a fault as the emulator's control API writes it.
    pub fn fault(&self, operation: &str, times: u64, effect: Value) {
        arm(&self.control, operation, times, effect);
    }

    /// Has the colleague say something, in mrkdwn.
    pub fn say(&self, channel: &ProviderItemId, text: &str) -> ProviderItemId {
        let ts = self.control.say(channel.as_str(), Self::FRIEND, text).expect("a new message");
        format!("{channel}:{ts}").into()
    }

    /// Has the colleague answer in a thread; gives the time of the reply.
    pub fn reply(&self, thread: &ProviderItemId, text: &str) -> String {
        let (channel, ts) = parts(thread);
        self.control.reply(channel, ts, Self::FRIEND, text).expect("a new reply")
    }

    /// Shares a file in a channel, without a word.
    pub fn upload(&self, channel: &ProviderItemId, wish: FileWish) -> ProviderItemId {
        let wish =
            FileWish { user: Some(Self::FRIEND.to_owned()), channels: vec![channel.to_string()], ..wish };
        self.control.upload(&wish).expect("a new file").into()
    }

    pub fn create_channel(&self, wish: ChannelWish) -> ProviderItemId {
        self.control.create_channel(&wish).expect("a new channel").into()
    }
}

/// Channel and time of a thread's id.
pub fn parts(thread: &ProviderItemId) -> (&str, &str) {
    thread.as_str().split_once(':').expect("the id of a thread")
}

/// Words as Slack's clients send them.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[async_trait]
impl StandIn for SlackStandIn {
    async fn start() -> Self {
        let emulator = start(SlackOptions::default()).await.expect("the emulator starts");
        let control = emulator.control();
        control.set_switches(|switches| {
            switches.auto_approve = true;
            switches.rate_limits = false;
            switches.token_rotation = true;
        });
        let wish = ChannelWish {
            name: "suite".to_owned(),
            members: vec![Self::ME.to_owned(), Self::FRIEND.to_owned()],
            creator: Some(Self::ME.to_owned()),
            ..ChannelWish::default()
        };
        let home = control.create_channel(&wish).expect("a new channel");
        control.reset_calls();
        Self { emulator, control, home: home.into() }
    }

    fn connector_id(&self) -> &'static str {
        "slack"
    }

    fn access(&self) -> Access {
        let base = self.emulator.base_url();
        Access {
            app: OAuthApp {
                client_id: DEFAULT_CLIENT_ID.to_owned(),
                client_secret: SecretString::from(DEFAULT_CLIENT_SECRET),
            },
            oauth: OAuthEndpoints {
                authorize: at(&base, "/oauth/v2/authorize"),
                token: at(&base, "/api/oauth.v2.access"),
                revoke: Some(at(&base, "/api/auth.revoke")),
            },
            endpoints: [("api".to_owned(), base), ("files".to_owned(), self.emulator.files_url())].into(),
            webhook_secret: Some(SecretString::from(self.control.signing_secret(DEFAULT_CLIENT_ID))),
            login_hint: Some(Self::ME),
        }
    }

    fn add_redirect_uri(&self, uri: &str) {
        self.control.add_redirect_uri(DEFAULT_CLIENT_ID, uri);
    }

    /// Threads are named by their first line and stay in their channel; channels hold no channels.
    fn habits(&self) -> Habits {
        Habits {
            exact_content: false,
            exact_names: false,
            nested: false,
            renames: false,
            moves: false,
            typed_by_name: false,
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
        if text.len() > LONGEST_MESSAGE {
            let content = Some(text.to_owned());
            let name = Some(name.to_owned());
            return self.upload(parent, FileWish { name, content, ..FileWish::default() });
        }
        self.say(parent, &escaped(&format!("{name}\n{text}")))
    }

    async fn create_container(&self, _: &ProviderItemId, name: &str) -> ProviderItemId {
        let members = vec![Self::ME.to_owned(), Self::FRIEND.to_owned()];
        self.create_channel(ChannelWish { name: name.to_owned(), members, ..ChannelWish::default() })
    }

    async fn create_many(&self) -> usize {
        let wish = Generate { channel: self.home.to_string(), count: 1_205, size: 40, ..Generate::default() };
        self.control.generate(&wish).expect("new messages");
        wish.count
    }

    async fn change_content(&self, id: &ProviderItemId, text: &str) {
        let (channel, ts) = parts(id);
        let message = self.control.find_message(channel, ts).expect("a message");
        let name = message["text"].as_str().and_then(|text| text.lines().next()).unwrap_or_default();
        let text = format!("{name}\n{}", escaped(text));
        self.control.edit_message(channel, ts, &text).expect("a message");
    }

    async fn rename(&self, id: &ProviderItemId, name: &str) {
        let (channel, ts) = parts(id);
        self.control.edit_message(channel, ts, &escaped(name)).expect("a message");
    }

    async fn move_to(&self, _: &ProviderItemId, _: &ProviderItemId) {
        unreachable!("messages stay where they were said");
    }

    async fn trash(&self, id: &ProviderItemId) {
        self.delete(id).await;
    }

    async fn delete(&self, id: &ProviderItemId) {
        match id.as_str().split_once(':') {
            Some((channel, ts)) => drop(self.control.delete_message(channel, ts).expect("a message")),
            None if id.as_str().starts_with('F') => self.control.delete_file(id.as_str()).expect("a file"),
            None => self.control.delete_channel(id.as_str()).expect("a channel"),
        }
    }

    async fn touch(&self, id: &ProviderItemId) {
        let (channel, ts) = parts(id);
        self.control.react(channel, ts, "tada", Self::FRIEND, true).expect("a message");
    }

    async fn receive(&self, _: &str, _: &str) -> Option<ProviderItemId> {
        None
    }

    async fn withdraw(&self, _: &ProviderItemId) {}

    async fn cause(&self, trouble: Trouble) {
        self.calm();
        let html = |status: u16| json!({"status": status, "body": "<html>a page for people</html>"});
        match trouble {
            Trouble::RateLimit { times } => {
                self.fault("conversations.*", times, json!({"status": 429, "reason": "ratelimited"}));
            }
            Trouble::RateLimitFor { seconds, times } => {
                let effect = json!({"status": 429, "reason": "ratelimited", "retry_after": seconds});
                self.fault("conversations.*", times, effect);
            }
            Trouble::ServerError { times } => self.fault("conversations.*", times, json!({"status": 503})),
            Trouble::Forbidden { times } => {
                self.fault("conversations.*", times, json!({"reason": "no_permission"}));
            }
            Trouble::StrangeNotFound { times } => self.fault("conversations.*", times, html(404)),
            Trouble::PageForPeople { times } => self.fault("conversations.*", times, html(200)),
            Trouble::TruncatedAnswer { times } => {
                self.fault("conversations.*", times, json!({"truncate_body": true}));
            }
            Trouble::CutAnswer { after, times } => {
                self.fault("conversations.*", times, json!({"cut_after_bytes": after}));
            }
            Trouble::CutDownload { after, times } => {
                self.fault("files.download", times, json!({"cut_after_bytes": after}));
            }
            Trouble::EmptyPage { times } => {
                self.fault("conversations.history", times, json!({"hint": "empty_page"}));
            }
            Trouble::RepeatedPage { times } => {
                self.fault("conversations.history", times, json!({"hint": "repeat_page_token"}));
            }
            Trouble::RefusedPlace { times } => {
                self.fault("conversations.history", times, json!({"reason": "invalid_cursor"}));
            }
            Trouble::EndedAccessToken => drop(self.control.expire_access_tokens()),
            Trouble::DeadGrant => {
                self.control.revoke_user(Self::ME, None).expect("a person of the workspace");
            }
        }
    }

    fn calm(&self) {
        self.control.clear_faults();
    }

    fn calls(&self) -> usize {
        self.control.call_counts().values().sum::<u64>() as usize
    }

    async fn push_to(&self, address: &Url) {
        let subscribed = self.control.subscribe(DEFAULT_CLIENT_ID, address.as_str(), &["*"]).await;
        subscribed.expect("the address answers the handshake");
    }

    fn drop_pushes(&self) {
        self.control.set_delivery_mode(DeliveryMode::Drop);
    }

    async fn flush_pushes(&self) {
        self.control.flush_webhooks().await;
    }
}
