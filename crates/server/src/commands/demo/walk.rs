//! The main job, step by step, visibly, by the public API only.

use std::time::Duration;

use gangway_effects::{Clock, SystemClock};
use gangway_emulators::google::{Control, FileTarget};
use serde_json::json;

use super::folder::{Access, DemoFolder};
use super::{consent, story};
use crate::client::wire::{AuthorizeAnswer, Collection, Connector, File, Found, SyncStarted};
use crate::commands::{collections, search, sync};
use crate::failure::Failure;
use crate::output::{self, progress::Waiting, styled, words};

const CONNECTOR: &str = "google_drive";
/// How long a live change may take to become searchable before the walk goes on without it.
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// A walk through the main job.
pub struct Walk<'a> {
    access: Access,
    folder: &'a DemoFolder,
    drive: Control,
}

impl<'a> Walk<'a> {
    pub fn new(access: Access, folder: &'a DemoFolder, drive: Control) -> Self {
        Self { access, folder, drive }
    }

    pub fn introduce(&self) {
        output::line(styled("Gangway demo", "1"));
        output::line(format!("  gangway          {}", self.access.url));
        output::line(format!("  emulated Google  {}", self.access.emulator));
        output::line(format!("  data folder      {}", self.folder.path.display()));
        output::line(format!("  keys             {}", self.access.env_file.display()));
    }

    pub async fn go(&self) -> Result<(), Failure> {
        self.connect().await?;
        let top = self.list().await?;
        let collection = self.sync(&top).await?;
        self.search(&collection).await?;
        self.change(&collection).await
    }

    async fn connect(&self) -> Result<(), Failure> {
        step(1, "Connect Google Drive");
        let client = &self.access.client;
        let started: AuthorizeAnswer =
            client.post(&["connectors", CONNECTOR, "authorize"]).json(&json!({})).read().await?;
        told("POST /rest/connectors/google_drive/authorize", "the address of the consent page");
        let consented = consent::allow(&started.auth_url).await?;
        told("the emulated consent page", "Allow is pressed, as a person would; a code comes back");
        let body = json!({ "code": consented.code, "state": consented.state });
        client.post(&["connectors", CONNECTOR, "token"]).json(&body).send().await?;
        let connector: Connector = client.get(&["connectors", CONNECTOR]).read().await?;
        let person = connector.person().unwrap_or("somebody").to_owned();
        told(
            "POST /rest/connectors/google_drive/token",
            &format!("connected as {person}; the grant is sealed in the vault"),
        );
        Ok(())
    }

    async fn list(&self) -> Result<Vec<File>, Failure> {
        step(2, "Look around");
        let path = ["connectors", CONNECTOR, "files"];
        let top: Vec<File> = self.access.client.list_all(&path, &[], "files", 1000).await?;
        told(
            "GET /rest/connectors/google_drive/files",
            &words::count(top.len() as u64, "entry").replace("entrys", "entries"),
        );
        for file in &top {
            let slash = if file.is_folder() { "/" } else { "" };
            output::line(output::safe(&format!("       {}{slash}", file.name)));
        }
        Ok(top)
    }

    async fn sync(&self, top: &[File]) -> Result<Collection, Failure> {
        step(3, "Sync all of it, and keep following");
        let client = &self.access.client;
        let (collection, _) = collections::find_or_create(client, story::COLLECTION).await?;
        let ids: Vec<&str> = top.iter().map(|file| file.id.as_str()).collect();
        let body = json!({ "file_ids": ids, "collection_uuid": collection.uuid, "sync_mode": "auto" });
        let started: SyncStarted = client.post(&["connectors", CONNECTOR, "sync"]).json(&body).read().await?;
        told("POST /rest/connectors/google_drive/sync", &format!("into the collection {}", collection.name));
        let job = sync::watch(client, CONNECTOR, &started.job_id, false).await?;
        // A file that cannot be read is part of life, and part of the walk.
        match sync::report(client, CONNECTOR, &job, false).await {
            Err(failure) if job.files_synced == 0 => Err(failure),
            _ => Ok(collection),
        }
    }

