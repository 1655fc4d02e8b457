//! The in-process handle: the same deeds as the control API, for tests and the demo.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::ids::{self, Id};
use super::seeding;
use super::state::{Notion, Switches};
use super::webhooks::{NewSubscription, Subscription};
use super::workspace::{Hand, Index, Kind, Person, Target, Workspace};
use crate::kernel::clock::rfc3339;
use crate::kernel::control::Kernel;
use crate::kernel::json::merge;
use crate::kernel::seed::Seed;

/// A handle on a running emulated Notion. Deeds that change content must run within a Tokio runtime.
#[derive(Clone)]
pub struct Control {
    notion: Arc<Notion>,
}

/// Clock, faults, calls, clients, grants and webhooks are the kernel's.
impl Deref for Control {
    type Target = Kernel;

    fn deref(&self) -> &Kernel {
        &self.notion.kernel
    }
}

/// Many pages at once: under a page, at the top, or as rows of a data source.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Generate {
    pub parent: Option<Target>,
    pub count: u32,
    /// Characters of text in each page.
    #[serde(default)]
    pub size: usize,
    #[serde(default = "default_prefix")]
    pub prefix: String,
}

fn default_prefix() -> String {
    "Page ".to_owned()
}

/// What a deed says about the thing it touched.
#[derive(Debug, Clone, Serialize)]
pub struct Summary {
    pub id: String,
    /// `page`, `database`, `data_source` or `block`.
    pub kind: &'static str,
    pub title: String,
    pub parent: Option<String>,
    pub children: Vec<String>,
    pub in_trash: bool,
    pub created: String,
    pub edited: String,
}

fn summary(store: &Workspace, index: Index) -> Summary {
    let node = store.node(index);
    Summary {
        id: ids::show(node.id),
        kind: match node.kind {
            Kind::Page => "page",
            Kind::Database => "database",
            Kind::DataSource => "data_source",
            Kind::Block => "block",
        },
        title: store.plain_title(index),
        parent: node.parent.map(|parent| ids::show(store.node(parent).id)),
        children: node.children.iter().take(1000).map(|child| ids::show(store.node(*child).id)).collect(),
        in_trash: store.in_trash(index),
        created: rfc3339(node.created_ms),
        edited: rfc3339(node.edited_ms),
    }
}

fn no_files(_: &str) -> Option<bytes::Bytes> {
    None
}

impl Control {
    pub(super) fn new(notion: Arc<Notion>) -> Self {
        Self { notion }
    }

    pub fn switches(&self) -> Switches {
        self.notion.switches()
    }

    pub fn set_switches(&self, change: impl FnOnce(&mut Switches)) {
        let mut switches = self.notion.switches();
        change(&mut switches);
        self.notion.set_switches(switches);
    }

    /// Changes only the named switches.
    pub fn merge_switches(&self, wish: &Value) -> anyhow::Result<Switches> {
        let mut value = serde_json::to_value(self.switches())?;
        merge(&mut value, wish);
        let switches: Switches = serde_json::from_value(value)?;
        self.notion.set_switches(switches.clone());
        Ok(switches)
    }

    /// Moves the clock forward; events whose window closes leave.
    pub fn advance_clock(&self, by: Duration) {
        self.notion.kernel.advance_clock(by);
        self.notion.release(false);
    }

    /// Sends every gathered event now and waits until every message is delivered or given up.
    pub async fn flush_webhooks(&self) {
        self.notion.release(true);
        self.notion.kernel.flush_webhooks().await;
    }

    /// Sends the gathered events whose window has closed.
    pub fn release_due(&self) {
        self.notion.release(false);
    }

    pub fn release_all(&self) {
        self.notion.release(true);
    }

