//! What our ids mean at Dropbox: which tree, and what in it.
//!
//! An item's id is Dropbox's own (`id:…`), which survives renaming and moving. A shared folder that the account has
//! not put into its own tree is a tree of its own: its id is `ns:<namespace>`, and what lies in it has that before
//! its id. So every id says by itself how to reach what it names, and one folder cannot be told of under two trees at
//! once with the same id.

use gangway_connector::ConnectorError;
use gangway_connector::Disposition;
use gangway_model::{FeedKey, ProviderItemId};

/// The top of the account's own tree. Dropbox has neither id nor metadata for it.
pub const ROOT: &str = "root";
/// Our name for the single files that others share with the account. They lie in no folder.
pub const SHARED_WITH_ME: &str = "shared-with-me";

const NAMESPACE_PREFIX: &str = "ns:";
const ID_PREFIX: &str = "id:";
const LONGEST_ID: usize = 128;

/// One tree of folders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Area {
    /// The account's own, which begins at the team's root where there is one.
    Account,
    /// That of a shared folder which is not mounted.
    Namespace(String),
}

impl Area {
    pub fn top(&self) -> ProviderItemId {
        match self {
            Area::Account => ProviderItemId::from(ROOT),
            Area::Namespace(namespace) => ProviderItemId::from(format!("{NAMESPACE_PREFIX}{namespace}")),
        }
    }

    pub fn item(&self, id: &str) -> ProviderItemId {
        match self {
            Area::Account => ProviderItemId::from(id),
            Area::Namespace(namespace) => ProviderItemId::from(format!("{NAMESPACE_PREFIX}{namespace}:{id}")),
        }
    }

    /// Where an entry stands, so that no two trees have the same address.
    pub fn locator(&self, path: &str) -> String {
        match self {
            Area::Account => path.to_owned(),
            Area::Namespace(namespace) => format!("{NAMESPACE_PREFIX}{namespace}{path}"),
        }
    }

    /// Each tree has a change feed of its own, named as its top.
    pub fn feed(&self) -> FeedKey {
        FeedKey::from(self.top().as_str())
    }

    pub fn of_feed(feed: &FeedKey) -> Option<Self> {
        match Place::of(&ProviderItemId::from(feed.as_str()))? {
            Place::Top(area) => Some(area),
            Place::Item(..) | Place::SharedWithMe => None,
        }
    }
}

/// What one of our ids names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    Top(Area),
    Item(Area, String),
    SharedWithMe,
}

impl Place {
    /// Reads an id; `None` when it cannot be one of ours. Such are never sent: they could name other things.
    pub fn of(id: &ProviderItemId) -> Option<Self> {
        let text = id.as_str();
        match text {
            ROOT => return Some(Place::Top(Area::Account)),
            SHARED_WITH_ME => return Some(Place::SharedWithMe),
            _ => {}
        }
        let Some(rest) = text.strip_prefix(NAMESPACE_PREFIX) else {
            return is_item_id(text).then(|| Place::Item(Area::Account, text.to_owned()));
        };
        let (namespace, item) = match rest.split_once(':') {
            Some((namespace, item)) => (namespace, Some(item)),
            None => (rest, None),
        };
        if !is_namespace(namespace) {
            return None;
        }
        let area = Area::Namespace(namespace.to_owned());
        match item {
            None => Some(Place::Top(area)),
            Some(item) => is_item_id(item).then(|| Place::Item(area, item.to_owned())),
        }
    }

    pub fn read(id: &ProviderItemId) -> Result<Self, ConnectorError> {
        Self::of(id).ok_or_else(no_such_item)
    }
}

/// Whether a text can be an id of a file or folder at Dropbox.
pub fn is_item_id(text: &str) -> bool {
    text.len() <= LONGEST_ID && text.strip_prefix(ID_PREFIX).is_some_and(is_plain)
}

/// Whether a text can be the id of a namespace, which a shared folder's id also is.
pub fn is_namespace(text: &str) -> bool {
    text.len() <= LONGEST_ID && is_plain(text)
}

fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

pub fn no_such_item() -> ConnectorError {
    let message = "it does not exist at Dropbox, or the connected account does not see it";
    ConnectorError::new("not_found", message, Disposition::Gone)
}
