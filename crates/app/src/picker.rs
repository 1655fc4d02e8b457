//! Picker sessions: a page of ours on which a person chooses files, and the choice handed back once.

use std::collections::HashSet;
use std::time::Duration;

use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use gangway_connector::{ConnectorError, Descriptor, Entry};
use gangway_effects::random_token;
use gangway_model::{
    Connection, ConnectionId, ConnectionState, ExposeSecret, PickerSessionId, ProviderItemId, SecretString,
    User,
};
use gangway_store::{NewPickerSession, PickerSession, PickerState, StoreError};
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::browse_files::{BrowseFiles, SourceFile};
use crate::error::{AppError, AppResult, Code};
use crate::page::{Page, PageOf};
use crate::reach::not_connected;
use crate::secret_hash::SecretHash;
use crate::sign_in::working;
use crate::start_authorization::{StartAuthorization, StartedAuthorization};

/// How long a picker stays open.
pub const PICKER_LIFETIME: Duration = Duration::from_secs(1800);
/// Chosen things that are looked up at the source at the same time.
const LOOK_UPS: usize = 8;

/// What may be chosen, and who hears of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PickerOptions {
    pub multiple: bool,
    /// Only these types; empty means all.
    pub mime_types: Vec<String>,
    pub max_files: u32,
    /// The page that embeds the picker and is told the choice.
    pub origin: Option<String>,
    /// Where the picker leads when it has neither a window that opened it nor a frame around it.
    pub redirect_uri: Option<String>,
    /// Given back with the choice, as it came.
    pub state: Option<String>,
}

impl PickerOptions {
    /// How many things may be chosen.
    pub fn most(&self) -> u32 {
        if self.multiple { self.max_files } else { 1 }
    }
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
        let (connector, connection) = self.get_connection(user, connector_id, wanted).await?;
        let descriptor = connector.descriptor();
        if connection.state == ConnectionState::Disconnecting {
            return Err(not_connected(descriptor));
        }
        if !descriptor.capabilities.browse {
            return Err(AppError::unsupported(descriptor, format!("{} has no picker", descriptor.name)));
        }
        if options.origin.as_deref().is_some_and(|origin| !self.settings.allows_origin(origin)) {
            return Err(AppError::invalid("origin", "this origin is not on the server's list"));
        }
        if options.redirect_uri.as_deref().is_some_and(|uri| !self.settings.allows_redirect(uri)) {
            let message = "this redirect_uri is not on the server's list: it must match an entry exactly";
            return Err(AppError::invalid("redirect_uri", message));
        }
        if let Some(odd) = options.mime_types.iter().find(|one| !is_media_type(one)) {
            let message = format!("{odd:?} names no type: write application/pdf, or image/* for a family");
            return Err(AppError::invalid("mime_types", message));
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

    /// Opens a session with the key of its page; whether its account answers is for later, since the page can
    /// have it connected again.
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
        let user = working(self.store.find_user(&found.user_id).await?.ok_or_else(no_session)?)?;
        let connection = self.store.find_connection(&found.connection_id).await?.ok_or_else(no_session)?;
        let connector = connection.connector_id.as_str();
        let (connector, connection) = self.get_connection(&user, connector, Some(&connection.id)).await?;
        let descriptor = connector.descriptor();
        if connection.state == ConnectionState::Disconnecting {
            return Err(not_connected(descriptor));
        }
        let expires_in = (found.expires_at - self.now()).num_seconds().max(0);
        Ok(OpenPicker { session: found.id, options, user, descriptor, connection, expires_in })
    }

    /// Begins to connect the picker's account again, on this server's own callback page.
    pub async fn reconnect_picker(&self, picker: &OpenPicker) -> AppResult<StartedAuthorization> {
        let login_hint = picker.connection.account.email.clone();
        let request = StartAuthorization { login_hint, ..StartAuthorization::default() };
        self.start_authorization(&picker.user, picker.descriptor.id, request).await
    }

    /// A page of the picker's list.
    pub async fn browse_picker(
        &self,
        picker: &OpenPicker,
        folder: Option<ProviderItemId>,
        query: Option<String>,
        page: PageOf,
    ) -> AppResult<Page<SourceFile>> {
        let connection = self.working_picker(picker).await?;
        let request = BrowseFiles { folder, query, media_types: picker.options.mime_types.clone(), page };
        self.browse_connection(picker.descriptor, &connection, request).await
    }

