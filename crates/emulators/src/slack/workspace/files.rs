//! Files: uploading, changing, deleting, making public.

use anyhow::Context;
use bytes::Bytes;
use serde_json::json;

use super::model::{Content, FileMode, SlackFile};
use super::store::Workspace;

const SCOPES: &[&str] = &["files:read"];

/// A file to be uploaded.
#[derive(Debug, Clone)]
pub struct NewFile {
    pub user: String,
    pub name: Option<String>,
    pub title: Option<String>,
    pub mimetype: Option<String>,
    pub filetype: Option<String>,
    pub mode: FileMode,
    pub content: Content,
    pub external_type: String,
    pub external_url: String,
    pub check_file_info: bool,
    pub created: Option<i64>,
    pub pending: bool,
}

impl NewFile {
    pub fn hosted(user: &str, name: &str, bytes: impl Into<Bytes>) -> Self {
        Self {
            user: user.to_owned(),
            name: Some(name.to_owned()),
            title: None,
            mimetype: None,
            filetype: None,
            mode: FileMode::Hosted,
            content: Content::Bytes(bytes.into()),
            external_type: String::new(),
            external_url: String::new(),
            check_file_info: false,
            created: None,
            pending: false,
        }
    }
}

impl Workspace {
    pub fn add_file(&mut self, new: NewFile, now_ms: i64) -> String {
        let id = self.new_id("F");
        let name = new.name.clone().unwrap_or_default();
        let guessed = match new.mode {
            FileMode::Canvas | FileMode::Quip => "application/vnd.slack-docs".to_owned(),
            _ => mime_guess::from_path(&name).first_raw().unwrap_or("text/plain").to_owned(),
        };
        let filetype = new.filetype.unwrap_or_else(|| match new.mode {
            FileMode::Canvas | FileMode::Quip => "quip".to_owned(),
            FileMode::External => new.external_type.clone(),
            FileMode::Snippet => "text".to_owned(),
            _ => filetype_of(&name),
        });
        let file = SlackFile {
            id: id.clone(),
            team_id: self.team().id.clone(),
            title: new.title.or_else(|| new.name.clone()),
            name: new.name,
            mimetype: new.mimetype.unwrap_or(guessed),
            filetype,
            mode: new.mode,
            user: new.user.clone(),
            created: new.created.unwrap_or(now_ms / 1000),
            edited: None,
            content: new.content,
            shares: Vec::new(),
            deleted: false,
            external_type: new.external_type,
            external_url: new.external_url,
            check_file_info: new.check_file_info,
            refusal: None,
            public_url_shared: false,
            pending: new.pending,
        };
        self.files.insert(id.clone(), file);
        if !new.pending {
            self.tell_file("file_created", &id);
        }
        id
    }

    /// Tells the uploader's apps about a file that is not shared yet.
    pub fn tell_file(&mut self, word: &str, id: &str) {
        let Some(file) = self.files.get(id) else { return };
        let user = file.user.clone();
        let body = json!({"type": word, "file_id": id, "user_id": user, "file": {"id": id}});
        let channel = file.shares.first().map(|share| share.channel.clone());
        match channel {
            Some(channel) => self.tell_channel(&channel, word, SCOPES, body),
            None => self.tell_user(&user, word, SCOPES, body),
        }
    }

    pub fn change_file(
        &mut self,
        id: &str,
        title: Option<&str>,
        content: Option<Content>,
        now_ms: i64,
    ) -> anyhow::Result<()> {
        let file = self.files.get_mut(id).with_context(|| format!("no file {id}"))?;
        if let Some(title) = title {
            file.title = Some(title.to_owned());
        }
        if let Some(content) = content {
            file.content = content;
        }
        file.edited = Some(now_ms / 1000);
        self.tell_file("file_change", id);
        Ok(())
    }

    /// Makes a file readable by link.
    pub fn publish_file(&mut self, id: &str) -> anyhow::Result<()> {
        let file = self.files.get_mut(id).with_context(|| format!("no file {id}"))?;
        file.public_url_shared = true;
        self.tell_file("file_public", id);
        Ok(())
    }

    /// Deletes a file; messages that showed it keep a tombstone.
    pub fn delete_file(&mut self, id: &str) -> anyhow::Result<()> {
        let file = self.files.get_mut(id).with_context(|| format!("no file {id}"))?;
        let channels: Vec<String> = file.shares.iter().map(|share| share.channel.clone()).collect();
        file.deleted = true;
        file.mode = FileMode::Tombstone;
        file.content = Content::Bytes(Bytes::new());
        let user = file.user.clone();
        let body = json!({"type": "file_deleted", "file_id": id, "channel_ids": channels});
        match channels.first() {
            Some(channel) => self.tell_channel(channel, "file_deleted", SCOPES, body),
            None => self.tell_user(&user, "file_deleted", SCOPES, body),
        }
        Ok(())
    }
}

/// Returns Slack's short word for a kind of file.
fn filetype_of(name: &str) -> String {
    match name.rsplit_once('.').map(|(_, ending)| ending.to_lowercase()).as_deref() {
        Some("txt") | None => "text".to_owned(),
        Some("md") => "markdown".to_owned(),
        Some("jpeg") => "jpg".to_owned(),
        Some("py") => "python".to_owned(),
        Some("js") => "javascript".to_owned(),
        Some("htm") => "html".to_owned(),
        Some(other) => other.to_owned(),
    }
}
