//! Where things stand: the containers above them, as far as this connection may see them.
//!
//! Nothing tells whether a parent is shared but asking for it. What was learnt is remembered while a connection is
//! open, within bounds; what is in the trash is not, so that nothing is taken for gone after it came back.

use std::collections::{HashMap, HashSet};
use std::sync::Mutex;

use gangway_connector::ConnectorError;
use gangway_model::ProviderItemId;

use super::api::Api;
use super::error::BAD_REQUEST;
use super::ids::WORKSPACE;
use super::inside::Inside;
use super::rich_text::plain;
use super::wire::{Block, Database, Page, Parent};

const MOST_NODES: usize = 20_000;
const MOST_INSIDES: usize = 2_000;
/// More levels than any workspace has.
const HIGHEST: usize = 200;

/// Stands for an ancestor that is not shared.
pub const UNSEEN: &str = "…";

/// What is remembered while a connection is open.
#[derive(Default)]
pub struct Memory {
    nodes: Mutex<HashMap<String, Option<Node>>>,
    insides: Mutex<HashMap<String, Inside>>,
}

/// A container, block or page on the way up.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// `None` for blocks, and for data sources that bear their database's name: they are no part of a path.
    pub title: Option<String>,
    pub parent: Parent,
    is_block: bool,
}

/// Where something stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    In(String),
    /// In the workspace itself, or below something that is not shared.
    Top,
    /// Below something in the trash.
    Trash,
}

impl Place {
    pub fn parents(self) -> Vec<ProviderItemId> {
        match self {
            Place::In(id) => vec![ProviderItemId::from(id)],
            Place::Top | Place::Trash => vec![ProviderItemId::from(WORKSPACE)],
        }
    }
}

/// What is above something.
#[derive(Debug, PartialEq)]
pub struct Line {
    pub is_trashed: bool,
    /// From the top down.
    pub names: Vec<String>,
}

enum Found {
    There(Node),
    NotShared,
    Trashed,
}

impl Memory {
    /// Remembers a page that was just told.
    pub fn remember_page(&self, page: &Page) {
        self.remember(&page.id, Some(page_node(page)));
    }

    /// The title of a page that was told before.
    pub fn title(&self, id: &str) -> Option<String> {
        self.nodes.lock().expect("no holder of this lock panics").get(id)?.as_ref()?.title.clone()
    }

    /// Keeps what stands inside a page, which its content showed, for the listing that will follow.
    pub fn keep_inside(&self, page: &str, inside: Inside) {
        let mut insides = self.insides.lock().expect("no holder of this lock panics");
        if insides.len() < MOST_INSIDES {
            insides.insert(page.to_owned(), inside);
        }
    }

    /// Takes what was kept: each listing reads for itself, unless the content was read just before it.
    pub fn take_inside(&self, page: &str) -> Option<Inside> {
        self.insides.lock().expect("no holder of this lock panics").remove(page)
    }

    fn remember(&self, id: &str, node: Option<Node>) {
        let mut nodes = self.nodes.lock().expect("no holder of this lock panics");
        if nodes.len() >= MOST_NODES {
            nodes.clear();
        }
        nodes.insert(id.to_owned(), node);
    }

    fn recall(&self, id: &str) -> Option<Option<Node>> {
        self.nodes.lock().expect("no holder of this lock panics").get(id).cloned()
    }
}

/// Finds the container that holds what has this parent: blocks are climbed until a page.
pub async fn place(api: &Api, memory: &Memory, parent: &Parent) -> Result<Place, ConnectorError> {
    let mut parent = parent.clone();
    for _ in 0..HIGHEST {
        let Some(id) = parent.id().map(str::to_owned) else { return Ok(Place::Top) };
        match find(api, memory, &parent).await? {
            Found::NotShared => return Ok(Place::Top),
            Found::Trashed => return Ok(Place::Trash),
            Found::There(node) if node.is_block => parent = node.parent,
            Found::There(_) => return Ok(Place::In(id)),
        }
    }
    Ok(Place::Top)
}

