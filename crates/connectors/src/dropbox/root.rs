//! Where paths begin. Cursors are bound to it, so our own places in lists and feeds carry it.
//!
//! Without the header every path begins at the member's own folder, and team folders are silently absent. With it,
//! naming the root, Dropbox also refuses (422) once the account has another root: it joined a team, or left it.
//! <https://developers.dropbox.com/dbx-team-files-guide>

use std::fmt;

use gangway_connector::http::Request;
use gangway_connector::{ConnectorError, Disposition};
use http::HeaderName;
use serde_json::json;

use super::api::bad_place;
use super::header_json;
use super::place::Area;
use super::wire::FullAccount;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathRoot {
    /// The account's root: its own, or its team's.
    Account(String),
    /// A shared folder that is not mounted.
    Namespace(String),
}

impl PathRoot {
    pub fn of_account(account: &FullAccount) -> Result<Self, ConnectorError> {
        let namespace = account.root_info.root_namespace_id.as_deref().filter(|id| is_root_id(id));
        namespace.map(|id| PathRoot::Account(id.to_owned())).ok_or_else(|| {
            let message = "Dropbox does not say where the account's files begin";
            ConnectorError::new("malformed_answer", message, Disposition::RetryLater { after: None })
        })
    }

    pub fn add_to(&self, request: Request, header: HeaderName) -> Request {
        let value = match self {
            PathRoot::Account(id) => json!({ ".tag": "root", "root": id }),
            PathRoot::Namespace(id) => json!({ ".tag": "namespace_id", "namespace_id": id }),
        };
        request.header(header, &header_json::write(&value))
    }

    fn read(text: &str) -> Option<Self> {
        let (kind, id) = text.split_once(':')?;
        match kind {
            _ if !is_root_id(id) => None,
            "root" => Some(PathRoot::Account(id.to_owned())),
            "ns" => Some(PathRoot::Namespace(id.to_owned())),
            _ => None,
        }
    }

    /// Whether a tree's paths can begin here.
    fn is_of(&self, area: &Area) -> bool {
        match (self, area) {
            (PathRoot::Account(_), Area::Account) => true,
            (PathRoot::Namespace(id), Area::Namespace(namespace)) => id == namespace,
            _ => false,
        }
    }
}

impl fmt::Display for PathRoot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PathRoot::Account(id) => write!(f, "root:{id}"),
            PathRoot::Namespace(id) => write!(f, "ns:{id}"),
        }
    }
}

/// A place in a list or feed: Dropbox's cursor with the root that it is bound to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spot {
    pub root: PathRoot,
    pub cursor: String,
}

impl Spot {
    /// Reads a place of ours. One of another tree, like anything else, is no place here.
    pub fn read(text: &str, area: &Area) -> Result<Self, ConnectorError> {
        let (root, cursor) = text.split_once(' ').ok_or_else(bad_place)?;
        let root = PathRoot::read(root).filter(|root| root.is_of(area)).ok_or_else(bad_place)?;
        if cursor.is_empty() {
            return Err(bad_place());
        }
        Ok(Self { root, cursor: cursor.to_owned() })
    }
}

impl fmt::Display for Spot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.root, self.cursor)
    }
}

/// Ids of namespaces are numbers today; the official description allows more.
fn is_root_id(text: &str) -> bool {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b':');
    (1..=128).contains(&text.len()) && text.bytes().all(is_plain)
}
