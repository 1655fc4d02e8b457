//! A named set of documents that searches are limited to (the guide's "Space").

use serde::{Deserialize, Serialize};

use crate::{CollectionId, OrganizationId, Timestamp, UserId};

/// Who may search a collection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// Its owner.
    #[default]
    Private,
    /// Every user of the owner's organisation.
    Org,
}

impl Access {
    pub fn as_str(self) -> &'static str {
        match self {
            Access::Private => "private",
            Access::Org => "org",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Access::Private, Access::Org].into_iter().find(|access| access.as_str() == text)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Collection {
    pub id: CollectionId,
    pub owner_id: UserId,
    /// The owner's organisation; `None` when the owner has none (then `Org` means nobody else).
    pub organization_id: Option<OrganizationId>,
    pub name: String,
    pub description: Option<String>,
    pub access: Access,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}
