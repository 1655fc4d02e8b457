//! `Upload-Metadata`: keys and Base64 values, of which we know a few under the names that clients give them.

use std::collections::BTreeMap;

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use gangway_app::{OnConflict, UploadAbout};
use gangway_model::CollectionId;

use super::super::create::PlaceTaken;
use crate::problem::{ApiError, ApiResult};
use crate::strict::Id;

/// Bytes of the longest header.
const LONGEST: usize = 16 * 1024;
const FIELD: &str = "upload-metadata";
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Reads the header: the collection, and what is said of the file. Keys that we do not know are kept and told
/// again, and mean nothing here.
pub fn read(header: &str) -> ApiResult<(CollectionId, UploadAbout)> {
    let pairs = pairs(header)?;
    let known = |names: &[&str]| -> ApiResult<Option<String>> {
        let Some((name, bytes)) = names.iter().find_map(|name| pairs.get_key_value(*name)) else {
            return Ok(None);
        };
        let text = String::from_utf8(bytes.clone());
        text.map(Some).map_err(|_| ApiError::invalid(name, "must be UTF-8"))
    };
    let collection = known(&["collection_uuid"])?.ok_or_else(|| {
        ApiError::invalid("collection_uuid", "say in Upload-Metadata which collection it goes into")
    })?;
    let collection = serde_json::from_value::<Id>(collection.into())
        .map_err(|_| ApiError::invalid("collection_uuid", "must be a UUID"))?;
    let on_conflict = match known(&["on_conflict"])? {
        None => OnConflict::default(),
        Some(word) => serde_json::from_value::<PlaceTaken>(word.into())
            .map_err(|_| ApiError::invalid("on_conflict", "must be skip, replace or keep_both"))?
            .into(),
    };
    let sha256 = known(&["sha256"])?.map(|text| text.to_ascii_lowercase());
    let is_hash = |text: &String| text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if sha256.as_ref().is_some_and(|text| !is_hash(text)) {
        return Err(ApiError::invalid("sha256", "must be 64 hex digits"));
    }
    // Uppy says "null" of a file that was not in a folder.
    let path = known(&["path", "relativePath"])?.filter(|path| !path.is_empty() && path != "null");
    let about = UploadAbout {
        name: known(&["filename", "name"])?.unwrap_or_default(),
        media_type: known(&["filetype", "type"])?.unwrap_or_default(),
        path,
        on_conflict,
        sha256,
        metadata: Some(header.to_owned()),
    };
    Ok((collection.to(), about))
}

fn pairs(header: &str) -> ApiResult<BTreeMap<&str, Vec<u8>>> {
    if header.len() > LONGEST {
        return Err(ApiError::invalid(FIELD, format!("may have at most {LONGEST} bytes")));
    }
    let mut pairs = BTreeMap::new();
    for pair in header.split(',').map(str::trim).filter(|_| !header.is_empty()) {
        let (key, value) = pair.split_once(' ').unwrap_or((pair, ""));
        if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(ApiError::invalid(FIELD, "every key must be ASCII, and none may be empty"));
        }
        let value = BASE64
            .decode(value.trim())
            .map_err(|_| ApiError::invalid(FIELD, "every value must be Base64"))?;
        if pairs.insert(key, value).is_some() {
            return Err(ApiError::invalid(FIELD, "every key may be there once"));
        }
    }
    Ok(pairs)
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLLECTION: &str = "collection_uuid MDE5MGEwMDAtMDAwMC03MDAwLTgwMDAtMDAwMDAwMDAwMDAw";

    fn about(rest: &str) -> UploadAbout {
        read(&format!("{COLLECTION}{rest}")).unwrap().1
    }

    #[test]
    fn clients_names_for_the_same_thing_are_understood() {
        let tus = about(",filename YS50eHQ=,filetype dGV4dC9wbGFpbg==,path ZC9hLnR4dA");
        let uppy = about(",name YS50eHQ=, type dGV4dC9wbGFpbg==,relativePath ZC9hLnR4dA==,empty");
        assert_eq!((tus.name.as_str(), tus.media_type.as_str()), ("a.txt", "text/plain"));
        assert_eq!((&tus.name, &tus.media_type, &tus.path), (&uppy.name, &uppy.media_type, &uppy.path));
        assert_eq!(tus.path.as_deref(), Some("d/a.txt"));
        assert_eq!(about(",relativePath bnVsbA==").path, None);
        assert_eq!(about(",on_conflict c2tpcA==").on_conflict, OnConflict::Skip);
    }

    #[test]
    fn what_is_malformed_is_refused() {
        for rest in [
            ",",
            ",a b c",
            ",a ***",
            ",a YQ==,a YQ==",
            ",\u{e4} YQ==",
            ",on_conflict ZmFpbA==",
            ",sha256 YWJj",
            ",filename /w==",
            &format!(",a {}", "A".repeat(LONGEST)),
        ] {
            assert!(read(&format!("{COLLECTION}{rest}")).is_err(), "{rest:.40}");
        }
        for whole in ["", "collection_uuid", "collection_uuid eA==", "filename YQ=="] {
            assert!(read(whole).is_err(), "{whole}");
        }
    }
}
