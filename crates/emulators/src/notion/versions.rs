//! The API versions that clients name in `Notion-Version`.

use axum::http::HeaderMap;

use super::errors::ApiError;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// 2022-06-28 and its predecessors: a database is its table.
    V2022,
    /// 2025-09-03: databases hold data sources.
    V2025,
    /// 2026-03-11: `archived` is gone, `transcription` is `meeting_notes`.
    V2026,
}

impl Version {
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "2022-06-28" => Some(Version::V2022),
            "2025-09-03" => Some(Version::V2025),
            "2026-03-11" => Some(Version::V2026),
            _ => None,
        }
    }

    pub fn show(self) -> &'static str {
        match self {
            Version::V2022 => "2022-06-28",
            Version::V2025 => "2025-09-03",
            Version::V2026 => "2026-03-11",
        }
    }

    /// Reads the header that every call must carry.
    pub fn of(headers: &HeaderMap) -> Result<Self, ApiError> {
        let Some(value) = headers.get("notion-version") else {
            return Err(ApiError::new(
                "missing_version",
                "Notion-Version header failed validation: Notion-Version header should be defined, instead was `undefined`.",
            ));
        };
        let text = value.to_str().unwrap_or_default();
        Version::parse(text).ok_or_else(|| {
            ApiError::validation(format!(
                "Notion-Version header failed validation: Notion-Version header should be `\"2022-06-28\"`, `\"2025-09-03\"` or `\"2026-03-11\"`, instead was `\"{text}\"`."
            ))
        })
    }
}