    /// Returns to the starting data, or to another seed.
    pub fn reset(&self, seed: Option<&Seed>) -> anyhow::Result<()> {
        self.notion.kernel.reset();
        self.notion.reset_hooks();
        self.notion.limits.reset();
        self.notion.snapshots.clear();
        self.notion.set_switches(Switches::default());
        seeding::load(&self.notion, seed.unwrap_or(&self.notion.seed))
    }

    // People and connections.

    pub fn list_accounts(&self) -> Vec<(String, String)> {
        let store = self.notion.read();
        store.people.iter().map(|person| (person.email.clone(), person.name.clone())).collect()
    }

    pub fn add_account(&self, email: &str, name: &str, guest: bool) -> anyhow::Result<()> {
        self.notion.change(|store, _| {
            anyhow::ensure!(store.find_person(email).is_none(), "{email} is there already");
            store.people.push(Person {
                id: ids::of_key("person", email),
                email: email.to_owned(),
                name: name.to_owned(),
                avatar_url: None,
                guest,
                deactivated: false,
            });
            Ok(())
        })
    }

    /// Takes a person out of the workspace, or lets them in again.
    pub fn set_deactivated(&self, email: &str, deactivated: bool) -> anyhow::Result<()> {
        self.notion.change(|store, _| {
            let person = store.people.iter_mut().find(|person| person.email == email);
            person.context("no such person")?.deactivated = deactivated;
            Ok(())
        })
    }

    pub fn list_bots(&self) -> Value {
        let store = self.notion.read();
        let bots = store.bots.values().map(|bot| {
            json!({
                "id": ids::show(bot.id), "account": bot.email, "client_id": bot.client_id, "live": bot.live,
                "shared": bot.shared.iter().map(|id| ids::show(*id)).collect::<Vec<_>>(),
                "denied": bot.denied.iter().map(|id| ids::show(*id)).collect::<Vec<_>>(),
                "granted": rfc3339(bot.granted_ms),
            })
        });
        Value::Array(bots.collect())
    }

    /// Removes the connection in the workspace's settings: everything answers 401 from now on.
    pub fn disconnect(&self, bot: &str) -> anyhow::Result<()> {
        self.notion.change(|store, _| {
            let id = ids::parse(bot).context("not an id")?;
            store.bots.get_mut(&id).context("no such bot")?.live = false;
            Ok(())
        })
    }

    /// Makes every cursor invalid.
    pub fn expire_cursors(&self) {
        self.notion.snapshots.clear();
    }

    // Pages, blocks, databases.

