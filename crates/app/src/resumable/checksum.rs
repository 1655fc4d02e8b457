//! The checksum of one request's bytes: when it does not match, none of them is kept.

use aws_lc_rs::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY, SHA256};

use crate::error::{AppError, AppResult, Code};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChecksumAlgorithm {
    /// Finds accidents only; tus asks for it wherever checksums are offered.
    Sha1,
    Sha256,
}

impl ChecksumAlgorithm {
    pub const ALL: [Self; 2] = [Self::Sha1, Self::Sha256];

    /// As tus spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            ChecksumAlgorithm::Sha1 => "sha1",
            ChecksumAlgorithm::Sha256 => "sha256",
        }
    }
}

#[derive(Clone, Debug)]
pub struct Checksum {
    pub algorithm: ChecksumAlgorithm,
    pub digest: Vec<u8>,
}

/// A checksum under way.
pub(super) struct Checking {
    expected: Checksum,
    hash: Context,
}

impl Checking {
    pub fn new(expected: Checksum) -> Self {
        let hash = Context::new(match expected.algorithm {
            ChecksumAlgorithm::Sha1 => &SHA1_FOR_LEGACY_USE_ONLY,
            ChecksumAlgorithm::Sha256 => &SHA256,
        });
        Self { expected, hash }
    }

    pub fn update(&mut self, bytes: &[u8]) {
        self.hash.update(bytes);
    }

    pub fn finish(self) -> AppResult<()> {
        if self.hash.finish().as_ref() == self.expected.digest {
            return Ok(());
        }
        let message = "the bytes do not have the checksum that was sent with them: send them again";
        Err(AppError::new(Code::ChecksumMismatch, message))
    }
}
