//! `orderBy`, and the kept results of ordered listings so that later pages cost nothing.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;

use crate::google::drive::{AccountRef, Drive, FileNode, FileRef};
use crate::google::errors::ApiError;

/// Ordered listings kept at once; the oldest goes first.
const KEPT: usize = 256;

#[derive(Debug, Clone, Copy)]
enum Key {
    Created,
    Folder,
    ModifiedByMe,
    Modified,
    Name,
    NameNatural,
    QuotaBytes,
    Recency,
    SharedWithMe,
    Starred,
    ViewedByMe,
}

/// A parsed `orderBy`.
#[derive(Debug, Clone)]
pub struct Order {
    keys: Vec<(Key, bool)>,
}

impl Order {
    pub fn parse(text: &str) -> Result<Order, ApiError> {
        let mut keys = Vec::new();
        for part in text.split(',') {
            let mut words = part.split_whitespace();
            let key = match words.next() {
                Some("createdTime") => Key::Created,
                Some("folder") => Key::Folder,
                Some("modifiedByMeTime") => Key::ModifiedByMe,
                Some("modifiedTime") => Key::Modified,
                Some("name") => Key::Name,
                Some("name_natural") => Key::NameNatural,
                Some("quotaBytesUsed") => Key::QuotaBytes,
                Some("recency") => Key::Recency,
                Some("sharedWithMeTime") => Key::SharedWithMe,
                Some("starred") => Key::Starred,
                Some("viewedByMeTime") => Key::ViewedByMe,
                _ => return Err(ApiError::invalid_value("orderBy")),
            };
            let descending = match (words.next(), words.next()) {
                (None, _) => false,
                (Some("desc"), None) => true,
                _ => return Err(ApiError::invalid_value("orderBy")),
            };
            keys.push((key, descending));
        }
        Ok(Order { keys })
    }

    pub fn sort(&self, drive: &Drive, me: AccountRef, files: &mut [FileRef]) {
        files.sort_by(|left, right| {
            let (Some(a), Some(b)) = (drive.node(*left), drive.node(*right)) else {
                return Ordering::Equal;
            };
            for (key, descending) in &self.keys {
                let order = compare_by(*key, me, a, b);
                let order = if *descending { order.reverse() } else { order };
                if order != Ordering::Equal {
                    return order;
                }
            }
            right.cmp(left)
        });
    }
}

fn compare_by(key: Key, me: AccountRef, a: &FileNode, b: &FileNode) -> Ordering {
    let mine = |node: &FileNode| if node.modified_by == me { node.modified_ms } else { 0 };
    let viewed =
        |node: &FileNode| node.extra.as_ref().and_then(|e| e.viewed_by.get(&me).copied()).unwrap_or(0);
    let shared = |node: &FileNode| {
        node.extra.as_ref().and_then(|e| e.shared_with_me.get(&me).map(|s| s.0)).unwrap_or(0)
    };
    let starred = |node: &FileNode| node.extra.as_ref().is_some_and(|e| e.starred_by.contains(&me));
    let recency = |node: &FileNode| node.modified_ms.max(viewed(node)).max(shared(node));
    match key {
        Key::Created => a.created_ms.cmp(&b.created_ms),
        Key::Folder => b.is_folder().cmp(&a.is_folder()),
        Key::ModifiedByMe => mine(a).cmp(&mine(b)),
        Key::Modified => a.modified_ms.cmp(&b.modified_ms),
        Key::Name => a.name.to_lowercase().cmp(&b.name.to_lowercase()),
        Key::NameNatural => natural(&a.name).cmp(&natural(&b.name)),
        Key::QuotaBytes => a.size.cmp(&b.size),
        Key::Recency => recency(a).cmp(&recency(b)),
        Key::SharedWithMe => shared(a).cmp(&shared(b)),
        Key::Starred => starred(b).cmp(&starred(a)),
        Key::ViewedByMe => viewed(a).cmp(&viewed(b)),
    }
}

/// Splits a name into text and numbers, so that 2 comes before 12.
fn natural(name: &str) -> Vec<(String, u64)> {
    let mut parts = Vec::new();
    let mut text = String::new();
    let mut digits = String::new();
    for character in name.to_lowercase().chars() {
        if character.is_ascii_digit() && digits.len() < 18 {
            digits.push(character);
            continue;
        }
        if !digits.is_empty() {
            parts.push((std::mem::take(&mut text), digits.parse().unwrap_or(0)));
            digits.clear();
        }
        text.push(character);
    }
    parts.push((text, digits.parse().unwrap_or(0)));
    parts
}

/// Results of ordered listings, by the number in their page tokens.
#[derive(Debug, Default)]
pub struct Snapshots {
    next: u64,
    kept: HashMap<u64, Arc<[FileRef]>>,
}

impl Snapshots {
    pub fn keep(&mut self, files: Vec<FileRef>) -> (u64, Arc<[FileRef]>) {
        let number = self.next;
        self.next += 1;
        let files: Arc<[FileRef]> = files.into();
        self.kept.insert(number, Arc::clone(&files));
        if let Some(oldest) = number.checked_sub(KEPT as u64) {
            self.kept.remove(&oldest);
        }
        (number, files)
    }

    pub fn find(&self, number: u64) -> Option<Arc<[FileRef]>> {
        self.kept.get(&number).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn natural_order_knows_numbers() {
        let mut names = ["file 12", "file 2", "file 1"];
        names.sort_by_key(|name| natural(name));
        assert_eq!(names, ["file 1", "file 2", "file 12"]);
    }

    #[test]
    fn bad_orders_are_refused() {
        for text in ["size", "name up", "name desc desc", "", "name,,modifiedTime"] {
            assert!(Order::parse(text).is_err(), "{text}");
        }
        assert!(Order::parse("folder,modifiedTime desc,name").is_ok());
    }
}
