//! What every provider's connector does in the whole house, told once and played with each stand-in.

mod faults;
mod following;
mod gone;
mod order;
mod places;

use std::sync::Arc;
use std::time::Duration;

use gangway_connector::conformance::StandIn;
use gangway_model::ProviderItemId;
use gangway_sync::SyncSettings;
use gangway_testkit::{House, HouseOptions, Person};
use serde_json::Value;

use crate::options;

/// Makes one test of each story for each provider.
macro_rules! with_each_provider {
    ($($story:ident),* $(,)?) => {
        $(mod $story {
            #[tokio::test(flavor = "multi_thread")]
            async fn google_drive() {
                super::$story::<gangway_standins::GoogleStandIn>().await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn notion() {
                super::$story::<gangway_standins::NotionStandIn>().await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn dropbox() {
                super::$story::<gangway_standins::DropboxStandIn>().await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn slack() {
                super::$story::<gangway_standins::SlackStandIn>().await;
            }
        })*
    };
}
pub(crate) use with_each_provider;

/// A house with one provider, one person connected to it, and a collection.
struct Scene<S> {
    house: House,
    provider: Arc<S>,
}

impl<S: StandIn> Scene<S> {
    async fn start(change: impl FnOnce(&mut HouseOptions)) -> Self {
        let provider = Arc::new(S::start().await);
        let mut options = HouseOptions { stand_ins: vec![provider.clone()], ..options() };
        options.settings = with_long_leases;
        change(&mut options);
        Self { house: House::start(options).await, provider }
    }

    fn connector(&self) -> &'static str {
        self.provider.connector_id()
    }

    async fn person(&self) -> Resident<'_, S> {
        let person = self.house.user("enterprise").await;
        person.connect_to(self.connector()).await;
        let collection = person.collection("Everything").await;
        Resident { scene: self, person, collection }
    }

    /// Lets the next poll come round.
    async fn poll(&self) {
        self.house.advance(Duration::from_secs(61));
        self.house.let_due_work_happen().await;
    }

    /// Does what an operator does: enters the address at the provider, and confirms what the provider offers.
    async fn set_pushes_up(&self) {
        self.provider.push_to(&self.house.webhook_address(self.connector())).await;
        let all = self.house.as_admin("GET", "rest/admin/webhooks", None).await;
        let mut webhooks = all["webhooks"].as_array().expect("webhooks").iter();
        if webhooks.any(|one| one["connector_id"] == self.connector() && one["state"] == "offered") {
            let path = format!("rest/admin/webhooks/{}/confirm", self.connector());
            self.house.as_admin("POST", &path, None).await;
        }
    }

    /// Creates an item whose text holds a word of its own.
    async fn write(&self, parent: &ProviderItemId, name: &str, word: &str) -> ProviderItemId {
        self.provider.create_file(parent, name, &format!("here it says {word} and no more")).await
    }
}

/// The clock is stepped faster than a heartbeat can follow.
fn with_long_leases(settings: &mut SyncSettings) {
    settings.lease = Duration::from_secs(86_400);
}

/// The same, with one item after the other, so that something can happen between them.
fn one_by_one(settings: &mut SyncSettings) {
    with_long_leases(settings);
    settings.fetch_concurrency = 1;
    settings.batch_entries = 1;
}

/// A person connected to the scene's provider.
struct Resident<'a, S> {
    scene: &'a Scene<S>,
    person: Person<'a>,
    collection: String,
}

impl<S: StandIn> Resident<'_, S> {
    /// Syncs `home` while the clock is stepped, so that waits end; the job as the API tells it.
    async fn sync(&self, mode: &str) -> Value {
        let job = self.start(mode).await;
        self.scene.house.step_until(self.person.ended(&job)).await;
        self.scene.house.settle().await;
        self.person.job(self.scene.connector(), &job).await
    }

    /// Syncs `home` and follows it, where nothing has to be waited for: no clock moves.
    async fn follow(&self) {
        let job = self.begin("auto").await;
        self.person.ended(&job).await;
        self.scene.house.settle().await;
        let job = self.person.job(self.scene.connector(), &job).await;
        assert_eq!(job["status"], "completed", "{job}");
    }

    async fn start(&self, mode: &str) -> String {
        self.scene.house.step_until(self.begin(mode)).await
    }

    async fn begin(&self, mode: &str) -> String {
        let home = self.scene.provider.home();
        let roots = [home.as_str()];
        self.person.start_sync_of(self.scene.connector(), &roots, &self.collection, mode).await
    }

    /// What a job says did not come in, by name, with the code of the reason.
    async fn failures(&self, job: &str) -> Vec<(String, String)> {
        let path =
            format!("rest/connectors/{}/sync/{job}/files?outcome=failed&limit=100", self.scene.connector());
        let page = self.person.ask("GET", &path, None).await;
        let files = page["files"].as_array().expect("files");
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        files.iter().map(|file| (text(&file["name"]), text(&file["reason"]["code"]))).collect()
    }

    async fn finds(&self, word: &str) -> bool {
        !self.person.found(word).await.is_empty()
    }
}
