//! Random shares, moves, deletions and disconnects of several people: nobody ever finds more than the rules allow, and
//! once the queue is dry nobody finds less.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use gangway_emulators::google::FileTarget;
use gangway_search::Embedder;
use gangway_search::conformance::Concepts;
use gangway_testkit::{House, HouseOptions, Person};
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::{house, options};

/// Long enough to be compared, and the same in every file that holds it.
const LONG: &str = "The quokka is a small animal of the islands in the west. It eats leaves and grass, sleeps in the \
    shade while the sun is high, and comes out when the evening is cool. People who visit the island are asked not to \
    feed it, since bread and sweets make it ill, and not to touch it, however friendly it looks at them.";
/// Every file matches each of these, and nothing else does.
const QUERIES: [&str; 6] = ["quokka", "quok* ", "quokkas ", "quokak ", "\"the quokka\"", "type:text -zebra"];
/// The same by what it means: no file holds this word.
const BY_MEANING: &str = "marsupial ";
const STEPS: usize = 25;

struct Collection {
    uuid: String,
    name: String,
    owner: usize,
    is_open: bool,
}

/// A file that should be found through one collection.
struct File {
    name: String,
    /// Our id, of an upload.
    upload: Option<String>,
    collection: String,
}

struct World<'a> {
    house: &'a House,
    people: Vec<Person<'a>>,
    /// The organisation of each person, in the order of the people.
    organizations: Vec<usize>,
    organization_ids: Vec<String>,
    collections: Vec<Collection>,
    files: Vec<File>,
    /// Folders at the source and the collections they are synced into.
    followed: Vec<(String, String)>,
    made: usize,
    seed: u64,
    queries: Vec<&'static str>,
    disabled: Option<usize>,
}

impl<'a> World<'a> {
    async fn start(house: &'a House, seed: u64) -> Self {
        let mut organization_ids = Vec::new();
        for name in ["north", "south"] {
            let made =
                house.as_admin("POST", "rest/admin/organizations", Some(json!({ "name": name }))).await;
            organization_ids.push(made["id"].as_str().expect("an id").to_owned());
        }
        // The last owns nothing and changes sides.
        let organizations = vec![0, 0, 1, 1];
        let mut people = Vec::new();
        for at in &organizations {
            let person = house.user("enterprise").await;
            assign(house, &person, &organization_ids[*at]).await;
            people.push(person);
        }
        let mut world = Self {
            house,
            people,
            organizations,
            organization_ids,
            collections: Vec::new(),
            files: Vec::new(),
            followed: Vec::new(),
            made: 0,
            seed,
            queries: QUERIES.to_vec(),
            disabled: None,
        };
        if house.vectors.is_some() {
            world.queries.push(BY_MEANING);
        }
        for owner in [0, 0, 1, 2] {
            world.make_collection(owner).await;
        }
        world.follow_drive().await;
        world
    }

