//! A ZIP archive as a folder of documents.

use std::io::{Cursor, Read};

use gangway_model::media;
use zip::ZipArchive;
use zip::result::ZipError;

use super::reader::{Member, Position, Reader, shown_path, too_large_unpacked};
use crate::media_type::ZIP;
use crate::protocol::Refusal;

/// Reads the members in the order of the archive's directory.
pub(super) fn read(reader: &mut Reader<'_>, content: Vec<u8>, position: &Position) -> Result<(), Refusal> {
    let broken = || Refusal::Broken { media_type: ZIP.to_owned() };
    let mut archive = ZipArchive::new(Cursor::new(content)).map_err(|_| broken())?;
    // Whether there is anything, and nothing that is open.
    let (mut is_sealed, mut is_open) = (false, false);
    for number in 0..archive.len() {
        let Some(member) = unpack(&mut archive, number, reader.room()) else { continue };
        match member.bytes {
            Err(Refusal::Encrypted) => is_sealed = true,
            _ => is_open = true,
        }
        reader.read_members([member], position)?;
        if reader.room() == 0 && number + 1 < archive.len() {
            let name = format!("{} more files", archive.len() - number - 1);
            let bytes = Err(Refusal::TooLarge { what: too_large_unpacked() });
            let rest = Member { name, media_type: media::OCTET_STREAM.to_owned(), bytes };
            return reader.read_members([rest], position);
        }
    }
    match is_sealed && !is_open {
        true => Err(Refusal::Encrypted),
        false => Ok(()),
    }
}

/// One member and its bytes; nothing for folders and for what only a file system needs.
fn unpack(archive: &mut ZipArchive<Cursor<Vec<u8>>>, number: usize, room: u64) -> Option<Member> {
    let mut name =
        archive.name_for_index(number).map_or(String::new(), |name| shown_path(&name.unwrap_or_default()));
    let bytes = match archive.by_index(number) {
        Ok(file) if file.is_dir() => return None,
        Ok(file) => {
            name = file.name().map_or(name, |own| shown_path(&own));
            take(file, room, ZIP)
        }
        Err(ZipError::UnsupportedArchive(why)) if why == ZipError::PASSWORD_REQUIRED => {
            Err(Refusal::Encrypted)
        }
        Err(ZipError::UnsupportedArchive(_)) => Err(Refusal::Unsupported { media_type: ZIP.to_owned() }),
        Err(_) => Err(Refusal::Broken { media_type: ZIP.to_owned() }),
    };
    (!is_litter(&name)).then(|| Member { name, media_type: String::new(), bytes })
}

/// Reads no more than there is room for, whatever the directory says of the size.
pub(super) fn take(file: impl Read, room: u64, media_type: &str) -> Result<Vec<u8>, Refusal> {
    let mut bytes = Vec::new();
    match file.take(room.saturating_add(1)).read_to_end(&mut bytes) {
        Ok(_) if bytes.len() as u64 > room => Err(Refusal::TooLarge { what: too_large_unpacked() }),
        Ok(_) => Ok(bytes),
        Err(_) => Err(Refusal::Broken { media_type: media_type.to_owned() }),
    }
}

/// What systems put beside people's files.
pub(super) fn is_litter(name: &str) -> bool {
    let file = name.rsplit('/').next().unwrap_or_default();
    let is_double = file.starts_with("._");
    name.starts_with("__MACOSX/")
        || is_double
        || matches!(file, "" | ".DS_Store" | "Thumbs.db" | "desktop.ini")
}
