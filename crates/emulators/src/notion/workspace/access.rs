//! Bots: what each authorization may see.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::model::{Detail, Index, Kind};
use super::store::Workspace;
use crate::notion::ids::Id;

/// What an app may do, set when it is registered.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Capabilities {
    pub read_content: bool,
    pub update_content: bool,
    pub insert_content: bool,
    pub read_comments: bool,
    pub insert_comments: bool,
    pub user_info: UserInfo,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UserInfo {
    None,
    WithoutEmail,
    WithEmail,
}

impl Default for Capabilities {
    fn default() -> Self {
        Self {
            read_content: true,
            update_content: false,
            insert_content: false,
            read_comments: true,
            insert_comments: false,
            user_info: UserInfo::WithEmail,
        }
    }
}

/// One authorization: an app let in by a person.
#[derive(Debug, Clone)]
pub struct Bot {
    pub id: Id,
    pub client_id: String,
    pub email: String,
    /// The roots that were ticked, and what was shared later.
    pub shared: BTreeSet<Id>,
    /// What was taken out again from below a shared root.
    pub denied: BTreeSet<Id>,
    pub granted_ms: i64,
    /// When something was last shared with it, for the lagging index.
    pub shared_ms: i64,
    pub live: bool,
    /// Raised by each refresh; tokens of an older generation may be refused.
    pub generation: u64,
    /// The one refresh token that still works.
    pub refresh_token: Option<String>,
}

impl Workspace {
    /// Says whether a bot may see a node: the nearest ancestor that was shared or taken out decides.
    pub fn can_see(&self, bot: &Bot, index: Index) -> bool {
        let mut shared = false;
        let mut next = Some(index);
        while let Some(at) = next {
            let node = &self.nodes[at as usize];
            if !shared {
                if bot.denied.contains(&node.id) {
                    return false;
                }
                shared = bot.shared.contains(&node.id);
            }
            if let Some(people) = full_access(&node.detail)
                && !people.contains(&bot.email)
            {
                return false;
            }
            next = node.parent;
        }
        shared
    }

    /// Says whether a node was shared itself rather than through an ancestor.
    pub fn shared_directly(&self, bot: &Bot, index: Index) -> bool {
        let node = &self.nodes[index as usize];
        match node.kind {
            // Sharing a database shares its tables.
            Kind::DataSource => {
                bot.shared.contains(&node.id)
                    || node.parent.is_some_and(|parent| bot.shared.contains(&self.nodes[parent as usize].id))
            }
            _ => bot.shared.contains(&node.id),
        }
    }

    /// Lists the top-level pages and databases that a person has full access to.
    pub fn list_roots(&self, email: Option<&str>) -> Vec<Index> {
        self.roots
            .iter()
            .copied()
            .filter(|root| !self.nodes[*root as usize].trashed)
            .filter(|root| match (full_access(&self.nodes[*root as usize].detail), email) {
                (Some(people), Some(email)) => people.iter().any(|one| one == email),
                _ => true,
            })
            .collect()
    }
}

fn full_access(detail: &Detail) -> Option<&Vec<String>> {
    match detail {
        Detail::Page(page) => page.full_access.as_ref(),
        Detail::Database(database) => database.full_access.as_ref(),
        _ => None,
    }
}
