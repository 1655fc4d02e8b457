//! What is inside a file: stored bytes, bytes made on demand, or the source of a native document.

use std::sync::Arc;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use bytes::Bytes;
use md5::{Digest, Md5};
use serde::{Deserialize, Serialize};

use super::model::Digests;
use crate::kernel::words::filler_text;

/// A file's content.
#[derive(Debug, Clone)]
pub enum Content {
    /// Folders and shortcuts.
    None,
    Bytes(Bytes),
    /// Filler that depends only on the seed; costs no memory.
    Filler {
        seed: u64,
        size: u64,
    },
    Native(Arc<NativeSource>),
}

/// What a native document is made from; exports are generated from it.
#[derive(Debug, Clone)]
pub struct NativeSource {
    pub kind: NativeKind,
    /// Markdown for documents and slides, SVG for drawings, JSON for scripts and forms.
    pub text: String,
    /// Name and rows of each sheet.
    pub sheets: Vec<(String, Vec<Vec<String>>)>,
    /// Exports are filled up to at least this many bytes.
    pub pad_to: u64,
}

/// The editors a native document can belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NativeKind {
    Document,
    Spreadsheet,
    Presentation,
    Drawing,
    Script,
    Vid,
    Form,
    Site,
    Map,
    Jam,
}

impl NativeKind {
    /// Returns the last part of the MIME type.
    pub fn word(self) -> &'static str {
        match self {
            NativeKind::Document => "document",
            NativeKind::Spreadsheet => "spreadsheet",
            NativeKind::Presentation => "presentation",
            NativeKind::Drawing => "drawing",
            NativeKind::Script => "script",
            NativeKind::Vid => "vid",
            NativeKind::Form => "form",
            NativeKind::Site => "site",
            NativeKind::Map => "map",
            NativeKind::Jam => "jam",
        }
    }

    pub fn mime(self) -> String {
        format!("{}{}", super::model::NATIVE_PREFIX, self.word())
    }
}

impl NativeSource {
    pub fn of_text(kind: NativeKind, text: impl Into<String>) -> Self {
        Self { kind, text: text.into(), sheets: Vec::new(), pad_to: 0 }
    }

    /// Returns all words of the document, for full-text search.
    pub fn searchable(&self) -> String {
        let mut text = self.text.clone();
        for (name, rows) in &self.sheets {
            text.push('\n');
            text.push_str(name);
            for row in rows {
                text.push('\n');
                text.push_str(&row.join(" "));
            }
        }
        text
    }
}

impl Content {
    /// Returns the bytes of a blob; native documents and folders have none.
    pub fn blob(&self) -> Option<Bytes> {
        match self {
            Content::Bytes(bytes) => Some(bytes.clone()),
            Content::Filler { seed, size } => Some(filler_text(*seed, *size as usize).into()),
            Content::None | Content::Native(_) => None,
        }
    }

    pub fn native(&self) -> Option<&Arc<NativeSource>> {
        match self {
            Content::Native(source) => Some(source),
            _ => None,
        }
    }

    /// Returns the size Drive reports: absent without content, a fixed figure for native documents.
    pub fn reported_size(&self) -> u64 {
        match self {
            Content::None => 0,
            Content::Bytes(bytes) => bytes.len() as u64,
            Content::Filler { size, .. } => *size,
            Content::Native(source) => 1024.max(source.pad_to),
        }
    }

    /// Returns the checksums of a blob.
    pub fn digests(&self) -> Option<Digests> {
        let bytes = self.blob()?;
        Some(Digests {
            md5: to_hex(&Md5::digest(&bytes)),
            sha1: to_hex(digest(&SHA1_FOR_LEGACY_USE_ONLY, &bytes).as_ref()),
            sha256: to_hex(digest(&SHA256, &bytes).as_ref()),
        })
    }
}

fn to_hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(DIGITS[usize::from(byte >> 4)] as char);
        text.push(DIGITS[usize::from(byte & 15)] as char);
    }
    text
}