/// Climbs from a parent to the top.
pub async fn line(api: &Api, memory: &Memory, parent: &Parent) -> Result<Line, ConnectorError> {
    let mut line = Line { is_trashed: false, names: Vec::new() };
    let mut parent = parent.clone();
    let mut seen = HashSet::new();
    for _ in 0..HIGHEST {
        let Some(id) = parent.id() else { break };
        if !seen.insert(id.to_owned()) {
            break;
        }
        match find(api, memory, &parent).await? {
            Found::NotShared => {
                line.names.push(UNSEEN.to_owned());
                break;
            }
            Found::Trashed => {
                line.is_trashed = true;
                break;
            }
            Found::There(node) => {
                line.names.extend(node.title);
                parent = node.parent;
            }
        }
    }
    line.names.reverse();
    Ok(line)
}

/// The title of a page that something refers to; `None` when it cannot be read.
pub async fn title_of(api: &Api, memory: &Memory, page: &str) -> Result<Option<String>, ConnectorError> {
    match find(api, memory, &Parent::Page(page.to_owned())).await? {
        Found::There(node) => Ok(node.title),
        Found::NotShared | Found::Trashed => Ok(None),
    }
}

async fn find(api: &Api, memory: &Memory, parent: &Parent) -> Result<Found, ConnectorError> {
    let Some(id) = parent.id() else { return Ok(Found::NotShared) };
    if let Some(known) = memory.recall(id) {
        return Ok(known.map_or(Found::NotShared, Found::There));
    }
    let found = ask(api, parent, id).await?;
    match &found {
        Found::There(node) => memory.remember(id, Some(node.clone())),
        Found::NotShared => memory.remember(id, None),
        Found::Trashed => {}
    }
    Ok(found)
}

async fn ask(api: &Api, parent: &Parent, id: &str) -> Result<Found, ConnectorError> {
    let answer = match parent {
        Parent::DataSource(_) => api.data_source(id).await.map(|source| {
            let node = Node { title: None, parent: source.parent.clone(), is_block: false };
            if source.is_trashed() { Found::Trashed } else { Found::There(node) }
        }),
        Parent::Database(_) => api.database(id).await.map(database_found),
        Parent::Block(_) => api.block(id).await.map(|block| block_found(&block)),
        Parent::Page(_) => match api.page(id).await {
            // A page that became a wiki answers as a database.
            Err(error) if is_not_this_kind(&error) => api.database(id).await.map(database_found),
            answer => answer
                .map(|page| if page.is_trashed() { Found::Trashed } else { Found::There(page_node(&page)) }),
        },
        Parent::Workspace | Parent::Unknown => return Ok(Found::NotShared),
    };
    match answer {
        Err(error) if error.is_gone() => Ok(Found::NotShared),
        answer => answer,
    }
}

/// Whether Notion says that there is no such thing of this kind; the id may be another kind's.
pub fn is_not_this_kind(error: &ConnectorError) -> bool {
    error.is_gone() || error.code == BAD_REQUEST
}

fn page_node(page: &Page) -> Node {
    Node { title: Some(title_or_untitled(page.title())), parent: page.parent.clone(), is_block: false }
}

fn database_found(database: Database) -> Found {
    let title = Some(title_or_untitled(plain(&database.title)));
    let is_trashed = database.is_trashed();
    let node = Node { title, parent: database.parent, is_block: false };
    if is_trashed { Found::Trashed } else { Found::There(node) }
}

fn block_found(block: &Block) -> Found {
    // Asked for as a block, a page says that it is one.
    let is_container = matches!(block.kind.as_str(), "child_page" | "child_database");
    let title = is_container.then(|| title_or_untitled(block.text("title").unwrap_or_default()));
    let node = Node { title, parent: block.parent.clone(), is_block: !is_container };
    if block.is_trashed { Found::Trashed } else { Found::There(node) }
}

pub fn title_or_untitled(title: String) -> String {
    if title.trim().is_empty() { "Untitled".to_owned() } else { title }
}
