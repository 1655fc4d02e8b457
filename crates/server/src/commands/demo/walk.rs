//! The main job, step by step, visibly, by the public API only.

use std::cell::Cell;
use std::time::Duration;

use gangway_connector::Descriptor;
use gangway_effects::{Clock, SystemClock};
use serde_json::json;

use super::emulators::Emulators;
use super::folder::{Access, DemoFolder};
use super::story::{CHAPTERS, Chapter};
use super::{consent, story};
use crate::client::wire::{AuthorizeAnswer, Collection, Connector, File, Found, Hit, SyncStarted};
use crate::commands::{collections, search, sync};
use crate::failure::Failure;
use crate::output::{self, progress::Waiting, styled, words};

/// How long a live change may take to become searchable before the walk goes on without it.
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// Hits among which the best of every source is looked for.
const DEEP: u32 = 30;

/// A walk through the main job.
pub struct Walk<'a> {
    access: Access,
    folder: &'a DemoFolder,
    emulators: &'a Emulators,
    steps: Cell<u32>,
}

/// A chapter whose connector this build has, and what the registry says of it.
#[derive(Clone, Copy)]
struct Scene {
    chapter: &'static Chapter,
    descriptor: &'static Descriptor,
    /// Shown call by call. The others are the same, so their calls are told in fewer lines.
    at_length: bool,
}

fn scenes() -> Vec<Scene> {
    let built: Vec<_> = crate::descriptors().into_iter().filter(|one| one.is_built()).collect();
    let told = CHAPTERS.iter().filter_map(|chapter| {
        let descriptor = built.iter().copied().find(|one| one.id == chapter.connector)?;
        Some((chapter, descriptor))
    });
    let scene = |(at, (chapter, descriptor))| Scene { chapter, descriptor, at_length: at == 0 };
    told.enumerate().map(scene).collect()
}

impl<'a> Walk<'a> {
    pub fn new(access: Access, folder: &'a DemoFolder, emulators: &'a Emulators) -> Self {
        Self { access, folder, emulators, steps: Cell::new(0) }
    }

    pub fn introduce(&self) {
        let row = |name: &str, value: &str| output::line(format!("  {name:<18} {value}"));
        output::line(styled("Gangway demo", "1"));
        row("gangway", &self.access.url);
        for emulated in self.emulators.all() {
            row(&format!("emulated {}", emulated.name), &emulated.address);
        }
        row("data folder", &self.folder.path.display().to_string());
        row("keys", &self.access.env_file.display().to_string());
        if !self.access.webhooks.is_empty() {
            let names = self.access.webhooks.join(", ");
            row(
                "webhooks",
                &format!("addresses entered at {names}, as `gangway webhooks` tells an operator to"),
            );
        }
    }

    pub async fn go(&self) -> Result<(), Failure> {
        let scenes = scenes();
        let (collection, _) = collections::find_or_create(&self.access.client, story::COLLECTION).await?;
        for scene in &scenes {
            self.connect(scene).await?;
            let top = self.list(scene).await?;
            self.sync(scene, &top, &collection).await?;
            self.search(scene, &collection).await?;
        }
        self.search_everywhere(&collection).await?;
        self.step("Change something at the source");
        for scene in &scenes {
            self.change(scene, &collection).await?;
        }
        Ok(())
    }

    async fn connect(&self, scene: &Scene) -> Result<(), Failure> {
        let Scene { chapter, descriptor, at_length } = *scene;
        let (id, name) = (descriptor.id, descriptor.name);
        self.step(&if at_length { format!("Connect {name}") } else { format!("The same with {name}") });
        let client = &self.access.client;
        let started: AuthorizeAnswer =
            client.post(&["connectors", id, "authorize"]).json(&json!({})).read().await?;
        if at_length {
            told(&format!("POST /rest/connectors/{id}/authorize"), "the address of the consent page");
        }
        let consented = consent::allow(&started.auth_url, chapter.withheld).await?;
        told("the emulated consent page", chapter.consent);
        let body = json!({ "code": consented.code, "state": consented.state });
        client.post(&["connectors", id, "token"]).json(&body).send().await?;
        let connector: Connector = client.get(&["connectors", id]).read().await?;
        let person = connector.person().unwrap_or("somebody").to_owned();
        let sealed = if at_length { "; the grant is sealed in the vault" } else { "" };
        told(&format!("POST /rest/connectors/{id}/token"), &format!("connected as {person}{sealed}"));
        Ok(())
    }

