//! Picker sessions: a page of ours on which a person chooses files, and the choice handed back once.

use std::time::Duration;

use gangway_effects::random_token;
use gangway_model::{
    Connection, ConnectionId, ExposeSecret, PickerSessionId, ProviderItemId, SecretString, User,
};
use gangway_store::{NewPickerSession, PickerSession, PickerState, StoreError};
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::browse_files::{BrowseFiles, SourceFile};
use crate::error::{AppError, AppResult, Code};
use crate::page::{Page, PageOf};
use crate::secret_hash::SecretHash;

/// How long a picker stays open.
pub const PICKER_LIFETIME: Duration = Duration::from_secs(1800);

/// What may be chosen, and who hears of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PickerOptions {
    pub multiple: bool,
    /// Only these types; empty means all.
    pub mime_types: Vec<String>,
    pub max_files: u32,
    /// The page that embeds the picker and is told the choice.
    pub origin: Option<String>,
}

/// One chosen thing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PickedFile {
    pub id: ProviderItemId,
    pub name: String,
    #[serde(rename = "mimeType")]
    pub media_type: String,
    pub size: Option<u64>,
    pub url: Option<String>,
    /// `file`, `folder` or `link`.
    pub kind: String,
}

#[derive(Debug)]
pub struct CreatedPicker {
    /// Holds the key in its fragment, which browsers never send.
    pub url: String,
    pub session: PickerSessionId,
    pub expires_in: u64,
}

/// A session as its owner sees it.
#[derive(Debug)]
pub struct PickerReport {
    /// `open`, `picked`, `cancelled` or `expired`.
    pub status: &'static str,
    pub files: Vec<PickedFile>,
}

impl App {
    pub async fn create_picker(
        &self,
        user: &User,
        connector_id: &str,
        wanted: Option<&ConnectionId>,
        options: PickerOptions,
    ) -> AppResult<CreatedPicker> {
        let (connector, connection) = self.working_connection(user, connector_id, wanted).await?;
        if !connector.descriptor().capabilities.browse {
            let message = format!("{} has no picker", connector.descriptor().name);
            return Err(AppError::unsupported(connector.descriptor(), message));
        }
        if options.origin.as_deref().is_some_and(|origin| !self.settings.allows_origin(origin)) {
            return Err(AppError::invalid("origin", "this origin is not on the server's list"));
        }
        let key = SecretString::from(random_token("pk_"));
        let new = NewPickerSession {
            user_id: user.id.clone(),
            connection_id: connection.id,
            key_hash: SecretHash::of(key.expose_secret()).to_hex(),
            options: serde_json::to_value(&options).map_err(AppError::internal)?,
            expires_at: self.now() + PICKER_LIFETIME,
        };
        let session = self.store.create_picker_session(&new).await?.id;
        let page = self.settings.address(&format!("picker/{session}"));
        let url = format!("{page}#{}", key.expose_secret());
        Ok(CreatedPicker { url, session, expires_in: PICKER_LIFETIME.as_secs() })
    }

    /// What became of a session of this user and connector.
    pub async fn inspect_picker(
        &self,
        user: &User,
        connector_id: &str,
        session: &PickerSessionId,
    ) -> AppResult<PickerReport> {
        self.usable_connector(user, connector_id)?;
        let found = match self.store.get_picker_session(&user.id, session).await {
            Err(StoreError::NotFound) => return Err(no_session()),
            other => other?,
        };
        let connection = self.store.find_connection(&found.connection_id).await?.ok_or_else(no_session)?;
        if connection.connector_id.as_str() != connector_id {
            return Err(no_session());
        }
        let files = match &found.picked {
            Some(picked) => serde_json::from_value(picked.clone()).map_err(AppError::internal)?,
            None => Vec::new(),
        };
        Ok(PickerReport { status: self.picker_status(&found), files })
    }

    /// Opens a session with the key of its page.
    pub async fn open_picker(&self, session: &PickerSessionId, key: &SecretString) -> AppResult<OpenPicker> {
        let found = self.store.find_picker_session(session).await?;
        // One answer for "no such session" and "wrong key": the key is what proves the session exists.
        let matches =
            |found: &PickerSession| SecretHash::of(key.expose_secret()).matches_hex(&found.key_hash);
        let found = found.filter(matches).ok_or_else(no_session)?;
        if self.picker_status(&found) != "open" {
            return Err(AppError::new(Code::Conflict, "this picker is closed: ask for a new one"));
        }
        let options = serde_json::from_value(found.options.clone()).map_err(AppError::internal)?;
        let user = self.store.find_user(&found.user_id).await?.ok_or_else(no_session)?;
        let connection = self.store.find_connection(&found.connection_id).await?.ok_or_else(no_session)?;
        let connector = connection.connector_id.as_str();
        let (_, connection) = self.working_connection(&user, connector, Some(&connection.id)).await?;
        Ok(OpenPicker { session: found.id, options, connection })
    }

