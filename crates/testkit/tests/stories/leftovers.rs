//! What is deleted while it is being brought in leaves nothing behind, in the index least of all.

use std::time::Duration;

use gangway_effects::Clock;
use gangway_emulators::google::FileTarget;
use gangway_extract::Recognition;
use gangway_model::{Chunk, ItemId, Place};
use gangway_search::IndexedDocument;
use gangway_store::Backend;
use gangway_testkit::{Gate, House, HouseOptions, Person};

use crate::recognition::{picture, until};
use crate::{house, options};

/// A sync that holds a page back: of a text, and of a scan that is not recognized yet.
struct AtWork<'a> {
    gate: &'a Gate,
    house: &'a House,
    ada: Person<'a>,
    collection: String,
}

impl AtWork<'_> {
    /// Lets the page go on, and looks for what is left of it.
    async fn leaves_nothing(self) {
        let later = self.house.clock.now() + Duration::from_secs(3600);
        let announced = async || self.house.store.list_announced_entries(later, 10).await.unwrap();
        assert_eq!(announced().await.len(), 1, "the page has said what it will put in");
        self.gate.lets_through("words");
        until(self.house, "the page has come to its end", async || announced().await.is_empty()).await;
        let left = self.house.index.stats().await.unwrap();
        assert_eq!((left.items, left.chunks), (0, 0));
    }
}

/// Begins a sync, on both databases, and leaves it to the story while its page is being read.
async fn at_work(story: impl AsyncFn(AtWork<'_>)) {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let gate = Gate::new();
        let recognition = Recognition { time_per_page: Duration::from_secs(600), ..gate.recognition() };
        let house =
            House::start(HouseOptions { tools: gate.tools(), recognition, backend, ..options() }).await;
        let control = house.control();
        control.write_text(&FileTarget::path("Papers/plan.txt"), "the quokka smiles").unwrap();
        control.write_text(&FileTarget::path("Papers/scan.gif"), picture(7)).unwrap();
        let folder = control.find_file(&FileTarget::path("Papers")).unwrap().id;
        let ada = house.user("enterprise").await;
        ada.connect().await;
        let collection = ada.collection("Papers").await;
        ada.start_sync(&[&folder], &collection, "auto").await;
        until(&house, "the scan is being recognized", async || gate.is_somebody_there()).await;
        story(AtWork { gate: &gate, house: &house, ada, collection }).await;
        house.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_is_disconnected_during_a_sync_leaves_nothing_in_the_index() {
    at_work(async |work| {
        work.ada.ask("DELETE", "rest/connectors/google_drive", None).await;
        let user = work.ada.id.as_str().into();
        let is_gone = async || work.house.store.find_connections(&user, None).await.unwrap().is_empty();
        until(work.house, "the connection is gone", is_gone).await;
        work.leaves_nothing().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_who_is_deleted_during_a_sync_leaves_nothing_in_the_index() {
    at_work(async |work| {
        work.house.as_admin("DELETE", &format!("rest/admin/users/{}", work.ada.id), None).await;
        let user = work.ada.id.as_str().into();
        let is_gone = async || work.house.store.find_user(&user).await.unwrap().is_none();
        until(work.house, "the user is gone", is_gone).await;
        work.leaves_nothing().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collection_that_is_deleted_during_a_sync_leaves_nothing_in_the_index() {
    at_work(async |work| {
        let collection = work.collection.as_str().into();
        work.ada.ask("DELETE", &format!("rest/collections/{}", work.collection), None).await;
        let is_gone = async || work.house.store.find_collection(&collection).await.unwrap().is_none();
        until(work.house, "the collection is gone", is_gone).await;
        let (house, user) = (work.house, work.ada.id.as_str().into());
        work.leaves_nothing().await;
        let connections = house.store.find_connections(&user, None).await.unwrap();
        let items = house.store.list_item_ids(&connections[0].id, None, 100).await.unwrap();
        assert_eq!(items, [], "nor in the rows");
    })
    .await;
}

/// A process that dies between the index and the rows has written down what it was about to put in.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_dead_process_put_into_the_index_is_taken_out() {
    let house = house().await;
    let ada = house.user("pro").await;
    let item = ItemId::fresh();
    house.store.announce_entries(std::slice::from_ref(&item)).await.unwrap();
    let entry = IndexedDocument {
        item_id: item,
        user_id: ada.id.as_str().into(),
        connection_id: "dead".into(),
        connector_id: "google_drive".into(),
        collections: Vec::new(),
        name: "plan.txt".to_owned(),
        path: None,
        media_type: "text/plain".to_owned(),
        modified_at: None,
        url: None,
        title: None,
        chunks: vec![Chunk { number: 0, place: Place::default(), text: "the quokka smiles".to_owned() }],
    };
    house.index.put(vec![entry]).await.unwrap();
    house.index.flush().await.unwrap();
    house.advance(Duration::from_secs(23 * 3600));
    house.let_due_work_happen().await;
    assert_eq!(house.index.stats().await.unwrap().items, 1, "its page may still come");
    house.advance(Duration::from_secs(2 * 3600));
    house.let_due_work_happen().await;
    assert_eq!(house.index.stats().await.unwrap().items, 0);
    house.stop().await;
}
