//! Files in blocks and in properties: Notion's own, with addresses that end within the hour, and links to anywhere.

use gangway_connector::Entry;
use gangway_model::{ItemKind, ProviderItemId, Revision, Timestamp, media};
use md5::{Digest, Md5};
use serde_json::{Map, Value};
use url::Url;

use super::ids::{address, address_of_block, block_item, property_item};
use super::rich_text::plain;
use super::wire::{Block, Link, Page, Picture, field, read};

const FILE_BLOCKS: [&str; 5] = ["image", "video", "audio", "pdf", "file"];
const LONGEST_NAME: usize = 200;

/// A link to a file, as it was told just now.
#[derive(Clone, Debug)]
pub struct FileLink {
    pub name: String,
    pub link: Link,
    /// At Notion: the link is signed, and a new one with every reading.
    pub is_hosted: bool,
}

impl FileLink {
    /// The file of a block; `None` for a block of another kind, or without an address.
    pub fn of_block(block: &Block) -> Option<Self> {
        if !FILE_BLOCKS.contains(&block.kind.as_str()) {
            return None;
        }
        let caption = plain(&block.caption());
        Self::read(&block.body, block.text("name").or(Some(caption)))
    }

    /// One file of a property, by its place in it.
    pub fn of_property(properties: &Map<String, Value>, property: &str, index: usize) -> Option<Self> {
        files_of(properties).find(|(id, at, _)| id == property && *at == index).map(|(_, _, file)| file)
    }

    fn read(value: &Value, name: Option<String>) -> Option<Self> {
        let Picture { file, external } = read(value)?;
        let is_hosted = file.is_some();
        let link = file.or(external).filter(|link| !link.url.is_empty())?;
        let first_line = |text: String| {
            let line = text.lines().next().unwrap_or_default().trim().chars().take(LONGEST_NAME).collect();
            Some(line).filter(|line: &String| !line.is_empty())
        };
        let name =
            name.and_then(first_line).or_else(|| name_in(&link.url)).unwrap_or_else(|| "file".to_owned());
        Some(Self { name, link, is_hosted })
    }

    /// What changes when another file is put in the place of this one, and with nothing else: never the signature.
    fn revision(&self, edited: Option<Timestamp>) -> Revision {
        let bare = match Url::parse(&self.link.url) {
            Ok(mut url) if self.is_hosted => {
                url.set_query(None);
                url.set_fragment(None);
                url.to_string()
            }
            _ => self.link.url.clone(),
        };
        let digest = hex::encode(Md5::digest(bare.as_bytes()));
        match self.is_hosted {
            true => Revision::from(format!("file:{digest}")),
            // What lies at somebody else's address may change without a word.
            false => Revision::from(format!("link:{digest}:{}", edited.map_or(0, |at| at.timestamp()))),
        }
    }

    /// As far as it can be told before the bytes are here: Notion names no type.
    fn media_type(&self, block_kind: &str) -> String {
        let is_pdf = block_kind == "pdf" || self.name.to_ascii_lowercase().ends_with(".pdf");
        if is_pdf { media::PDF.to_owned() } else { media::OCTET_STREAM.to_owned() }
    }
}

/// The last part of an address's path, in words.
fn name_in(url: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    let last = url.path_segments()?.next_back().filter(|last| !last.is_empty())?;
    let plus = last.replace('+', "%2B");
    let (decoded, _) = url::form_urlencoded::parse(plus.as_bytes()).next()?;
    Some(decoded.chars().take(LONGEST_NAME).collect())
}

/// Describes a file in a block of a page.
pub fn block_entry(block: &Block, page: &str) -> Option<Entry> {
    let file = FileLink::of_block(block)?;
    Some(Entry {
        parents: vec![ProviderItemId::from(page)],
        media_type: file.media_type(&block.kind),
        created_at: block.created_time,
        modified_at: block.last_edited_time,
        url: Some(address_of_block(page, &block.id)),
        revision: file.revision(block.last_edited_time),
        ..Entry::new(block_item(&block.id), ItemKind::File, file.name)
    })
}

/// Describes the files in a page's properties.
pub fn property_entries(page: &Page) -> Vec<Entry> {
    files_of(&page.properties)
        .map(|(property, index, file)| Entry {
            parents: vec![ProviderItemId::from(page.id.as_str())],
            media_type: file.media_type(""),
            modified_at: page.last_edited_time,
            url: Some(address(&page.id)),
            revision: file.revision(page.last_edited_time),
            ..Entry::new(property_item(&page.id, &property, index), ItemKind::File, file.name)
        })
        .collect()
}

/// Property id, place in it, and the file.
fn files_of(properties: &Map<String, Value>) -> impl Iterator<Item = (String, usize, FileLink)> {
    properties.values().flat_map(|value| {
        let id: String = field(value, "id").unwrap_or_default();
        let files = value.get("files").and_then(Value::as_array).into_iter().flatten();
        let found = files.enumerate().filter_map(move |(index, file)| {
            Some((id.clone(), index, FileLink::read(file, field(file, "name"))?))
        });
        found.filter(|(id, ..)| !id.is_empty())
    })
}
