//! Notion's JSON, read leniently: an odd field spoils itself, never the page it stands on. What is not known yet
//! stays readable as far as it resembles what is.

use gangway_model::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::ids::uuid;
use super::rich_text::{RichText, plain, runs, runs_in};

/// One answer of any list. Its rows are read one by one: an odd one is told, the others are kept.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct List {
    #[serde(deserialize_with = "lenient")]
    pub results: Vec<Value>,
    #[serde(deserialize_with = "lenient")]
    pub next_cursor: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub has_more: bool,
    #[serde(deserialize_with = "lenient")]
    pub request_status: RequestStatus,
}

impl List {
    /// Where the list goes on. A short page is not the end of it, and a cursor without `has_more` leads nowhere.
    pub fn next(&self) -> Option<&str> {
        self.next_cursor.as_deref().filter(|cursor| self.has_more && !cursor.is_empty())
    }

    /// Whether Notion stopped before everything was told.
    pub fn is_cut_short(&self) -> bool {
        self.request_status.kind == "incomplete"
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct RequestStatus {
    #[serde(rename = "type", deserialize_with = "lenient")]
    pub kind: String,
}

/// What every object has in common; `object` says which kind it is.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Object {
    #[serde(deserialize_with = "lenient")]
    pub object: String,
    #[serde(deserialize_with = "id")]
    pub id: String,
    #[serde(deserialize_with = "moment")]
    pub last_edited_time: Option<Timestamp>,
}

/// A page, or a row of a data source: the same thing in another place.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Page {
    #[serde(deserialize_with = "id")]
    pub id: String,
    #[serde(deserialize_with = "moment")]
    pub created_time: Option<Timestamp>,
    #[serde(deserialize_with = "moment")]
    pub last_edited_time: Option<Timestamp>,
    #[serde(deserialize_with = "lenient")]
    in_trash: bool,
    /// What older versions call `in_trash`.
    #[serde(deserialize_with = "lenient")]
    archived: bool,
    /// Put away, which is not trashed: hidden from views, there all the same.
    #[serde(deserialize_with = "lenient")]
    pub is_archived: bool,
    #[serde(deserialize_with = "parent")]
    pub parent: Parent,
    #[serde(deserialize_with = "lenient")]
    pub properties: Map<String, Value>,
    #[serde(deserialize_with = "lenient")]
    pub cover: Option<Picture>,
    #[serde(deserialize_with = "lenient")]
    pub icon: Option<Picture>,
}

impl Page {
    pub fn is_trashed(&self) -> bool {
        self.in_trash || self.archived
    }

    /// The title stands in the one property of that type, whatever its name.
    pub fn title(&self) -> String {
        let is_title = |value: &&Value| value.get("type").and_then(Value::as_str) == Some("title");
        let property = self.properties.values().find(is_title);
        plain(&property.and_then(|value| value.get("title")).map(runs).unwrap_or_default())
    }
}

/// A database: what holds data sources.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Database {
    #[serde(deserialize_with = "id")]
    pub id: String,
    #[serde(deserialize_with = "moment")]
    pub created_time: Option<Timestamp>,
    #[serde(deserialize_with = "moment")]
    pub last_edited_time: Option<Timestamp>,
    #[serde(deserialize_with = "lenient")]
    in_trash: bool,
    #[serde(deserialize_with = "lenient")]
    archived: bool,
    #[serde(deserialize_with = "parent")]
    pub parent: Parent,
    #[serde(deserialize_with = "runs_in")]
    pub title: Vec<RichText>,
    #[serde(deserialize_with = "lenient")]
    pub data_sources: Vec<Object>,
    #[serde(deserialize_with = "lenient")]
    pub cover: Option<Picture>,
    #[serde(deserialize_with = "lenient")]
    pub icon: Option<Picture>,
}

impl Database {
    pub fn is_trashed(&self) -> bool {
        self.in_trash || self.archived
    }
}

/// A data source: a table of rows with one schema.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct DataSource {
    #[serde(deserialize_with = "id")]
    pub id: String,
    #[serde(deserialize_with = "moment")]
    pub created_time: Option<Timestamp>,
    #[serde(deserialize_with = "moment")]
    pub last_edited_time: Option<Timestamp>,
    #[serde(deserialize_with = "lenient")]
    in_trash: bool,
    #[serde(deserialize_with = "lenient")]
    archived: bool,
    /// Its database.
    #[serde(deserialize_with = "parent")]
    pub parent: Parent,
    /// Where its database stands.
    #[serde(deserialize_with = "parent")]
    pub database_parent: Parent,
    #[serde(deserialize_with = "runs_in")]
    pub title: Vec<RichText>,
    #[serde(deserialize_with = "lenient")]
    pub cover: Option<Picture>,
    #[serde(deserialize_with = "lenient")]
    pub icon: Option<Picture>,
}

impl DataSource {
    pub fn is_trashed(&self) -> bool {
        self.in_trash || self.archived
    }
}

/// One block. What is particular to its type is in `body`.
#[derive(Clone, Debug, Default)]
pub struct Block {
    pub id: String,
    pub kind: String,
    pub has_children: bool,
    pub is_trashed: bool,
    pub parent: Parent,
    pub created_time: Option<Timestamp>,
    pub last_edited_time: Option<Timestamp>,
    pub body: Value,
}