    async fn search(&self, collection: &Collection) -> Result<(), Failure> {
        step(4, "Search");
        for question in story::QUESTIONS {
            let found = self.ask(collection, question, 2).await?;
            told("POST /rest/search", &format!("{question:?}"));
            if found.hits.is_empty() {
                output::line("       nothing found");
            }
            for (index, hit) in found.hits.iter().enumerate() {
                search::print_hit(index + 1, hit);
            }
        }
        Ok(())
    }

    /// Writes a file at the source and waits until a search finds it.
    async fn change(&self, collection: &Collection) -> Result<(), Failure> {
        step(5, "Change something at the source");
        self.drive.write_text(&FileTarget::path(story::NEW_FILE), story::NEW_TEXT)?;
        told(
            &format!("{} is written in the Drive", story::NEW_FILE),
            &format!("asking {:?} until it is found", story::NEW_QUESTION),
        );
        let name = story::NEW_FILE.rsplit('/').next().unwrap_or_default();
        let start = SystemClock.now();
        let waiting = Waiting::start("       waiting for the change feed", false);
        let found = loop {
            let found = self.ask(collection, story::NEW_QUESTION, 1).await?;
            let is_there = found.hits.first().is_some_and(|hit| hit.file.name == name);
            if is_there
                || SystemClock.now() - start > chrono::TimeDelta::from_std(PATIENCE).unwrap_or_default()
            {
                break found;
            }
            SystemClock.sleep(LOOK_EVERY).await;
        };
        waiting.finish();
        let seconds = (SystemClock.now() - start).num_milliseconds() as f64 / 1000.0;
        match found.hits.first().filter(|hit| hit.file.name == name) {
            Some(hit) => {
                output::line(format!("     found {seconds:.1} s after it was written"));
                search::print_hit(1, hit);
            }
            None => output::line(format!(
                "     not found after {seconds:.0} s; it will be, once the next poll succeeds"
            )),
        }
        Ok(())
    }

    async fn ask(&self, collection: &Collection, question: &str, limit: u32) -> Result<Found, Failure> {
        let body = json!({
            "query": question,
            "limit": limit,
            "filters": { "collections": [collection.uuid] },
        });
        self.access.client.post(&["search"]).json(&body).read().await
    }

    pub fn what_next(&self) {
        let env = self.access.env_file.display();
        let program = std::env::args().next().unwrap_or_else(|| "gangway".to_owned());
        output::line(format!("\n{}", styled("Try next, in another terminal", "1")));
        output::line(format!("  set -a; . {env}; set +a"));
        output::line(format!("  {program} status"));
        output::line(format!("  {program} ls google_drive"));
        output::line(format!("  {program} search \"warehouse lease\""));
        output::line(format!("  {program} why \"Team/Staff survey\""));
        output::line(format!("  {program} upload README.md --collection \"My files\""));
        output::line(format!(
            "  {program} connect google_drive      # click through the consent page yourself"
        ));
        output::line("  curl -s -H \"Authorization: Bearer $GANGWAY_TOKEN\" $GANGWAY_URL/rest/connectors");
        output::line(
            "  curl -s -H \"Authorization: Bearer $GANGWAY_TOKEN\" -H 'Content-Type: application/json' \\",
        );
        output::line("       -d '{\"query\":\"refund\"}' $GANGWAY_URL/rest/search");
        output::line(format!("  metrics {0}/metrics   api {0}/openapi.json", self.access.url));
    }
}

fn step(number: u32, title: &str) {
    output::line(format!("\n{}", styled(&format!("{number}. {title}"), "1")));
}

fn told(what: &str, outcome: &str) {
    output::line(output::safe(&format!("   {what}  ->  {outcome}")));
}