    fn change<T>(
        &self,
        by: Option<&str>,
        change: impl FnOnce(&mut Workspace, &Hand<'_>) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        self.notion.change(|store, now_ms| {
            let email = by.or(store.people.first().map(|person| person.email.as_str()));
            let by = email.map_or(0, |email| ids::of_key("person", email));
            change(store, &Hand { by, now_ms, files: &no_files, keep_time: false })
        })
    }

    pub fn find(&self, target: &Target) -> anyhow::Result<Summary> {
        let store = self.notion.read();
        Ok(summary(&store, store.resolve(target)?))
    }

    /// Makes a page from a wish as in seeds: `title`, `icon`, `blocks`, `properties` …
    pub fn create_page(&self, parent: Option<&Target>, wish: &Value) -> anyhow::Result<Summary> {
        self.change(wish["by"].as_str(), |store, hand| {
            let parent = parent.map(|parent| store.resolve(parent)).transpose()?;
            let parent = parent.map(|parent| table_of(store, parent)).transpose()?;
            let index = store.create_page(parent, None, wish, hand)?;
            Ok(summary(store, index))
        })
    }

    /// Adds rows to a data source, or to the first one of a database.
    pub fn add_rows(&self, table: &Target, rows: &[Value]) -> anyhow::Result<Vec<Summary>> {
        rows.iter().map(|row| self.create_page(Some(table), row)).collect()
    }

    pub fn edit_page(&self, target: &Target, wish: &Value) -> anyhow::Result<Summary> {
        self.change(wish["by"].as_str(), |store, hand| {
            let index = store.resolve(target)?;
            match store.node(index).kind {
                Kind::Page => store.edit_page(index, wish, hand)?,
                Kind::Block => bail!("this is a block"),
                _ => store.edit_table(index, wish, hand)?,
            }
            Ok(summary(store, index))
        })
    }

    pub fn rename(&self, target: &Target, title: &str) -> anyhow::Result<Summary> {
        self.edit_page(target, &json!({"title": title}))
    }

    /// Hangs a page or database elsewhere; without a parent, at the top of the workspace.
    pub fn move_to(&self, target: &Target, parent: Option<&Target>) -> anyhow::Result<Summary> {
        self.change(None, |store, hand| {
            let index = store.resolve(target)?;
            let parent = parent.map(|parent| store.resolve(parent)).transpose()?;
            let parent = parent.map(|parent| table_of(store, parent)).transpose()?;
            store.move_node(index, parent, hand)?;
            Ok(summary(store, index))
        })
    }

    pub fn set_trashed(&self, target: &Target, trashed: bool) -> anyhow::Result<Summary> {
        self.change(None, |store, hand| {
            let index = store.resolve(target)?;
            store.set_trashed(index, trashed, hand);
            Ok(summary(store, index))
        })
    }

    pub fn trash(&self, target: &Target) -> anyhow::Result<Summary> {
        self.set_trashed(target, true)
    }

    pub fn restore(&self, target: &Target) -> anyhow::Result<Summary> {
        self.set_trashed(target, false)
    }

    /// Deletes for good, with everything below. Nobody is told.
    pub fn delete(&self, target: &Target) -> anyhow::Result<()> {
        self.change(None, |store, _| {
            let index = store.resolve(target)?;
            store.destroy(index);
            Ok(())
        })
    }

    /// Shares a page with the connections of an account, or with all of them.
    pub fn share(&self, target: &Target, account: Option<&str>) -> anyhow::Result<usize> {
        self.set_shared(target, account, true)
    }

    /// Takes a page away from the connections of an account, or from all of them.
    pub fn unshare(&self, target: &Target, account: Option<&str>) -> anyhow::Result<usize> {
        self.set_shared(target, account, false)
    }

    fn set_shared(&self, target: &Target, account: Option<&str>, shared: bool) -> anyhow::Result<usize> {
        self.change(None, |store, hand| {
            let index = store.resolve(target)?;
            let id = store.node(index).id;
            let mut count = 0;
            for bot in store.bots.values_mut() {
                if !bot.live || account.is_some_and(|account| account != bot.email) {
                    continue;
                }
                count += 1;
                if shared {
                    bot.denied.remove(&id);
                    bot.shared.insert(id);
                    bot.shared_ms = hand.now_ms;
                } else {
                    bot.shared.remove(&id);
                    bot.denied.insert(id);
                }
            }
            Ok(count)
        })
    }

    /// Appends blocks, after a given child or at the end.
    pub fn append_blocks(
        &self,
        target: &Target,
        blocks: &[Value],
        after: Option<&str>,
    ) -> anyhow::Result<Vec<Summary>> {
        self.change(None, |store, hand| {
            let index = store.resolve(target)?;
            store.settle(index);
            let at = match after {
                Some(after) => {
                    let block = store.resolve(&Target::id(after))?;
                    Some(store.place_of(block).context("the block hangs nowhere")? + 1)
                }
                None => None,
            };
            let made = store.add_blocks(index, blocks, at, hand)?;
            Ok(made.into_iter().map(|index| summary(store, index)).collect())
        })
    }

    /// Replaces the blocks of a page; sub-pages and databases stay.
    pub fn replace_blocks(&self, target: &Target, blocks: &[Value]) -> anyhow::Result<Summary> {
        self.change(None, |store, hand| {
            let index = store.resolve(target)?;
            store.replace_blocks(index, blocks, hand)?;
            Ok(summary(store, index))
        })
    }

    pub fn edit_block(&self, target: &Target, wish: &Value) -> anyhow::Result<Summary> {
        self.change(wish["by"].as_str(), |store, hand| {
            let index = store.resolve(target)?;
            store.edit_block(index, wish, hand)?;
            Ok(summary(store, index))
        })
    }

    pub fn remove_block(&self, target: &Target) -> anyhow::Result<()> {
        self.change(None, |store, hand| {
            let index = store.resolve(target)?;
            store.remove_block(index, hand)
        })
    }

    /// Makes a database: `title`, `properties` and `rows`, or `data_sources` with these.
    pub fn create_database(&self, parent: Option<&Target>, wish: &Value) -> anyhow::Result<Summary> {
        self.change(wish["by"].as_str(), |store, hand| {
            let parent = parent.map(|parent| store.resolve(parent)).transpose()?;
            let index = store.create_database(parent, None, wish, hand)?;
            Ok(summary(store, index))
        })
    }

    pub fn add_data_source(&self, database: &Target, wish: &Value) -> anyhow::Result<Summary> {
        self.change(wish["by"].as_str(), |store, hand| {
            let database = store.resolve(database)?;
            if store.node(database).kind != Kind::Database {
                bail!("not a database");
            }
            let index = store.create_source(database, wish, hand)?;
            Ok(summary(store, index))
        })
    }

    pub fn add_comment(&self, target: &Target, text: &str, by: Option<&str>) -> anyhow::Result<String> {
        self.change(by, |store, hand| {
            let index = store.resolve(target)?;
            let on = store.node(index).id;
            Ok(ids::show(store.add_comment(on, None, &json!(text), hand)?))
        })
    }

    /// Changes a comment's words, or resolves and reopens its thread.
    pub fn edit_comment(&self, id: &str, text: Option<&str>, resolved: Option<bool>) -> anyhow::Result<()> {
        let words = text.map(|text| json!(text));
        self.change(None, |store, hand| {
            store.edit_comment(ids::of_reference(id), words.as_ref(), resolved, hand)
        })
    }

    pub fn delete_comment(&self, id: &str) -> anyhow::Result<()> {
        self.change(None, |store, hand| store.delete_comment(ids::of_reference(id), hand))
    }

    /// Makes many pages whose content is made when it is read.
    pub fn generate(&self, wish: &Generate) -> anyhow::Result<Vec<Id>> {
        self.change(None, |store, hand| {
            let parent = wish.parent.as_ref().map(|parent| store.resolve(parent)).transpose()?;
            let parent = parent.map(|parent| table_of(store, parent)).transpose()?;
            Ok(store.generate(parent, wish.count, &wish.prefix, wish.size, hand))
        })
    }

    // Webhooks.

    pub fn subscribe(&self, wish: &NewSubscription) -> anyhow::Result<Subscription> {
        self.notion.subscribe(wish)
    }

    pub fn verify_subscription(&self, id: &str, token: &str) -> anyhow::Result<Subscription> {
        self.notion.verify(id, token)
    }

    pub fn resend_token(&self, id: &str) -> anyhow::Result<()> {
        self.notion.resend_token(id)
    }

    pub fn unsubscribe(&self, id: &str) -> anyhow::Result<()> {
        self.notion.unsubscribe(id)
    }

    pub fn list_subscriptions(&self) -> Vec<Subscription> {
        self.notion.subscriptions()
    }

    pub fn waiting_events(&self) -> usize {
        self.notion.waiting_events()
    }
}

/// Rows live in data sources: a database stands for its first one.
fn table_of(store: &Workspace, index: Index) -> anyhow::Result<Index> {
    if store.node(index).kind != Kind::Database {
        return Ok(index);
    }
    let children = store.node(index).children.iter().copied();
    let mut sources = children.filter(|child| store.node(*child).kind == Kind::DataSource);
    sources.next().context("the database has no data source")
}
