//! Content: a page as Markdown, a file as its bytes.

use bytes::Bytes;
use futures::stream;
use gangway_connector::{ConnectorError, Content, Disposition, Entry, FetchLimits};
use gangway_model::{Fetchable, media};
use serde_json::{Map, Value};
use url::Url;

use super::ancestry::{self, Memory, is_not_this_kind};
use super::api::Api;
use super::blocks::{self, Unshown, linked_page};
use super::entries::revision_of_page;
use super::error::{LINK_REFUSED, not_found, stuck, trashed};
use super::files::FileLink;
use super::ids::ItemRef;
use super::inside::Inside;
use super::properties::{self, Titles};
use super::walk::{Walked, walk};
use super::wire::Page;

/// Titles of other pages that are asked for to render one.
const MOST_TITLES: usize = 25;
/// Parts of a property's own list: a thousand references.
const MOST_PARTS: usize = 10;
/// How often a cut download is taken up again while its link lives.
const MOST_RESUMES: u32 = 3;
/// Somebody else's server is not waited for as Notion is.
const EXTERNAL_TRIES: u32 = 2;

pub async fn fetch(
    api: &Api,
    memory: &Memory,
    entry: &Entry,
    limits: &FetchLimits,
) -> Result<Content, ConnectorError> {
    if let Fetchable::No(reason) = &entry.fetchable {
        return Err(ConnectorError::new("not_fetchable", reason.message.clone(), Disposition::SkipItem));
    }
    match ItemRef::read(&entry.id).ok_or_else(not_found)? {
        ItemRef::Object(id) => page(api, memory, &id, limits.max_bytes).await,
        item @ (ItemRef::Block(_) | ItemRef::Property { .. }) => {
            file(api, &item, entry, limits.max_bytes).await
        }
        ItemRef::Workspace => {
            let message = "it holds other items and has no content of its own";
            Err(ConnectorError::new("not_fetchable", message, Disposition::SkipItem))
        }
    }
}

async fn page(api: &Api, memory: &Memory, id: &str, max_bytes: u64) -> Result<Content, ConnectorError> {
    let mut page = match api.page(id).await {
        Ok(page) if page.is_trashed() => return Err(trashed()),
        answer => answer?,
    };
    memory.remember_page(&page);
    let line = ancestry::line(api, memory, &page.parent).await?;
    if line.is_trashed {
        return Err(trashed());
    }
    complete_properties(api, &mut page).await?;
    let walked = walk(api, id, max_bytes).await?;
    let titles = titles(api, memory, &page, &walked).await?;
    let (body, unshown) = blocks::render(id, &walked.nodes, &titles);
    let text = document(&page, &titles, &body, &walked, unshown);
    if let Some(inside) = Inside::of(&page, &walked) {
        memory.keep_inside(id, inside);
    }
    if text.len() as u64 > max_bytes {
        let message = format!("the page is longer than the limit of {max_bytes} bytes");
        return Err(ConnectorError::new("too_large", message, Disposition::SkipItem));
    }
    Ok(Content {
        media_type: media::MARKDOWN.to_owned(),
        revision: Some(revision_of_page(page.last_edited_time)),
        size: Some(text.len() as u64),
        bytes: Box::pin(stream::iter([Ok(Bytes::from(text))])),
    })
}

/// Puts the parts together: what the page is called and its properties say, its text, and what is missing in it. Where it
/// stands is no part of its text: it would be found by the names of the pages above it.
fn document(page: &Page, titles: &Titles, body: &str, walked: &Walked, unshown: Unshown) -> String {
    let title = ancestry::title_or_untitled(page.title());
    let title = title.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut text = format!("---\ntitle: {title}\n");
    for (name, value) in properties::lines(&page.properties, titles) {
        text.push_str(&format!("{name}: {value}\n"));
    }
    if page.is_archived {
        text.push_str("archived: Yes\n");
    }
    text.push_str("---\n\n");
    text.push_str(body);
    let mut missing = unshown;
    for (kind, count) in &walked.unshown {
        *missing.entry(kind.clone()).or_default() += count;
    }
    if !missing.is_empty() {
        let parts: Vec<String> = missing.iter().map(|(kind, count)| format!("{count} × {kind}")).collect();
        text.push_str(&format!("\n*Not readable through Notion's API: {}.*\n", parts.join(", ")));
    }
    if walked.truncated {
        text.push_str("\n*The page is longer than this: the rest was cut off.*\n");
    }
    text
}

