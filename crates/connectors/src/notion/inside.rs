//! What is directly inside a page (pages, databases and files between its blocks, files in its properties) and
//! inside a database (its data sources).
//!
//! The blocks are a tree, of which a page token holds what is still to be read.

use gangway_connector::{ConnectorError, Disposition, Entry, EntryPage};
use gangway_model::ProviderItemId;
use serde::{Deserialize, Serialize};

use super::ancestry::is_not_this_kind;
use super::api::Api;
use super::entries;
use super::error::trashed;
use super::files;
use super::listing::{Measure, Onward};
use super::walk::{ODD_BLOCK, Walked};
use super::wire::{Block, Database, Page};

/// Blocks whose children wait to be read. More than that is no page that anybody wrote.
const MOST_PENDING: usize = 2_000;
/// What is taken from a content that was just read; larger pages are listed in parts.
const MOST_KEPT: usize = 500;

/// What stands on a page, as reading its content showed it.
pub struct Inside {
    /// Its blocks that are items by themselves.
    blocks: Vec<Block>,
    /// The files in its properties.
    files: Vec<Entry>,
}

impl Inside {
    /// Picks them out of a page's content; `None` when it may not be all.
    pub fn of(page: &Page, walked: &Walked) -> Option<Self> {
        if walked.truncated || walked.unshown.contains_key(ODD_BLOCK) {
            return None;
        }
        let own = walked.nodes.iter().filter(|node| !node.is_foreign).map(|node| &node.block);
        let blocks: Vec<Block> = own.filter(|block| kind_of(block).is_some()).cloned().collect();
        (blocks.len() <= MOST_KEPT).then(|| Self { blocks, files: files::property_entries(page) })
    }
}

enum BlockItem {
    Page,
    Database,
    File,
}

fn kind_of(block: &Block) -> Option<BlockItem> {
    match block.kind.as_str() {
        "child_page" => Some(BlockItem::Page),
        "child_database" => Some(BlockItem::Database),
        _ => files::FileLink::of_block(block).map(|_| BlockItem::File),
    }
}

/// How far the listing of a page has come.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct InPage {
    /// Files of its properties that were listed; `None` when all were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    files: Option<usize>,
    /// Blocks whose children are still to be read, each with the cursor within them.
    open: Vec<(String, Option<String>)>,
}

/// Lists what the page's content showed a moment ago, without asking for it again.
pub async fn list_kept(api: &Api, page: &str, inside: Inside) -> Result<EntryPage, ConnectorError> {
    let mut listed = EntryPage { entries: inside.files, ..EntryPage::default() };
    for block in &inside.blocks {
        add(api, page, block, &mut listed).await?;
    }
    Ok(listed)
}

pub async fn list_page(api: &Api, page: &Page, measure: Measure) -> Result<EntryPage, ConnectorError> {
    let at = InPage { files: Some(0), open: vec![(page.id.clone(), None)] };
    read_on(api, &page.id, Some(page), at, measure).await
}

pub async fn go_on(api: &Api, page: &str, at: InPage, measure: Measure) -> Result<EntryPage, ConnectorError> {
    match at.files {
        None => read_on(api, page, None, at, measure).await,
        Some(_) => {
            let page = api.page(page).await?;
            if page.is_trashed() {
                return Err(trashed());
            }
            read_on(api, &page.id, Some(&page), at, measure).await
        }
    }
}

