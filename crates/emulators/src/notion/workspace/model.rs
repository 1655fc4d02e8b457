//! The things in a workspace: people, pages, databases, data sources, blocks, comments, files.

use std::sync::Arc;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::notion::ids::Id;

/// A place in the workspace's list of nodes.
pub type Index = u32;

/// A member, guest or bot of the workspace.
#[derive(Debug, Clone)]
pub struct Person {
    pub id: Id,
    pub email: String,
    pub name: String,
    pub avatar_url: Option<String>,
    /// Guests are never listed.
    pub guest: bool,
    pub deactivated: bool,
}

/// A group of people, as people properties may name it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Group {
    pub key: String,
    pub name: String,
}

/// Which of Notion's objects a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Page,
    Database,
    DataSource,
    Block,
}

/// One object of the tree. Blocks of a page are its children, and so are its sub-pages and databases.
#[derive(Debug, Clone)]
pub struct Node {
    pub id: Id,
    pub kind: Kind,
    pub trashed: bool,
    pub archived: bool,
    pub locked: bool,
    /// Absent at the top of the workspace.
    pub parent: Option<Index>,
    /// Where the parent's list of children had this node last; a hint that may be stale.
    pub slot: u32,
    pub children: Vec<Index>,
    pub created_ms: i64,
    pub edited_ms: i64,
    /// When the search index learns that this node exists, and that it went into the trash.
    pub appeared_ms: i64,
    pub trashed_ms: i64,
    pub created_by: Id,
    pub edited_by: Id,
    pub detail: Detail,
}

/// What is particular to one node.
#[derive(Debug, Clone)]
pub enum Detail {
    Page(Box<PageDetail>),
    Database(Box<DatabaseDetail>),
    DataSource(Box<DataSourceDetail>),
    Block(Box<BlockDetail>),
    /// A page made in bulk: its title and content are made when they are read.
    Generated {
        series: u32,
        number: u32,
    },
}

#[derive(Debug, Clone, Default)]
pub struct PageDetail {
    /// Rich text.
    pub title: Vec<Value>,
    pub icon: Value,
    pub cover: Value,
    pub public_url: Option<String>,
    /// Values by property id; the title stands beside them.
    pub properties: Map<String, Value>,
    /// Emails of the people with full access; everybody when absent.
    pub full_access: Option<Vec<String>>,
    pub unique_number: u64,
}

#[derive(Debug, Clone, Default)]
pub struct DatabaseDetail {
    pub title: Vec<Value>,
    pub description: Vec<Value>,
    pub icon: Value,
    pub cover: Value,
    pub inline: bool,
    pub public_url: Option<String>,
    pub full_access: Option<Vec<String>>,
}

#[derive(Debug, Clone, Default)]
pub struct DataSourceDetail {
    pub title: Vec<Value>,
    pub description: Vec<Value>,
    pub icon: Value,
    pub schema: Vec<Property>,
    pub last_unique_number: u64,
}

/// One column.
#[derive(Debug, Clone)]
pub struct Property {
    pub id: String,
    pub name: String,
    pub kind: String,
    pub description: Option<String>,
    /// What stands under the type's name in the schema.
    pub config: Value,
}

impl Property {
    /// Says whether a request means this column: by name, or by id as written or percent-decoded.
    pub fn is_called(&self, text: &str) -> bool {
        self.name == text || self.has_id(text)
    }

    pub fn has_id(&self, text: &str) -> bool {
        let decode = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
        self.id == text || self.id == decode(text) || decode(&self.id) == decode(text)
    }
}

#[derive(Debug, Clone)]
pub struct BlockDetail {
    pub kind: String,
    pub body: Value,
}

/// How a series of generated pages reads.
#[derive(Debug, Clone)]
pub struct Series {
    pub prefix: String,
    pub size: usize,
}

#[derive(Debug, Clone)]
pub struct Comment {
    pub id: Id,
    pub discussion: Id,
    pub on: Id,
    pub rich_text: Vec<Value>,
    pub created_ms: i64,
    pub edited_ms: i64,
    pub by: Id,
    pub resolved: bool,
}

/// Bytes that signed addresses lead to.
#[derive(Debug, Clone)]
pub struct StoredFile {
    pub id: Id,
    pub name: String,
    pub content_type: String,
    pub bytes: Content,
}

#[derive(Debug, Clone)]
pub enum Content {
    Given(Bytes),
    Filler { seed: u64, size: usize },
}

impl Content {
    pub fn read(&self) -> Bytes {
        match self {
            Content::Given(bytes) => bytes.clone(),
            Content::Filler { seed, size } => Bytes::from(crate::kernel::words::filler_text(*seed, *size)),
        }
    }
}

/// Something that happened, as webhooks tell it.
#[derive(Debug, Clone)]
pub struct Happening {
    /// `page.created` and the like.
    pub event: &'static str,
    pub entity: Id,
    pub by: Id,
    pub at_ms: i64,
    /// Ids of blocks or pages touched.
    pub updated_blocks: Vec<(Id, &'static str)>,
    pub updated_properties: Vec<Value>,
    /// For comments: the page they stand on.
    pub page: Option<Id>,
    /// Where the entity hung, and which bots could see it, when it cannot be asked any more.
    pub parent: Value,
    pub seen_by: Arc<[Id]>,
}