/// Reads the values that the page's own answer cuts off after 25 parts.
async fn complete_properties(api: &Api, page: &mut Page) -> Result<(), ConnectorError> {
    for (name, property) in properties::cut_short(&page.properties) {
        let mut parts = Vec::new();
        let mut cursor: Option<String> = None;
        for _ in 0..MOST_PARTS {
            let list = match api.property(&page.id, &property, cursor.as_deref()).await {
                // Then there is what the page's answer held.
                Err(error) if is_not_this_kind(&error) || error.disposition == Disposition::SkipItem => break,
                answer => answer?,
            };
            let next = list.next().map(str::to_owned);
            parts.extend(list.results);
            if next.is_some() && next == cursor {
                return Err(stuck());
            }
            cursor = next;
            if cursor.is_none() {
                break;
            }
        }
        if let Some(value) = page.properties.get_mut(&name)
            && parts.len() >= properties::MOST_REFERENCES
        {
            properties::complete(value, &parts);
        }
    }
    Ok(())
}

/// Titles of the pages that relations and links refer to by id: those that are known, and some that are asked for.
async fn titles(api: &Api, memory: &Memory, page: &Page, walked: &Walked) -> Result<Titles, ConnectorError> {
    let links = walked.nodes.iter().filter_map(|node| linked_page(&node.block));
    let mut titles = Titles::new();
    let mut asked = 0;
    for id in properties::related(&page.properties).into_iter().chain(links) {
        let title = match memory.title(&id) {
            Some(title) => Some(title),
            None if asked == MOST_TITLES => None,
            None => {
                asked += 1;
                match ancestry::title_of(api, memory, &id).await {
                    Err(error) if error.disposition == Disposition::SkipItem => None,
                    answer => answer?,
                }
            }
        };
        titles.extend(title.map(|title| (id, title)));
    }
    Ok(titles)
}

/// Reads where a file is now, and starts its download. A link that ended meanwhile is read anew, once.
async fn file(api: &Api, item: &ItemRef, entry: &Entry, max_bytes: u64) -> Result<Content, ConnectorError> {
    let mut file = link_now(api, item).await?;
    let download = match start(api, &file, max_bytes).await {
        Err(error) if error.code == LINK_REFUSED && file.is_hosted => {
            file = link_now(api, item).await?;
            start(api, &file, max_bytes).await?
        }
        answer => answer?,
    };
    let told = download.media_type().map(media::essence).filter(|told| !told.is_empty());
    let media_type = match told {
        Some(told) if told != media::OCTET_STREAM => told,
        _ => entry.media_type.clone(),
    };
    Ok(Content { media_type, revision: None, size: download.size, bytes: download.bytes })
}

async fn start(
    api: &Api,
    file: &FileLink,
    max_bytes: u64,
) -> Result<gangway_connector::http::Download, ConnectorError> {
    let Ok(link) = Url::parse(&file.link.url) else {
        let message = "its address is no address";
        return Err(ConnectorError::new("bad_file_address", message, Disposition::SkipItem));
    };
    let request = api.download(link);
    if file.is_hosted {
        return request.stream_resumable(max_bytes, MOST_RESUMES).await;
    }
    // Whatever is wrong with an address that somebody typed in is wrong with this one file.
    request.tries(EXTERNAL_TRIES).stream(max_bytes).await.map_err(|error| match error.disposition {
        Disposition::SkipItem => error,
        _ => {
            let message =
                format!("the file is not at Notion, and cannot be had where it is: {}", error.message);
            ConnectorError::new("external_file", message, Disposition::SkipItem).because(error)
        }
    })
}

async fn link_now(api: &Api, item: &ItemRef) -> Result<FileLink, ConnectorError> {
    let found = match item {
        ItemRef::Block(id) => {
            let block = api.block(id).await?;
            if block.is_trashed {
                return Err(trashed());
            }
            FileLink::of_block(&block)
        }
        ItemRef::Property { page, property, index } => {
            let page = api.page(page).await?;
            if page.is_trashed() {
                return Err(trashed());
            }
            let properties: &Map<String, Value> = &page.properties;
            FileLink::of_property(properties, property, *index)
        }
        ItemRef::Workspace | ItemRef::Object(_) => None,
    };
    found.ok_or_else(not_found)
}