async fn read_on(
    api: &Api,
    id: &str,
    page: Option<&Page>,
    mut at: InPage,
    measure: Measure,
) -> Result<EntryPage, ConnectorError> {
    let mut listed = EntryPage::default();
    if let (Some(page), Some(done)) = (page, at.files) {
        let all = files::property_entries(page);
        let total = all.len();
        listed.entries.extend(all.into_iter().skip(done).take(measure.entries as usize));
        let told = done + listed.entries.len();
        at.files = (told < total).then_some(told);
    }
    let mut calls = 0;
    while calls < measure.calls {
        let room = measure.entries.saturating_sub(listed.entries.len() as u32);
        if room == 0 || at.files.is_some() {
            break;
        }
        let Some((source, cursor)) = at.open.pop() else { break };
        calls += 1;
        let list = match api.children(&source, cursor.as_deref(), room.min(measure.size())).await {
            Ok(list) => list,
            // A block that was there a moment ago: removed since, with all that was in it.
            Err(error) if source != id && is_not_this_kind(&error) => continue,
            Err(error) if source != id && error.disposition == Disposition::SkipItem => {
                listed.incomplete = true;
                continue;
            }
            Err(error) => return Err(error),
        };
        match list.next() {
            Some(next) if cursor.as_deref() == Some(next) => listed.incomplete = true,
            Some(next) => at.open.push((source, Some(next.to_owned()))),
            None => {}
        }
        for value in list.results {
            let Some(block) = Block::read(value) else {
                listed.incomplete = true;
                continue;
            };
            if block.is_trashed {
                continue;
            }
            if matches!(block.kind.as_str(), "child_database") {
                calls += 1;
            }
            add(api, id, &block, &mut listed).await?;
            let is_page = matches!(block.kind.as_str(), "child_page" | "child_database");
            // What stands in a synced copy belongs to the page of the original.
            if block.has_children && !is_page && block.synced_from().is_none() {
                match at.open.len() < MOST_PENDING {
                    true => at.open.push((block.id, None)),
                    false => listed.incomplete = true,
                }
            }
        }
    }
    if !at.open.is_empty() || at.files.is_some() {
        listed.next = Some(Onward::Page(at).token());
    }
    Ok(listed)
}

/// Adds the item that a block is, if it is one.
async fn add(api: &Api, page: &str, block: &Block, listed: &mut EntryPage) -> Result<(), ConnectorError> {
    match kind_of(block) {
        Some(BlockItem::Page) => listed.entries.push(entries::child_page(block, page)),
        Some(BlockItem::File) => listed.entries.extend(files::block_entry(block, page)),
        Some(BlockItem::Database) => match api.database(&block.id).await {
            Ok(database) if database.is_trashed() => {}
            Ok(database) => {
                let parents = vec![ProviderItemId::from(page)];
                listed.entries.push(entries::database(&database, parents));
            }
            Err(error) if is_not_this_kind(&error) => {
                listed.entries.push(entries::linked_view(block, page));
            }
            Err(error) => failed(listed, &block.id, error)?,
        },
        None => {}
    }
    Ok(())
}

/// How far the listing of a database has come: how many of its data sources were told.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct InDatabase {
    from: usize,
}

pub async fn list_database(
    api: &Api,
    database: &Database,
    at: InDatabase,
    measure: Measure,
) -> Result<EntryPage, ConnectorError> {
    let mut listed = EntryPage::default();
    let most = measure.entries.min(measure.calls) as usize;
    for source in database.data_sources.iter().skip(at.from).take(most) {
        match api.data_source(&source.id).await {
            Ok(source) if source.is_trashed() => {}
            Ok(source) => {
                let parents = vec![ProviderItemId::from(database.id.as_str())];
                listed.entries.push(entries::data_source(&source, parents));
            }
            // Removed since the database named it, or not shared with this connection.
            Err(error) if is_not_this_kind(&error) => {}
            Err(error) => failed(&mut listed, &source.id, error)?,
        }
    }
    let from = at.from + most;
    if from < database.data_sources.len() {
        listed.next = Some(Onward::Database(InDatabase { from }).token());
    }
    Ok(listed)
}

/// What cannot be read for a reason of its own is told; any other error is everybody's.
fn failed(listed: &mut EntryPage, id: &str, error: ConnectorError) -> Result<(), ConnectorError> {
    match error.disposition {
        Disposition::SkipItem | Disposition::Fail => {
            listed.failures.push((ProviderItemId::from(id), error.reason()));
            Ok(())
        }
        _ => Err(error),
    }
}