impl Block {
    /// Reads a block; `None` when it has not even an id.
    pub fn read(mut value: Value) -> Option<Self> {
        let kind: String = field(&value, "type").unwrap_or_default();
        let body = value.get_mut(&kind).map(Value::take).unwrap_or_default();
        let flag = |name: &str| value.get(name).and_then(Value::as_bool).unwrap_or(false);
        Some(Self {
            id: uuid(value.get("id")?.as_str()?)?,
            has_children: flag("has_children"),
            is_trashed: flag("in_trash") || flag("archived"),
            parent: value.get("parent").map(Parent::read).unwrap_or_default(),
            created_time: value.get("created_time").and_then(timestamp),
            last_edited_time: value.get("last_edited_time").and_then(timestamp),
            kind,
            body,
        })
    }

    /// The block's text, where it has any.
    pub fn rich_text(&self) -> Vec<RichText> {
        self.body.get("rich_text").map(runs).unwrap_or_default()
    }

    pub fn caption(&self) -> Vec<RichText> {
        self.body.get("caption").map(runs).unwrap_or_default()
    }

    pub fn text(&self, name: &str) -> Option<String> {
        field::<String>(&self.body, name).filter(|text| !text.is_empty())
    }

    /// The id that the body names in a field.
    pub fn reference(&self, name: &str) -> Option<String> {
        uuid(self.body.get(name)?.as_str()?)
    }

    /// The original of a synced copy. The original itself has none.
    pub fn synced_from(&self) -> Option<String> {
        uuid(self.body.get("synced_from")?.get("block_id")?.as_str()?)
    }
}

/// Where something stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Parent {
    Page(String),
    Database(String),
    DataSource(String),
    Block(String),
    Workspace,
    /// Of a kind not known here (an agent's): as good as the workspace.
    #[default]
    Unknown,
}

impl Parent {
    pub fn read(value: &Value) -> Self {
        let id = |name: &str| value.get(name).and_then(Value::as_str).and_then(uuid);
        // A row names its data source and, beside it, the database.
        let known = id("page_id")
            .map(Self::Page)
            .or_else(|| id("data_source_id").map(Self::DataSource))
            .or_else(|| id("database_id").map(Self::Database))
            .or_else(|| id("block_id").map(Self::Block));
        match known {
            Some(parent) => parent,
            None if value.get("workspace").is_some() => Self::Workspace,
            None => Self::Unknown,
        }
    }

    pub fn id(&self) -> Option<&str> {
        match self {
            Self::Page(id) | Self::Database(id) | Self::DataSource(id) | Self::Block(id) => Some(id),
            Self::Workspace | Self::Unknown => None,
        }
    }
}

/// A file at Notion (`file`, with an address that ends within the hour) or anywhere else (`external`).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Picture {
    #[serde(deserialize_with = "lenient")]
    pub file: Option<Link>,
    #[serde(deserialize_with = "lenient")]
    pub external: Option<Link>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Link {
    #[serde(deserialize_with = "lenient")]
    pub url: String,
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[an address, perhaps signed]")
    }
}

/// Who is behind the access token.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Me {
    #[serde(deserialize_with = "id")]
    pub id: String,
    #[serde(deserialize_with = "lenient")]
    pub bot: Bot,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Bot {
    #[serde(deserialize_with = "lenient")]
    pub owner: Owner,
    #[serde(deserialize_with = "lenient")]
    pub workspace_id: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub workspace_name: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Owner {
    #[serde(deserialize_with = "lenient")]
    pub user: Option<User>,
}

/// A person or an app; without the capability for it, nothing but the id.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct User {
    #[serde(deserialize_with = "lenient")]
    pub id: String,
    #[serde(deserialize_with = "lenient")]
    pub name: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub person: Option<Person>,
}

impl User {
    pub fn email(&self) -> Option<&str> {
        self.person.as_ref()?.email.as_deref().filter(|email| !email.is_empty())
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Person {
    #[serde(deserialize_with = "lenient")]
    pub email: Option<String>,
}

/// Reads a value of a shape; `None` when it has another.
pub fn read<T: DeserializeOwned>(value: &Value) -> Option<T> {
    T::deserialize(value).ok()
}

/// Reads a field of an object; `None` when it is missing or has another shape.
pub fn field<T: DeserializeOwned>(value: &Value, name: &str) -> Option<T> {
    read(value.get(name)?)
}

/// Anything that does not fit is as good as absent.
pub fn lenient<'de, D: Deserializer<'de>, T: DeserializeOwned + Default>(
    deserializer: D,
) -> Result<T, D::Error> {
    let value = Value::deserialize(deserializer)?;
    Ok(serde_json::from_value(value).unwrap_or_default())
}

fn id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text: String = lenient(deserializer)?;
    Ok(uuid(&text).unwrap_or_default())
}

fn parent<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Parent, D::Error> {
    Ok(Parent::read(&Value::deserialize(deserializer)?))
}

fn moment<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    Ok(timestamp(&Value::deserialize(deserializer)?))
}

fn timestamp(value: &Value) -> Option<Timestamp> {
    chrono::DateTime::parse_from_rfc3339(value.as_str()?).ok().map(Into::into)
}
