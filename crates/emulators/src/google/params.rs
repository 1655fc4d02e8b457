//! Query parameters of an API call: typed reading, and the refusal of unknown ones.

use super::errors::ApiError;

/// Parameters every Google API accepts.
const COMMON: [&str; 11] = [
    "$.xgafv",
    "access_token",
    "alt",
    "callback",
    "fields",
    "key",
    "oauth_token",
    "prettyPrint",
    "quotaUser",
    "uploadType",
    "upload_protocol",
];

/// Seen on the wire, undocumented, and ignored by the real service.
const TOLERATED: [&str; 1] = ["maxSize"];

/// The decoded query of a call.
#[derive(Debug, Clone, Default)]
pub struct Params {
    pairs: Vec<(String, String)>,
}

impl Params {
    pub fn parse(query: &str) -> Self {
        let pairs = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        Self { pairs }
    }

    /// Returns a value; an empty one counts as absent.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.pairs
            .iter()
            .find(|(known, value)| known == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    /// Refuses names that neither the operation nor Google's front end knows.
    pub fn check_known(&self, allowed: &[&str]) -> Result<(), ApiError> {
        for (name, _) in &self.pairs {
            let name = name.as_str();
            if !allowed.contains(&name) && !COMMON.contains(&name) && !TOLERATED.contains(&name) {
                return Err(ApiError::unknown_parameter(name));
            }
        }
        Ok(())
    }

    /// Returns a flag; false when absent.
    pub fn flag(&self, name: &str) -> Result<bool, ApiError> {
        self.flag_or(name, false)
    }

    pub fn flag_or(&self, name: &str, default: bool) -> Result<bool, ApiError> {
        match self.get(name) {
            None => Ok(default),
            Some(value) if value.eq_ignore_ascii_case("true") || value == "1" => Ok(true),
            Some(value) if value.eq_ignore_ascii_case("false") || value == "0" => Ok(false),
            Some(value) => {
                Err(ApiError::invalid_parameter(name, format!("Invalid boolean value: '{value}'.")))
            }
        }
    }

    /// Returns a flag that has an older second name.
    pub fn either_flag(&self, name: &str, older: &str) -> Result<bool, ApiError> {
        Ok(self.flag(name)? || self.flag(older)?)
    }

    /// Returns the page size: larger values are cut to `max`, others outside the range are refused.
    pub fn page_size(&self, default: usize, max: usize) -> Result<usize, ApiError> {
        let Some(text) = self.get("pageSize") else {
            return Ok(default);
        };
        let message = format!("Invalid value '{text}'. Values must be within the range: [1, {max}]");
        match text.parse::<i64>() {
            Ok(size) if size >= 1 => Ok(max.min(usize::try_from(size).unwrap_or(max))),
            _ => Err(ApiError::invalid_parameter("pageSize", message)),
        }
    }

    /// Returns a digest of everything that must stay the same between the pages of a listing.
    pub fn listing_identity(&self) -> u64 {
        let mut relevant: Vec<&(String, String)> = self
            .pairs
            .iter()
            .filter(|(name, _)| {
                !matches!(
                    name.as_str(),
                    "pageToken"
                        | "pageSize"
                        | "fields"
                        | "access_token"
                        | "alt"
                        | "prettyPrint"
                        | "quotaUser"
                        | "key"
                )
            })
            .collect();
        relevant.sort();
        let mut hash = 0xcbf2_9ce4_8422_2325u64;
        for (name, value) in relevant {
            for byte in name.bytes().chain([b'=']).chain(value.bytes()).chain([b'&']) {
                hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
            }
        }
        hash
    }
}