    fn below(&mut self, end: usize) -> usize {
        self.seed = self.seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.seed >> 33) as usize % end.max(1)
    }

    fn next_name(&mut self) -> String {
        self.made += 1;
        format!("f{}.txt", self.made)
    }

    fn text(&mut self) -> String {
        match self.below(3) {
            0 => LONG.to_owned(),
            _ => format!("the quokka of file {}", self.made),
        }
    }

    async fn make_collection(&mut self, owner: usize) {
        self.made += 1;
        let name = format!("place {}", self.made);
        let uuid = self.people[owner].collection(&name).await;
        self.collections.push(Collection { uuid, name, owner, is_open: false });
    }

    /// The first person connects Drive, and two folders are followed into the first two collections.
    async fn follow_drive(&mut self) {
        self.people[0].connect().await;
        for (at, folder) in ["One", "Two"].into_iter().enumerate() {
            let target = FileTarget::path(folder);
            let control = self.house.control();
            let found =
                control.find_file(&target).or_else(|_| control.create_folder(&target)).expect("a folder");
            let own = self.collections.iter().filter(|one| one.owner == 0).nth(at).expect("a collection");
            let uuid = own.uuid.clone();
            self.people[0].sync(&[&found.id], &uuid, "auto").await;
            self.followed.push((folder.to_owned(), uuid));
        }
    }

    async fn step(&mut self) {
        match self.below(11) {
            0 | 1 => self.upload().await,
            2 => self.delete_upload().await,
            3 | 4 => self.change_access().await,
            5 => self.replace_collection().await,
            6 => self.write_in_drive().await,
            7 => self.move_in_drive().await,
            8 => self.change_sides().await,
            9 => self.disable_for_a_while().await,
            _ => self.disconnect_and_connect().await,
        }
    }

    async fn upload(&mut self) {
        let at = self.below(self.collections.len());
        let (owner, collection) = (self.collections[at].owner, self.collections[at].uuid.clone());
        let name = self.next_name();
        // A collection takes the same bytes once.
        let text = format!("{}{}", self.text(), " ".repeat(self.made));
        let form = Form::new().part("file", Part::bytes(text.into_bytes()).file_name(name.clone()));
        let path = format!("rest/connectors/local_upload/upload?collection_uuid={collection}");
        let person = &self.people[owner];
        let url = self.house.url.join(&path).expect("a path");
        let sent = self.house.http.post(url).bearer_auth(&person.token).multipart(form).send().await;
        let answer: Value = sent.expect("an answer").json().await.expect("a body");
        let stored = &answer["files"][0];
        assert_eq!(stored["status"], "stored", "{answer}");
        let id = stored["file_id"].as_str().or(stored["id"].as_str()).expect("an id").to_owned();
        self.files.push(File { name, upload: Some(id), collection });
    }

    async fn delete_upload(&mut self) {
        let uploads: Vec<usize> =
            (0..self.files.len()).filter(|at| self.files[*at].upload.is_some()).collect();
        if uploads.is_empty() {
            return;
        }
        let at = uploads[self.below(uploads.len())];
        let file = self.files.remove(at);
        let collection = self.collections.iter().find(|one| one.uuid == file.collection).expect("its place");
        let path = format!("rest/connectors/local_upload/files/{}", file.upload.unwrap_or_default());
        let (status, answer) = self.people[collection.owner].call("DELETE", &path, None).await;
        assert_eq!(status, 204, "{answer}");
    }

    async fn change_access(&mut self) {
        let at = self.below(self.collections.len());
        let is_open = !self.collections[at].is_open;
        self.collections[at].is_open = is_open;
        let one = &self.collections[at];
        let access = json!({ "access": if is_open { "org" } else { "private" } });
        self.people[one.owner].ask("PATCH", &format!("rest/collections/{}", one.uuid), Some(access)).await;
    }

    /// Deletes a collection that no folder is synced into, and makes another.
    async fn replace_collection(&mut self) {
        let free = |one: &Collection| !self.followed.iter().any(|(_, uuid)| *uuid == one.uuid);
        let free: Vec<usize> =
            (0..self.collections.len()).filter(|at| free(&self.collections[*at])).collect();
        let at = free[self.below(free.len())];
        let gone = self.collections.remove(at);
        self.files.retain(|file| file.collection != gone.uuid);
        let path = format!("rest/collections/{}", gone.uuid);
        let (status, answer) = self.people[gone.owner].call("DELETE", &path, None).await;
        assert!((200..300).contains(&status), "{status} {answer}");
        self.make_collection(gone.owner).await;
    }

    async fn write_in_drive(&mut self) {
        let at = self.below(self.followed.len());
        let (folder, collection) = self.followed[at].clone();
        let name = self.next_name();
        let text = self.text();
        let target = FileTarget::path(format!("{folder}/{name}"));
        self.house.control().write_text(&target, &text).expect("a file");
        self.poll().await;
        self.files.push(File { name, upload: None, collection });
    }

    /// A file goes from one followed folder to the other, or out of both.
    async fn move_in_drive(&mut self) {
        let in_drive: Vec<usize> =
            (0..self.files.len()).filter(|at| self.files[*at].upload.is_none()).collect();
        if in_drive.is_empty() {
            return;
        }
        let at = in_drive[self.below(in_drive.len())];
        let is_there = |uuid: &str| uuid == self.files[at].collection;
        let (from, _) = self.followed.iter().find(|(_, uuid)| is_there(uuid)).expect("its folder").clone();
        let (to, collection) =
            self.followed.iter().find(|(_, uuid)| !is_there(uuid)).expect("another").clone();
        let target = FileTarget::path(format!("{from}/{}", self.files[at].name));
        if self.below(2) == 0 {
            self.house.control().move_file(&target, &FileTarget::path(to)).expect("a move");
            self.files[at].collection = collection;
        } else {
            self.house.control().delete_file(&target).expect("a deletion");
            self.files.remove(at);
        }
        self.poll().await;
    }

    async fn poll(&self) {
        self.house.advance(Duration::from_secs(61));
        self.house.let_due_work_happen().await;
    }

    async fn change_sides(&mut self) {
        let last = self.people.len() - 1;
        let side = 1 - self.organizations[last];
        self.organizations[last] = side;
        assign(self.house, &self.people[last], &self.organization_ids[side]).await;
    }

    async fn disconnect_and_connect(&mut self) {
        self.files.retain(|file| file.upload.is_some());
        let (status, answer) = self.people[0].call("DELETE", "rest/connectors/google_drive", None).await;
        assert_eq!(status, 204, "{answer}");
        self.check(false).await;
        self.house.settle().await;
        for (folder, _) in std::mem::take(&mut self.followed) {
            self.house.control().delete_file(&FileTarget::path(folder)).expect("a deletion");
        }
        self.follow_drive().await;
    }

    /// What a disabled person shares stays where it is, and they themselves are shown nothing.
    async fn disable_for_a_while(&mut self) {
        let person = self.below(self.people.len());
        self.disable(person, true).await;
        self.disabled = Some(person);
        self.check(true).await;
        self.poll().await;
        self.check(true).await;
        self.disable(person, false).await;
        self.disabled = None;
    }

    async fn disable(&self, person: usize, disabled: bool) {
        let path = format!("rest/admin/users/{}", self.people[person].id);
        self.house.as_admin("PATCH", &path, Some(json!({ "disabled": disabled }))).await;
    }

    fn may_see(&self, person: usize, collection: &Collection) -> bool {
        let same_side = self.organizations[person] == self.organizations[collection.owner];
        collection.owner == person || (collection.is_open && same_side)
    }

    /// The names a person should find, in all or in one collection.
    fn expected(&self, person: usize, within: Option<&str>) -> BTreeSet<String> {
        let visible: BTreeSet<&str> = self
            .collections
            .iter()
            .filter(|one| self.may_see(person, one) && within.is_none_or(|uuid| uuid == one.uuid))
            .map(|one| one.uuid.as_str())
            .collect();
        let found = self.files.iter().filter(|file| visible.contains(file.collection.as_str()));
        found.map(|file| file.name.clone()).collect()
    }

    /// Compares what everybody finds with the rules: never more, and with `all` never less.
    async fn check(&self, all: bool) {
        for person in 0..self.people.len() {
            if self.disabled == Some(person) {
                let asked = Some(json!({ "query": "quokka" }));
                let (status, answer) = self.people[person].call("POST", "rest/search", asked).await;
                assert_eq!((status, &answer["error"]["code"]), (403, &json!("user_disabled")), "{answer}");
                continue;
            }
            let expected = self.expected(person, None);
            for query in self.queries.iter().copied() {
                let answer = self.asked(person, query, true).await;
                let names = self.names_in(person, &answer);
                assert!(
                    names.is_subset(&expected),
                    "person {person}, {query:?}: {names:?}, not {expected:?}"
                );
                assert!(!all || names == expected, "person {person}, {query:?}: {names:?}, not {expected:?}");
                if expected.is_empty() && all {
                    assert_eq!(answer["understood"]["respelled"], json!([]), "a word of others is told");
                    assert_eq!(answer["total"], 0, "{answer}");
                }
                if all {
                    self.check_folded(person, query, &answer).await;
                }
            }
            for collection in &self.collections {
                let query = format!("quokka in:\"{}\"", collection.name);
                let names = self.names_in(person, &self.asked(person, &query, true).await);
                let expected = self.expected(person, Some(&collection.uuid));
                assert!(
                    names.is_subset(&expected),
                    "person {person}, {query:?}: {names:?}, not {expected:?}"
                );
                assert!(!all || names == expected, "person {person}, {query:?}: {names:?}, not {expected:?}");
                let path = format!("rest/collections/{}/search", collection.uuid);
                let (status, _) =
                    self.people[person].call("POST", &path, Some(json!({ "query": "quokka" }))).await;
                assert_eq!(status == 200, self.may_see(person, collection), "{status}");
            }
        }
    }

    /// Folding hides nothing and adds nothing: hits and their duplicates are the hits that are told one by one.
    async fn check_folded(&self, person: usize, query: &str, unfolded: &Value) {
        let ids = |answer: &Value| -> BTreeMap<String, u64> {
            let mut met = BTreeMap::new();
            for hit in answer["hits"].as_array().expect("hits") {
                let duplicates = hit["duplicate_ids"].as_array().expect("ids").iter();
                for id in duplicates.chain([&hit["file"]["id"]]) {
                    *met.entry(id.as_str().expect("an id").to_owned()).or_default() += 1;
                }
            }
            met
        };
        let (folded, one_by_one) = (ids(&self.asked(person, query, false).await), ids(unfolded));
        assert!(folded.values().all(|times| *times == 1), "told twice: {folded:?}");
        // A hit names ten duplicates at most.
        assert!(folded.keys().all(|id| one_by_one.contains_key(id)), "{folded:?} {one_by_one:?}");
        assert!(one_by_one.len() > 10 || folded == one_by_one, "{folded:?} {one_by_one:?}");
    }

    async fn asked(&self, person: usize, query: &str, show_duplicates: bool) -> Value {
        let body = json!({ "query": query, "limit": 100, "show_duplicates": show_duplicates });
        self.people[person].ask("POST", "rest/search", Some(body)).await
    }

    /// The names of the files in an answer; each is shown in collections the person may see, and in no other.
    fn names_in(&self, person: usize, answer: &Value) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        for hit in answer["hits"].as_array().expect("hits") {
            for uuid in hit["file"]["collections"].as_array().expect("collections") {
                let known = self.collections.iter().find(|one| *uuid == one.uuid);
                assert!(known.is_some_and(|one| self.may_see(person, one)), "person {person}: {hit}");
            }
            names.insert(hit["file"]["name"].as_str().expect("a name").to_owned());
        }
        names
    }
}

async fn assign(house: &House, person: &Person<'_>, organization: &str) {
    let path = format!("rest/admin/users/{}", person.id);
    house.as_admin("PATCH", &path, Some(json!({ "organization_id": organization }))).await;
}

async fn random_deeds(house: House, seed: u64) {
    let mut world = World::start(&house, seed).await;
    for _ in 0..STEPS {
        world.step().await;
        world.check(false).await;
        world.house.settle().await;
        world.check(true).await;
    }
    assert!(world.made > STEPS / 3, "enough happened");
    drop(world);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn random_deeds_show_nobody_too_much_or_too_little() {
    random_deeds(house().await, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn other_random_deeds_show_nobody_too_much_or_too_little() {
    random_deeds(house().await, 20_260_101).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn random_deeds_show_nobody_too_much_or_too_little_by_meaning() {
    let embedder: Arc<dyn Embedder> = Arc::new(Concepts::default());
    random_deeds(House::start(HouseOptions { embedder: Some(embedder), ..options() }).await, 3).await;
}
