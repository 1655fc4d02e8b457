//! Why a file's text could not be had, in words a person can act on.

use std::path::PathBuf;

use gangway_model::Reason;

use crate::media_type::{EARLY_OFFICE, IWORK, RAR, SEVEN_ZIP};
use crate::protocol::Refusal;

/// Why extraction gave no document. The display text is the sentence shown to people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExtractError {
    /// Nothing here reads this type.
    #[error("no text can be read from files of type {media_type}; {}", advice(media_type))]
    UnsupportedType { media_type: String },
    /// Opens only with a password.
    #[error(
        "the file is protected by a password; remove the password at the source to make its text searchable"
    )]
    Encrypted,
    /// Over a size limit, as it is or once unpacked.
    #[error("the file is too large to read ({what}); split it or raise the limit")]
    TooLarge { what: String },
    /// Not what its type says, or damaged.
    #[error("the file is damaged or not what its type says ({media_type}); open it and save it again")]
    Broken { media_type: String },
    #[error("reading the file took longer than {seconds} s; split it or save it in another format")]
    TimedOut { seconds: u64 },
    #[error(
        "reading the file needs more than {mebibytes} MiB of memory; split it or save it in another format"
    )]
    OutOfMemory { mebibytes: u64 },
    /// The worker died on this file.
    #[error("the file made its reader crash; it may be damaged: open it and save it again")]
    Crashed,
    /// Our own copy of the bytes could not be read; says nothing about the file.
    #[error("the stored content could not be read ({cause}); check the data folder")]
    Unreadable { cause: String },
    /// The worker program could not be started; says nothing about the file.
    #[error("the extraction worker {} could not be started ({cause}); check the installation", program.display())]
    WorkerUnavailable { program: PathBuf, cause: String },
    /// A program of text recognition is there and could not be started; says nothing about the file.
    #[error(
        "text recognition could not be started, so this file waits for another try; `gangway doctor` says more"
    )]
    RecognitionUnavailable,
}

/// What to do about a type that is not read.
fn advice(media_type: &str) -> &'static str {
    match media_type {
        "image/heic" | "image/heif" | "image/avif" => {
            "save it as JPEG or PNG to have its text recognized; until then it can be found by its name"
        }
        IWORK => {
            "export it from Pages, Numbers or Keynote as PDF or in an Office format; until then it can be found by its name"
        }
        EARLY_OFFICE => {
            "it was written before 1995: open it in LibreOffice or Word and save it as DOCX or PPTX; until then it can be found by its name"
        }
        SEVEN_ZIP | RAR => "pack it as ZIP or tar.gz to have it read; until then it can be found by its name",
        _ => "the file can be found by its name",
    }
}

impl ExtractError {
    /// What a worker said, in the words for people.
    pub(crate) fn of_refusal(refusal: Refusal, seconds: u64) -> Self {
        match refusal {
            Refusal::Unsupported { media_type } => Self::UnsupportedType { media_type },
            Refusal::Encrypted => Self::Encrypted,
            Refusal::TooLarge { what } => Self::TooLarge { what },
            Refusal::Broken { media_type } => Self::Broken { media_type },
            Refusal::TimedOut => Self::TimedOut { seconds },
        }
    }

    /// The stable code, as API answers and rows carry it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnsupportedType { .. } => "unsupported_type",
            Self::Encrypted => "encrypted",
            Self::TooLarge { .. } => "too_large",
            Self::Broken { .. } => "broken",
            Self::TimedOut { .. } => "timed_out",
            Self::OutOfMemory { .. } => "out_of_memory",
            Self::Crashed => "crashed",
            Self::Unreadable { .. } => "unreadable",
            Self::WorkerUnavailable { .. } => "worker_unavailable",
            Self::RecognitionUnavailable => "recognition_unavailable",
        }
    }

    /// The code and the sentence, for an item's row.
    pub fn reason(&self) -> Reason {
        Reason::new(self.code(), self.to_string())
    }

    /// Whether the same bytes would end the same way: false when our own side failed and trying again makes sense.
    pub fn is_about_the_file(&self) -> bool {
        !matches!(
            self,
            Self::Unreadable { .. } | Self::WorkerUnavailable { .. } | Self::RecognitionUnavailable
        )
    }
}

/// Why a picture of text was not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RecognitionLack {
    Off,
    /// The Debian package that is missing.
    NotInstalled {
        package: String,
    },
}

impl RecognitionLack {
    pub(crate) fn reason(self) -> Reason {
        match self {
            Self::Off => Reason::new(
                "recognition_off",
                "a scan or a picture; text recognition is switched off, so it is found by its name (setting ocr.enabled)",
            ),
            Self::NotInstalled { package } => Reason::new(
                "recognition_not_installed",
                format!(
                    "a scan or a picture; text recognition is not installed, so it is found by its name ({package} is missing)"
                ),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_carries_code_and_sentence() {
        let reason = ExtractError::TimedOut { seconds: 60 }.reason();
        assert_eq!(reason.code, "timed_out");
        assert!(reason.message.contains("60 s"));
        assert!(!reason.message.ends_with('.'));
    }

    #[test]
    fn only_our_own_failures_are_worth_another_try() {
        assert!(ExtractError::Crashed.is_about_the_file());
        assert!(!ExtractError::Unreadable { cause: "gone".into() }.is_about_the_file());
    }
}