    /// A page of the picker's list.
    pub async fn browse_picker(
        &self,
        picker: &OpenPicker,
        folder: Option<ProviderItemId>,
        query: Option<String>,
        page: PageOf,
    ) -> AppResult<Page<SourceFile>> {
        let descriptor = self.get_connector(picker.connection.connector_id.as_str())?.descriptor();
        let request = BrowseFiles { folder, query, media_types: picker.options.mime_types.clone(), page };
        self.browse_connection(descriptor, &picker.connection, request).await
    }

    /// Takes the choice, once. Every chosen thing is looked up at the source, so that what is handed on is
    /// what the source says and not what the page says.
    pub async fn pick(&self, picker: &OpenPicker, ids: Vec<ProviderItemId>) -> AppResult<Vec<PickedFile>> {
        let most = if picker.options.multiple { picker.options.max_files } else { 1 };
        if ids.is_empty() || ids.len() > most as usize {
            return Err(AppError::invalid("file_ids", format!("choose 1 to {most} files")));
        }
        let descriptor = self.get_connector(picker.connection.connector_id.as_str())?.descriptor();
        let source = self.open_source(&picker.connection)?;
        let mut picked = Vec::with_capacity(ids.len());
        for id in &ids {
            let entry = source
                .get(id)
                .await
                .map_err(|error| AppError::from_connector(descriptor, "look up a file at", error))?;
            let wanted = &picker.options.mime_types;
            if !entry.kind.holds_items() && !wanted.is_empty() && !accepts(wanted, &entry.media_type) {
                return Err(AppError::invalid("file_ids", format!("{} is not of a wanted type", entry.name)));
            }
            picked.push(PickedFile {
                id: entry.id,
                name: entry.name,
                media_type: entry.media_type,
                size: entry.size,
                url: entry.url,
                kind: public_kind(entry.kind).to_owned(),
            });
        }
        let value = serde_json::to_value(&picked).map_err(AppError::internal)?;
        self.close_picker(picker, Some(&value)).await?;
        Ok(picked)
    }

    pub async fn cancel_picker(&self, picker: &OpenPicker) -> AppResult<()> {
        self.close_picker(picker, None).await
    }

    async fn close_picker(&self, picker: &OpenPicker, picked: Option<&serde_json::Value>) -> AppResult<()> {
        if self.store.complete_picker_session(&picker.session, picked, self.now()).await? {
            return Ok(());
        }
        Err(AppError::new(Code::Conflict, "this picker is closed: ask for a new one"))
    }

    fn picker_status(&self, session: &PickerSession) -> &'static str {
        match session.state {
            PickerState::Picked => "picked",
            PickerState::Cancelled => "cancelled",
            PickerState::Open if session.expires_at <= self.now() => "expired",
            PickerState::Open => "open",
        }
    }
}

/// A session whose key was shown, with the connection it looks through.
#[derive(Debug)]
pub struct OpenPicker {
    pub session: PickerSessionId,
    pub options: PickerOptions,
    pub connection: Connection,
}

/// The API's word for what an item is.
pub fn public_kind(kind: gangway_model::ItemKind) -> &'static str {
    use gangway_model::ItemKind;
    match kind {
        ItemKind::File | ItemKind::FileAndContainer => "file",
        ItemKind::Container => "folder",
        ItemKind::Link => "link",
    }
}

/// Whether a media type is wanted: by its name, or by its family (`image/*`).
fn accepts(wanted: &[String], media_type: &str) -> bool {
    let essence = gangway_model::media::essence(media_type);
    wanted.iter().any(|one| match one.strip_suffix("/*") {
        Some(family) => essence.split('/').next() == Some(family),
        None => gangway_model::media::essence(one) == essence,
    })
}

fn no_session() -> AppError {
    AppError::not_found("picker session")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_wanted_by_name_or_by_family() {
        let wanted = ["application/pdf".to_owned(), "image/*".to_owned()];
        assert!(accepts(&wanted, "application/pdf") && accepts(&wanted, "image/png"));
        assert!(accepts(&wanted, "Application/PDF; x=1"));
        assert!(!accepts(&wanted, "text/plain") && !accepts(&wanted, "imagex/png"));
    }
}
