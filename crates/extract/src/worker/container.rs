//! Looks into containers whose first bytes do not say enough: old Office files, and ZIP with its directory at the end.

use std::io::{Cursor, Read};

use cfb::CompoundFile;
use gangway_model::media;
use zip::ZipArchive;

use crate::media_type::{DOC, EPUB, MSG, ODP, ODS, ODT, OLE, PPT, XLS, XLSB, ZIP, kind_of_parts};

/// Bytes of a list of parts that are looked at.
const LIST_BYTES: u64 = 1 << 20;

/// What a container holds.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Contained {
    Kind(String),
    Encrypted,
    Broken,
    /// A container, but of nothing we read.
    Unknown,
}

/// Names what the whole bytes of a container hold; other types are passed through.
pub(crate) fn look_into(bytes: &[u8], media_type: &str) -> Contained {
    match media_type {
        ZIP | EPUB | ODT | ODS | ODP | XLSB | media::DOCX | media::XLSX | media::PPTX
            if bytes.starts_with(b"PK") =>
        {
            zip_kind(bytes, media_type)
        }
        OLE | DOC | XLS | PPT | MSG if bytes.starts_with(b"\xd0\xcf\x11\xe0") => ole_kind(bytes),
        other => Contained::Kind(other.to_owned()),
    }
}

/// The directory of the archive tells, not what was claimed; an archive of anything is a folder of documents. One
/// whose directory is lost keeps its claim: the reader of that type may still find something.
fn zip_kind(bytes: &[u8], claimed: &str) -> Contained {
    let Ok(mut archive) = ZipArchive::new(Cursor::new(bytes)) else {
        return match claimed {
            ZIP => Contained::Broken,
            claimed => Contained::Kind(claimed.to_owned()),
        };
    };
    let names: Vec<_> = archive.file_names().flatten().collect();
    let kind = kind_of_parts(bytes, names.iter().map(AsRef::as_ref)).unwrap_or(ZIP);
    // A folder that is called `word` makes no Office file: those have a main part, or at least list their parts' types.
    let is_office = [media::DOCX, media::XLSX, media::PPTX, XLSB].contains(&kind);
    let is_sign = |name: &str| {
        ["[Content_Types].xml", "word/document", "xl/workbook", "ppt/presentation"]
            .iter()
            .any(|sign| name.starts_with(sign))
    };
    let kind = if is_office && !names.iter().any(|name| is_sign(name)) { ZIP } else { kind };
    match is_sealed(&mut archive, kind) {
        true => Contained::Encrypted,
        false => Contained::Kind(kind.to_owned()),
    }
}

/// Whether the parts of an OpenDocument file or a book open only with a password or a licence: the archive around them
/// does not tell. Fonts of books are often disguised, which hides no word.
fn is_sealed(archive: &mut ZipArchive<Cursor<&[u8]>>, kind: &str) -> bool {
    let (list, sign) = match kind {
        ODT | ODS | ODP => ("META-INF/manifest.xml", "encryption-data"),
        EPUB => ("META-INF/encryption.xml", "xmlenc#aes"),
        _ => return false,
    };
    let Ok(part) = archive.by_name(list) else { return false };
    let mut bytes = Vec::new();
    part.take(LIST_BYTES).read_to_end(&mut bytes).ok();
    String::from_utf8_lossy(&bytes).contains(sign)
}

/// Directory entries are 128 bytes, aligned, and start with their name in UTF-16.
fn ole_kind(bytes: &[u8]) -> Contained {
    const NAMES: &[(&str, Option<&str>)] = &[
        ("EncryptedPackage", None),
        ("WordDocument", Some(DOC)),
        ("Workbook", Some(XLS)),
        ("Book", Some(XLS)),
        ("EncryptedSummary", None),
        ("PowerPoint Document", Some(PPT)),
        ("__properties_version1.0", Some(MSG)),
    ];
    let entries = || bytes.get(512..).unwrap_or_default().chunks_exact(128);
    let found = NAMES.iter().find(|(name, _)| {
        let name: Vec<u8> = name.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect();
        entries().any(|entry| entry.starts_with(&name))
    });
    match found {
        Some((_, Some(DOC))) if is_sealed_word(bytes) => Contained::Encrypted,
        Some((_, Some(kind))) => Contained::Kind((*kind).to_owned()),
        Some((_, None)) => Contained::Encrypted,
        None => Contained::Unknown,
    }
}

/// Whether an old Word document says of itself, in the second byte of its flags, that it is encrypted.
fn is_sealed_word(bytes: &[u8]) -> bool {
    let flags = || {
        let mut file = CompoundFile::open(Cursor::new(bytes)).ok()?;
        let mut start = [0; 12];
        file.open_stream("WordDocument").ok()?.read_exact(&mut start).ok()?;
        Some(start[11])
    };
    flags().is_some_and(|flags| flags & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ole_with(name: &str) -> Vec<u8> {
        let mut bytes = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
        bytes.resize(512 + 128, 0);
        bytes.extend(name.encode_utf16().flat_map(u16::to_le_bytes));
        bytes.resize(512 + 512, 0);
        bytes
    }

    fn word_with(flags: u8) -> Vec<u8> {
        let mut file = CompoundFile::create(Cursor::new(Vec::new())).unwrap();
        let start = [0xec, 0xa5, 0xc1, 0, 0, 0, 0, 0, 0, 0, 0, flags, 0xf0, 0x13];
        std::io::Write::write_all(&mut file.create_stream("WordDocument").unwrap(), &start).unwrap();
        file.into_inner().into_inner()
    }

    #[test]
    fn old_word_documents_say_that_they_are_encrypted() {
        assert_eq!(look_into(&word_with(0x13), OLE), Contained::Encrypted);
        assert_eq!(look_into(&word_with(0x12), OLE), Contained::Kind(DOC.into()));
    }

    #[test]
    fn old_office_containers_tell_what_they_hold() {
        assert_eq!(look_into(&ole_with("EncryptedPackage"), OLE), Contained::Encrypted);
        assert_eq!(look_into(&ole_with("EncryptedSummary"), PPT), Contained::Encrypted);
        assert_eq!(look_into(&ole_with("WordDocument"), OLE), Contained::Kind(DOC.into()));
        assert_eq!(look_into(&ole_with("Book"), XLS), Contained::Kind(XLS.into()));
        assert_eq!(look_into(&ole_with("Something"), DOC), Contained::Unknown);
        assert_eq!(look_into(b"\xd0\xcf\x11\xe0", OLE), Contained::Unknown);
    }
}
