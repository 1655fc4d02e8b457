//! From Notion's objects to our entries.

use gangway_connector::Entry;
use gangway_model::{Fetchable, ItemKind, ProviderItemId, Reason, Revision, Timestamp};
use url::Url;

use super::ancestry::title_or_untitled;
use super::ids::{WORKSPACE, address, address_of_block, block_item};
use super::rich_text::plain;
use super::wire::{Block, DataSource, Database, Page, Picture};

pub const PAGE: &str = "application/vnd.notion.page";
pub const DATABASE: &str = "application/vnd.notion.database";
pub const DATA_SOURCE: &str = "application/vnd.notion.data-source";
const WORKSPACE_TYPE: &str = "application/vnd.notion.workspace";
const LINKED_VIEW: &str = "application/vnd.notion.linked-database";

/// A page or row.
pub fn page(page: &Page, parents: Vec<ProviderItemId>) -> Entry {
    let entry = page_entry(&page.id, page.title(), page.created_time, page.last_edited_time);
    Entry { parents, thumbnail_url: thumbnail(page.cover.as_ref(), page.icon.as_ref()), ..entry }
}

/// A page, as the block tells it that stands for it on its parent: the two are one thing with two names.
pub fn child_page(block: &Block, parent: &str) -> Entry {
    let title = block.text("title").unwrap_or_default();
    let entry = page_entry(&block.id, title, block.created_time, block.last_edited_time);
    Entry { parents: vec![ProviderItemId::from(parent)], ..entry }
}

fn page_entry(id: &str, title: String, created: Option<Timestamp>, edited: Option<Timestamp>) -> Entry {
    Entry {
        media_type: PAGE.to_owned(),
        created_at: created,
        modified_at: edited,
        url: Some(address(id)),
        revision: revision_of_page(edited),
        ..Entry::new(id, ItemKind::FileAndContainer, title_or_untitled(title))
    }
}

/// All there is to tell two states of a page apart, and to the minute only.
pub fn revision_of_page(edited: Option<Timestamp>) -> Revision {
    Revision::from(format!("edited:{}", edited.map_or(0, |at| at.timestamp())))
}

pub fn database(database: &Database, parents: Vec<ProviderItemId>) -> Entry {
    Entry {
        parents,
        media_type: DATABASE.to_owned(),
        created_at: database.created_time,
        modified_at: database.last_edited_time,
        url: Some(address(&database.id)),
        thumbnail_url: thumbnail(database.cover.as_ref(), database.icon.as_ref()),
        ..container(&database.id, plain(&database.title))
    }
}

pub fn data_source(source: &DataSource, parents: Vec<ProviderItemId>) -> Entry {
    // A table is shown within its database; alone it has no address.
    let shown_at = source.parent.id().unwrap_or(&source.id);
    Entry {
        parents,
        media_type: DATA_SOURCE.to_owned(),
        created_at: source.created_time,
        modified_at: source.last_edited_time,
        url: Some(address(shown_at)),
        thumbnail_url: thumbnail(source.cover.as_ref(), source.icon.as_ref()),
        ..container(&source.id, plain(&source.title))
    }
}

/// What holds everything that is shared without its parent.
pub fn workspace() -> Entry {
    Entry { media_type: WORKSPACE_TYPE.to_owned(), ..container(WORKSPACE, "Notion".to_owned()) }
}

fn container(id: &str, title: String) -> Entry {
    let entry = Entry::new(id, ItemKind::Container, title_or_untitled(title));
    Entry { revision: Revision::from("container"), ..entry }
}

/// A view of a database that stands elsewhere: there are no rows behind it that could be asked for here.
pub fn linked_view(block: &Block, page: &str) -> Entry {
    let title = title_or_untitled(block.text("title").unwrap_or_default());
    let reason = "a view of a database that is elsewhere; its rows are synced where that database is";
    Entry {
        parents: vec![ProviderItemId::from(page)],
        media_type: LINKED_VIEW.to_owned(),
        created_at: block.created_time,
        modified_at: block.last_edited_time,
        url: Some(address_of_block(page, &block.id)),
        revision: Revision::from("linked"),
        fetchable: Fetchable::No(Reason::new("linked_database", reason)),
        ..Entry::new(block_item(&block.id), ItemKind::File, title)
    }
}

/// A picture to show for it: the cover, else an icon that is no emoji. Notion's own end within the hour.
fn thumbnail(cover: Option<&Picture>, icon: Option<&Picture>) -> Option<String> {
    let links = [cover, icon].into_iter().flatten().flat_map(|picture| [&picture.file, &picture.external]);
    let urls = links.flatten().map(|link| &link.url);
    let is_web = |url: &&String| Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
    urls.into_iter().find(is_web).cloned()
}
