//! Looks into containers whose first bytes do not say enough: old Office files, and ZIP with its directory at the end.

use std::io::Cursor;

use gangway_model::media;
use zip::ZipArchive;

use crate::media_type::{DOC, EPUB, MSG, ODP, ODS, ODT, OLE, PPT, XLS, XLSB, ZIP, kind_of_parts};

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
    let Ok(archive) = ZipArchive::new(Cursor::new(bytes)) else {
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
    Contained::Kind(kind.to_owned())
}

/// Directory entries are 128 bytes, aligned, and start with their name in UTF-16.
fn ole_kind(bytes: &[u8]) -> Contained {
    const NAMES: &[(&str, Option<&str>)] = &[
        ("EncryptedPackage", None),
        ("WordDocument", Some(DOC)),
        ("Workbook", Some(XLS)),
        ("Book", Some(XLS)),
        ("PowerPoint Document", Some(PPT)),
        ("__properties_version1.0", Some(MSG)),
    ];
    let entries = || bytes.get(512..).unwrap_or_default().chunks_exact(128);
    let found = NAMES.iter().find(|(name, _)| {
        let name: Vec<u8> = name.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect();
        entries().any(|entry| entry.starts_with(&name))
    });
    match found {
        Some((_, Some(kind))) => Contained::Kind((*kind).to_owned()),
        Some((_, None)) => Contained::Encrypted,
        None => Contained::Unknown,
    }
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

    #[test]
    fn old_office_containers_tell_what_they_hold() {
        assert_eq!(look_into(&ole_with("EncryptedPackage"), OLE), Contained::Encrypted);
        assert_eq!(look_into(&ole_with("WordDocument"), OLE), Contained::Kind(DOC.into()));
        assert_eq!(look_into(&ole_with("Book"), XLS), Contained::Kind(XLS.into()));
        assert_eq!(look_into(&ole_with("Something"), DOC), Contained::Unknown);
        assert_eq!(look_into(b"\xd0\xcf\x11\xe0", OLE), Contained::Unknown);
    }
}
