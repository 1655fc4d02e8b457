//! Cursors: opaque texts that carry the arguments of a listing, the caller, and the place reached.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::errors::ApiError;
use super::tree::{AccountRef, NamespaceRef, NodeRef};

/// The cursor of `files/list_folder`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListCursor {
    #[serde(rename = "a")]
    pub account: AccountRef,
    #[serde(rename = "r")]
    pub root: NodeRef,
    #[serde(rename = "b")]
    pub base: NodeRef,
    #[serde(rename = "o")]
    pub options: ListOptions,
    /// Position in the journal.
    #[serde(rename = "s")]
    pub seen: u64,
    #[serde(rename = "e")]
    pub epoch: u64,
    /// Where the first listing stands; None once it is through.
    #[serde(rename = "p")]
    pub phase: Option<Phase>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListOptions {
    #[serde(rename = "r")]
    pub recursive: bool,
    #[serde(rename = "d")]
    pub include_deleted: bool,
    #[serde(rename = "m")]
    pub include_mounted: bool,
    #[serde(rename = "n")]
    pub include_non_downloadable: bool,
    #[serde(rename = "x")]
    pub explicit_members: bool,
    #[serde(rename = "l")]
    pub limit: Option<usize>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// Children in the order of their names, after this one.
    #[serde(rename = "c")]
    Children(String),
    #[serde(rename = "g")]
    Buried(String),
    /// Nodes of a namespace in the order of arrival; counted from the end when `back`.
    #[serde(rename = "n")]
    Nodes { namespace: NamespaceRef, at: usize },
}

/// Writes any cursor as text, with a checksum in front.
pub fn seal<T: Serialize>(kind: char, cursor: &T) -> String {
    let mut body = vec![kind as u8];
    body.extend(serde_json::to_vec(cursor).unwrap_or_default());
    let mut bytes = digest(&SHA256, &body).as_ref()[..6].to_vec();
    bytes.extend(body);
    format!("AA{}", URL_SAFE_NO_PAD.encode(bytes))
}

/// Reads a cursor; garbage and cursors of another kind of listing are malformed calls.
pub fn open<T: DeserializeOwned>(kind: char, text: &str) -> Result<T, ApiError> {
    let read = || {
        let bytes = URL_SAFE_NO_PAD.decode(text.strip_prefix("AA")?).ok()?;
        let (sum, body) = bytes.split_at_checked(6)?;
        let whole = digest(&SHA256, body);
        let (found, rest) = body.split_first()?;
        if whole.as_ref()[..6] != *sum || *found != kind as u8 {
            return None;
        }
        serde_json::from_slice(rest).ok()
    };
    read().ok_or_else(|| ApiError::malformed(format!("Invalid \"cursor\" parameter: \"{text}\"")))
}

/// The cursor of the simpler listings: how many rows were given, of which question.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RowCursor {
    #[serde(rename = "a")]
    pub account: AccountRef,
    #[serde(rename = "s")]
    pub start: usize,
    #[serde(rename = "l")]
    pub limit: usize,
    #[serde(rename = "q")]
    pub question: serde_json::Value,
}
