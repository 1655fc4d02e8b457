//! The same file once more: what its document depends on, and doing as if it were read again.

use std::sync::atomic::Ordering;
use std::time::Duration;

use gangway_model::media;

use super::{Extractor, Input, Source};
use crate::effort::{Effort, take_time};
use crate::error::ExtractError;
use crate::media_type::{HEAD_BYTES, Reader, detect_media_type, reader_of};
use crate::text::declared_charset;
use crate::tools::{Recognition, RecognitionCheck, ToolError, Tools};

/// To be raised when readers come to give other documents for the same bytes, so that nothing read by older ones is
/// taken for what would be read now.
const READERS_VERSION: u32 = 4;
/// A turn that is held without recognizing anything is given up this often, as between pages.
const PRETENDED_PAGE: Duration = Duration::from_secs(2);

impl Extractor {
    /// All that the document depends on beside the bytes: two files of the same bytes and the same recipe are read into
    /// the same document. `None` for what is read as fast as it could be looked up, and for what nobody reads.
    ///
    /// # Errors
    /// `Unreadable` when our own copy of the bytes cannot be read.
    pub async fn recipe(&self, input: &Input<'_>) -> Result<Option<String>, ExtractError> {
        let source = Source::open(&input.content).await?;
        if source.size == 0 || source.size > self.limits.input_bytes {
            return Ok(None);
        }
        let head = source.read(HEAD_BYTES).await?;
        let media_type = detect_media_type(&head, input.name, input.media_type);
        if reader_of(&media_type) != Some(Reader::Worker) {
            return Ok(None);
        }
        let charset = declared_charset(input.media_type).unwrap_or_default();
        let text_bytes = self.limits.text_bytes;
        // What cannot be found out now is not what was read with; a page will show what is wrong.
        let readers = self.readers().await.unwrap_or_else(|| "unknown".to_owned());
        Ok(Some(format!("{media_type}|{charset}|{text_bytes}|{readers}")))
    }

    /// What could read here: another answer means that files which could not be read may be by now. `None` while that
    /// cannot be found out.
    pub async fn readers(&self) -> Option<String> {
        let pdftotext = self.tools.pdftotext.is_some();
        let languages = match self.recognizer.languages().await {
            Ok(languages) => languages.join("+"),
            Err(ToolError::NotRun) => return None,
            Err(_) => String::new(),
        };
        Some(format!(
            "{}+{READERS_VERSION}|pdftotext:{pdftotext}|{}|{languages}",
            env!("CARGO_PKG_VERSION"),
            self.recognition
        ))
    }

    /// Whether a file that gave no text for want of a reader, for a reason of this code, would be read by one now, as far
    /// as its name and its type tell.
    pub async fn would_read(&self, name: &str, media_type: &str, code: &str) -> bool {
        let media_type = detect_media_type(&[], name, media_type);
        match code {
            "unsupported_type" => reader_of(&media_type).is_some(),
            "recognition_off" | "recognition_not_installed" => {
                self.recognizer.would_read(media_type == media::PDF).await
            }
            _ => false,
        }
    }

    /// Tries the programs of text recognition.
    pub async fn check_recognition(&self) -> RecognitionCheck {
        self.recognizer.check().await
    }

    /// Takes the turns and the time of a reading without reading anything: whoever is given what was read for somebody
    /// else cannot tell by the time it took.
    pub async fn pretend(&self, effort: Effort, whose: &str) {
        if !effort.reading.is_zero() {
            let _turn = self.pool.turn(whose).await;
            take_time(effort.reading).await;
        }
        let mut left = effort.recognizing;
        while !left.is_zero() {
            let piece = left.min(PRETENDED_PAGE);
            self.recognizer.pretend(piece, whose).await;
            left -= piece;
        }
        let total = (effort.reading + effort.recognizing).as_micros();
        self.pretended_micros.fetch_add(u64::try_from(total).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// Time that [`Extractor::pretend`] has taken since this extractor was made.
    pub fn pretended(&self) -> Duration {
        Duration::from_micros(self.pretended_micros.load(Ordering::Relaxed))
    }
}

/// What a document depends on where there are pictures of text.
pub(super) fn told(recognition: &Recognition, tools: &Tools) -> String {
    if !recognition.enabled {
        return "recognition:off".to_owned();
    }
    let folder = recognition.data_folder.as_ref().map(|folder| folder.display().to_string());
    format!(
        "recognition:{}:{}:{}:{}:{}:{}",
        tools.tesseract.is_some(),
        tools.pdftoppm.is_some(),
        tools.pdfimages.is_some(),
        recognition.languages.join("+"),
        recognition.pages_per_file,
        folder.unwrap_or_default()
    )
}