    async fn list(&self, scene: &Scene) -> Result<Vec<File>, Failure> {
        let id = scene.descriptor.id;
        if scene.at_length {
            self.step("Look around");
        }
        let path = ["connectors", id, "files"];
        let top: Vec<File> = self.access.client.list_all(&path, &[], "files", 1000).await?;
        let entries = words::count(top.len() as u64, "entry").replace("entrys", "entries");
        let names: Vec<String> = top.iter().map(shown_name).collect();
        let call = format!("GET /rest/connectors/{id}/files");
        if scene.at_length {
            told(&call, &entries);
            for name in names {
                output::line(output::safe(&format!("       {name}")));
            }
        } else {
            told(&call, &format!("{entries}: {}", names.join(", ")));
        }
        Ok(top)
    }

    async fn sync(&self, scene: &Scene, top: &[File], collection: &Collection) -> Result<(), Failure> {
        let id = scene.descriptor.id;
        if scene.at_length {
            self.step("Sync all of it, and keep following");
        }
        let client = &self.access.client;
        let root = top.iter().find(|file| scene.chapter.root == Some(&file.name));
        let ids: Vec<&str> = match root {
            Some(root) => vec![&root.id],
            None => top.iter().map(|file| file.id.as_str()).collect(),
        };
        let body = json!({ "file_ids": ids, "collection_uuid": collection.uuid, "sync_mode": "auto" });
        let started: SyncStarted = client.post(&["connectors", id, "sync"]).json(&body).read().await?;
        let what = root.map_or_else(|| "all of it".to_owned(), shown_name);
        let outcome = format!("{what}, into the collection {}", collection.name);
        told(&format!("POST /rest/connectors/{id}/sync"), &outcome);
        let job = sync::watch(client, id, &started.job_id, false).await?;
        // A file that cannot be read is part of life, and part of the walk.
        match sync::report(client, id, &job, false).await {
            Err(failure) if job.files_synced == 0 => Err(failure),
            _ => Ok(()),
        }
    }

    async fn search(&self, scene: &Scene, collection: &Collection) -> Result<(), Failure> {
        if scene.at_length {
            self.step("Search");
        }
        let limit = if scene.at_length { 2 } else { 1 };
        let only = (!scene.at_length).then_some(scene.descriptor.id);
        for question in scene.chapter.questions {
            let found = self.ask(collection, only, question, limit).await?;
            asked(question, "");
            print_hits(&found.hits);
        }
        Ok(())
    }

    /// One question to all sources, and the best that each has to say.
    async fn search_everywhere(&self, collection: &Collection) -> Result<(), Failure> {
        self.step("Search all of it");
        let mut found = self.ask(collection, None, story::COMMON_QUESTION, DEEP).await?;
        let mut sources = Vec::new();
        found.hits.retain(|hit| {
            let is_first = !sources.contains(&hit.file.connector_id);
            if is_first {
                sources.push(hit.file.connector_id.clone());
            }
            is_first
        });
        let sources = words::count(sources.len() as u64, "source");
        asked(story::COMMON_QUESTION, &format!(": answers from {sources}, the best of each"));
        print_hits(&found.hits);
        Ok(())
    }

    /// Changes something at the source and waits until a search finds it.
    async fn change(&self, scene: &Scene, collection: &Collection) -> Result<(), Failure> {
        let change = &scene.chapter.change;
        let id = scene.descriptor.id;
        (change.make)(self.emulators)?;
        told(change.what, &format!("asking {:?} until it is found", change.question));
        let start = SystemClock.now();
        let patience = chrono::TimeDelta::from_std(PATIENCE).unwrap_or_default();
        let waiting = Waiting::start("       waiting for the change feed", false);
        let answer = loop {
            let found = self.ask(collection, Some(id), change.question, 1).await?;
            let answer = found.hits.into_iter().find(|hit| hit.file.name.contains(change.name));
            if answer.is_some() || SystemClock.now() - start > patience {
                break answer;
            }
            SystemClock.sleep(LOOK_EVERY).await;
        };
        waiting.finish();
        let seconds = (SystemClock.now() - start).num_milliseconds() as f64 / 1000.0;
        match answer {
            Some(hit) => {
                let connector: Connector = self.access.client.get(&["connectors", id]).read().await?;
                let told_by = match connector.sync.as_ref().map(|sync| sync.mode.as_str()) {
                    Some("webhook") => "a webhook told of it",
                    _ => "a poll saw it",
                };
                output::line(format!("     found {seconds:.1} s later; {told_by}"));
                search::print_hit(1, &hit);
            }
            None => output::line(format!(
                "     not found after {seconds:.0} s; it will be, once the next poll succeeds"
            )),
        }
        Ok(())
    }

