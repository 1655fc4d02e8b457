//! Ids: one type each, so that an item is never asked for by a user's id.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! id_types {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Wraps an id that already exists (from a row, a path, a provider).
            pub fn from_text(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }

            pub fn into_string(self) -> String {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text)
            }
        }
    )+};
}

macro_rules! fresh_ids {
    ($($name:ident),+ $(,)?) => {$(
        impl $name {
            /// Makes a new id: a UUID version 7, so that rows made later sort later.
            pub fn fresh() -> Self {
                Self(uuid::Uuid::now_v7().to_string())
            }
        }
    )+};
}

/// Reads a text as the id of a row: a hyphenated UUID, in lower case. `None` when it is not one.
pub fn read_own_id(text: &str) -> Option<String> {
    let id = uuid::Uuid::try_parse(text).ok().filter(|_| text.len() == 36);
    id.map(|id| id.to_string())
}

id_types! {
    /// A connector's stable name, such as `google_drive`.
    ConnectorId,
    OrganizationId,
    UserId,
    ConnectionId,
    CollectionId,
    /// Our id of an item; the provider's is [`ProviderItemId`].
    ItemId,
    SyncJobId,
    /// A chosen root (file, folder, drive …) that a collection follows through a connection.
    ScopeId,
    TokenId,
    PickerSessionId,
    SubscriptionId,
    /// A program that registered itself to act for people.
    AssistantClientId,
    /// What one person allowed one such program.
    AssistantId,
    /// A resumable upload. Random, never in order: see `gangway_store::NewUpload`.
    UploadId,
    /// The provider's own id of an item or container.
    ProviderItemId,
    /// A connector's name for one of its change feeds, such as `user` or `drive:0AB…`.
    FeedKey,
    /// The opaque place in a change feed. Only the connector that made it can read it.
    Cursor,
    /// The opaque pointer to the next page of a listing. Only the connector that made it can read it.
    PageToken,
    /// What changes when an item's content changes. Compared for equality, never ordered.
    Revision,
}

fresh_ids! {
    OrganizationId,
    UserId,
    ConnectionId,
    CollectionId,
    ItemId,
    SyncJobId,
    ScopeId,
    TokenId,
    PickerSessionId,
    SubscriptionId,
    AssistantClientId,
    AssistantId,
}
