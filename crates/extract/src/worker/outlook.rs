//! The attachments of an Outlook message: storages in an OLE container (MS-OXMSG).

use std::io::{Cursor, Read};
use std::path::Path;

use cfb::CompoundFile;

use super::reader::{Member, shown_path, too_large_unpacked};
use crate::protocol::Refusal;

const ATTACHMENTS: usize = 200;
const ATTACHMENT_BYTES: u64 = 50_000_000;
/// Property streams: content, long name, short name, declared type.
const CONTENT: &str = "__substg1.0_37010102";
const NAMES: [&str; 4] =
    ["__substg1.0_3707001F", "__substg1.0_3704001F", "__substg1.0_3707001E", "__substg1.0_3704001E"];
const MEDIA_TYPES: [&str; 2] = ["__substg1.0_370E001F", "__substg1.0_370E001E"];

/// The attachments that hold bytes of their own. Messages within messages do not: those are passed over.
pub(super) fn attachments(content: &[u8]) -> Vec<Member> {
    let Ok(mut file) = CompoundFile::open(Cursor::new(content)) else { return Vec::new() };
    let storages = file.read_root_storage().filter(|entry| entry.name().starts_with("__attach_version1.0_#"));
    let storages: Vec<_> = storages.take(ATTACHMENTS).map(|entry| entry.path().to_owned()).collect();
    storages.iter().enumerate().filter_map(|(number, at)| attachment(&mut file, at, number)).collect()
}

fn attachment(file: &mut CompoundFile<Cursor<&[u8]>>, at: &Path, number: usize) -> Option<Member> {
    if !file.is_stream(at.join(CONTENT)) {
        return None;
    }
    let bytes = stream(file, &at.join(CONTENT), ATTACHMENT_BYTES);
    let bytes = match bytes {
        Some(bytes) if bytes.len() as u64 > ATTACHMENT_BYTES => {
            Err(Refusal::TooLarge { what: too_large_unpacked() })
        }
        Some(bytes) => Ok(bytes),
        None => Err(Refusal::Broken { media_type: crate::media_type::MSG.to_owned() }),
    };
    let name = NAMES.iter().find_map(|name| text(file, &at.join(name)));
    Some(Member {
        name: name.map(|name| shown_path(&name)).unwrap_or_else(|| format!("attachment {}", number + 1)),
        media_type: MEDIA_TYPES.iter().find_map(|kind| text(file, &at.join(kind))).unwrap_or_default(),
        bytes,
    })
}

/// A text property: UTF-16 where its name ends so, else in an old code page of which only ASCII is certain.
fn text(file: &mut CompoundFile<Cursor<&[u8]>>, at: &Path) -> Option<String> {
    let bytes = stream(file, at, 2048)?;
    let text = match at.to_string_lossy().ends_with("001F") {
        true => encoding_rs::UTF_16LE.decode_without_bom_handling(&bytes).0.into_owned(),
        false => encoding_rs::WINDOWS_1252.decode_without_bom_handling(&bytes).0.into_owned(),
    };
    let text = text.trim_end_matches('\0').to_owned();
    (!text.is_empty()).then_some(text)
}

/// Up to one byte more than the limit.
fn stream(file: &mut CompoundFile<Cursor<&[u8]>>, at: &Path, limit: u64) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    file.open_stream(at).ok()?.take(limit + 1).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}