    async fn ask(
        &self,
        collection: &Collection,
        connector: Option<&str>,
        question: &str,
        limit: u32,
    ) -> Result<Found, Failure> {
        let mut filters = json!({ "collections": [collection.uuid] });
        if let Some(connector) = connector {
            filters["connectors"] = json!([connector]);
        }
        let body = json!({ "query": question, "limit": limit, "filters": filters });
        self.access.client.post(&["search"]).json(&body).read().await
    }

    /// What to do now: where nothing was walked through, nothing is connected yet.
    pub fn what_next(&self, walked: bool) {
        let env = self.access.env_file.display();
        let program = std::env::args().next().unwrap_or_else(|| "gangway".to_owned());
        let run = |rest: &str| output::line(format!("  {program} {rest}"));
        output::line(format!("\n{}", styled("See it in a browser", "1")));
        output::line(format!("  {}/console/      sign in with GANGWAY_TOKEN from {env}", self.access.url));
        output::line("                 or with GANGWAY_ADMIN_KEY, as the operator");
        output::line(format!("\n{}", styled("Try next, in another terminal", "1")));
        output::line(format!("  set -a; . {env}; set +a"));
        run("status");
        match walked {
            true => self.look_around(run),
            false => self.begin(run),
        }
        output::line("  curl -s -H \"Authorization: Bearer $GANGWAY_TOKEN\" $GANGWAY_URL/rest/connectors");
        output::line(
            "  curl -s -H \"Authorization: Bearer $GANGWAY_TOKEN\" -H 'Content-Type: application/json' \\",
        );
        output::line("       -d '{\"query\":\"refund\"}' $GANGWAY_URL/rest/search");
        output::line(format!("  metrics {0}/metrics   api {0}/openapi.json", self.access.url));
    }

    fn look_around(&self, run: impl Fn(&str)) {
        for scene in scenes() {
            run(&format!("ls {}", scene.descriptor.id));
        }
        run("search \"warehouse lease\"");
        for scene in scenes().iter().filter(|scene| !scene.at_length) {
            let question = scene.chapter.questions[0];
            run(&format!("search --connector {} \"{question}\"", scene.descriptor.id));
        }
        run("why \"Team/Staff survey\"");
        run("webhooks");
        run("upload README.md --collection \"My files\"");
        run("connect google_drive      # click through the consent page yourself");
    }

    fn begin(&self, run: impl Fn(&str)) {
        let Some(first) = scenes().into_iter().next() else { return };
        let id = first.descriptor.id;
        run(&format!("connect {id}      # click through the consent page yourself"));
        run(&format!("ls {id}"));
        run(&format!("sync {id} Policies --collection \"{}\" --auto", story::COLLECTION));
        run(&format!("search \"{}\"", first.chapter.questions[0]));
        run("upload README.md --collection \"My files\"");
        run("webhooks");
    }

    fn step(&self, title: &str) {
        self.steps.set(self.steps.get() + 1);
        output::line(format!("\n{}", styled(&format!("{}. {title}", self.steps.get()), "1")));
    }
}

fn shown_name(file: &File) -> String {
    let slash = if file.is_folder() { "/" } else { "" };
    format!("{}{slash}", file.name)
}

fn print_hits(hits: &[Hit]) {
    if hits.is_empty() {
        output::line("       nothing found");
    }
    for (index, hit) in hits.iter().enumerate() {
        search::print_hit(index + 1, hit);
    }
}

fn asked(question: &str, more: &str) {
    told("POST /rest/search", &format!("{question:?}{more}"));
}

fn told(what: &str, outcome: &str) {
    output::line(output::safe(&format!("   {what}  ->  {outcome}")));
}