    /// Takes the choice, once. Every chosen thing is looked up at the source, so that what is handed on is
    /// what the source says and not what the page says.
    pub async fn pick(
        &self,
        picker: &OpenPicker,
        mut ids: Vec<ProviderItemId>,
    ) -> AppResult<Vec<PickedFile>> {
        let mut seen = HashSet::new();
        ids.retain(|id| seen.insert(id.clone()));
        let most = picker.options.most();
        if ids.is_empty() || ids.len() > most as usize {
            return Err(AppError::invalid("file_ids", format!("choose 1 to {most} files")));
        }
        let connection = self.working_picker(picker).await?;
        let source = self.open_source(&connection)?;
        let source = &*source;
        let look_up = |id| async move { source.get(id).await.map_err(|error| (id, error)) };
        let looked: Vec<_> = ids.iter().map(look_up).collect();
        let entries: Vec<Entry> = stream::iter(looked)
            .buffered(LOOK_UPS)
            .try_collect()
            .await
            .map_err(|(id, error)| not_looked_up(picker.descriptor, id, error))?;
        let wanted = &picker.options.mime_types;
        let unwanted = |entry: &&Entry| !entry.kind.holds_items() && !accepts(wanted, &entry.media_type);
        if let Some(entry) = entries.iter().find(unwanted) {
            let message = format!("{} is not of a wanted type", entry.name);
            return Err(AppError::invalid("file_ids", message).with("file_id", entry.id.as_str()));
        }
        let picked: Vec<PickedFile> = entries.into_iter().map(PickedFile::from).collect();
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

    /// The picker's connection, if it can be worked with.
    async fn working_picker(&self, picker: &OpenPicker) -> AppResult<Connection> {
        let id = Some(&picker.connection.id);
        Ok(self.working_connection(&picker.user, picker.descriptor.id, id).await?.1)
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
    pub user: User,
    pub descriptor: &'static Descriptor,
    pub connection: Connection,
    /// Seconds that are left.
    pub expires_in: i64,
}

impl From<Entry> for PickedFile {
    fn from(entry: Entry) -> Self {
        Self {
            id: entry.id,
            name: entry.name,
            media_type: entry.media_type,
            size: entry.size,
            url: entry.url,
            kind: public_kind(entry.kind).to_owned(),
        }
    }
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

/// A type (`application/pdf`) or a family (`image/*`). Anything else would let nothing be chosen.
fn is_media_type(text: &str) -> bool {
    let is_name = |name: &str| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "!#$&-^_.+".contains(c))
    };
    let essence = gangway_model::media::essence(text);
    essence.split_once('/').is_some_and(|(family, name)| is_name(family) && (name == "*" || is_name(name)))
}

/// Why a chosen thing is not handed on. One that is gone is no reason to end the session: the page leaves it out.
fn not_looked_up(descriptor: &Descriptor, id: &ProviderItemId, error: ConnectorError) -> AppError {
    if error.is_gone() {
        let message = "one of the chosen files is not there any more";
        return AppError::invalid("file_ids", message).with("file_id", id.as_str()).because(error);
    }
    AppError::from_connector(descriptor, "look up a file at", error)
}

/// Whether a media type is wanted: by its name, or by its family (`image/*`). All are when none is named.
fn accepts(wanted: &[String], media_type: &str) -> bool {
    let essence = gangway_model::media::essence(media_type);
    wanted.is_empty()
        || wanted.iter().any(|one| match one.strip_suffix("/*") {
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
        assert!(accepts(&[], "text/plain"));
    }

    #[test]
    fn what_names_no_type_is_told_from_what_does() {
        for good in [
            "application/pdf",
            "image/*",
            "application/vnd.google-apps.document",
            "text/plain; charset=utf-8",
        ] {
            assert!(is_media_type(good), "{good}");
        }
        for odd in ["pdf", ".pdf", "*", "*/*", "image/", "/png", "image/p*", "a/b/c", "image /png", ""] {
            assert!(!is_media_type(odd), "{odd}");
        }
    }
}
