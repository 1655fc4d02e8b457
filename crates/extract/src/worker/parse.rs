//! One file through the parsing library, with its limits set, and its outcome in our words.

use std::io;

use gangway_model::media;
use tokio::runtime::{Builder, Runtime};
use xberg::{
    ContentFilterConfig, ExtractInput, ExtractionConfig, PageConfig, SecurityLimits, XbergError, extract,
};

use super::container::{Contained, look_into};
use super::nodes;
use crate::protocol::{Answer, Job};
use crate::text::{declared_charset, decode};

/// Bytes a container may unpack to. The worker's memory limit is the harder one.
const UNPACKED_BYTES: usize = 300_000_000;
/// Legal office files reach 300:1 (tables, repeated XML); the absolute limits bound the rest.
const COMPRESSION_RATIO: usize = 2000;
const TABLE_CELLS: usize = 2_000_000;
/// Levels of nesting; more overflows stacks before it means anything to a reader.
const NESTING: usize = 400;

pub(crate) struct Parser {
    runtime: Runtime,
}

impl Parser {
    pub(crate) fn new(stack_bytes: usize) -> io::Result<Self> {
        let runtime = Builder::new_current_thread()
            .thread_stack_size(stack_bytes)
            .max_blocking_threads(2)
            .enable_time()
            .build()?;
        Ok(Self { runtime })
    }

    pub(crate) fn parse(&self, job: &Job, content: Vec<u8>) -> Answer {
        let media_type = match look_into(&content, &job.media_type) {
            Contained::Kind(media_type) => media_type,
            Contained::Encrypted => return Answer::Encrypted,
            Contained::Unknown => return Answer::Unsupported { media_type: job.media_type.clone() },
        };
        let content = match media_type.as_str() {
            media::HTML => html_as_utf8(&content, job.charset.as_deref()),
            _ => content,
        };
        let input = ExtractInput::from_bytes(content, media_type.as_str(), None);
        let outcome = self.runtime.block_on(extract(input, &config(job.seconds)));
        let mut result = match outcome {
            Ok(result) => result,
            Err(error) => return failure(&error, media_type),
        };
        if let Some(item) = result.errors.first()
            && result.results.is_empty()
        {
            return failure_by_message(&item.message, media_type);
        }
        match result.results.pop() {
            Some(extracted) => Answer::Document(nodes::to_document(extracted, &media_type, job.text_bytes)),
            None => Answer::Broken { media_type },
        }
    }
}

fn config(seconds: u64) -> ExtractionConfig {
    ExtractionConfig {
        use_cache: false,
        disable_ocr: true,
        enable_quality_processing: false,
        escape_markdown: false,
        include_document_structure: true,
        pages: Some(PageConfig { extract_pages: true, ..PageConfig::default() }),
        content_filter: Some(ContentFilterConfig {
            include_headers: true,
            include_footers: true,
            include_footnotes: true,
            ..ContentFilterConfig::default()
        }),
        extraction_timeout_secs: Some(seconds),
        max_concurrent_extractions: Some(1),
        concurrency: Some(xberg::core::config::ConcurrencyConfig {
            max_threads: Some(1),
            ..Default::default()
        }),
        security_limits: Some(SecurityLimits {
            max_archive_size: UNPACKED_BYTES,
            max_compression_ratio: COMPRESSION_RATIO,
            max_table_cells: TABLE_CELLS,
            max_nesting_depth: NESTING,
            max_xml_depth: NESTING,
            ..SecurityLimits::default()
        }),
        ..ExtractionConfig::default()
    }
}

/// The parser reads HTML as UTF-8 whatever the page says, so the page's own word is followed here.
fn html_as_utf8(content: &[u8], declared: Option<&str>) -> Vec<u8> {
    let head = String::from_utf8_lossy(&content[..content.len().min(2048)]).to_ascii_lowercase();
    let in_page = head.split_once("charset=").map(|(_, rest)| rest.trim_start_matches(['"', '\'']));
    let in_page = in_page.and_then(|rest| rest.split(['"', '\'', '>', ';', '/', ' ']).next());
    let declared = declared.or(in_page).and_then(|label| declared_charset(&format!("x;charset={label}")));
    decode(content, declared.as_deref(), false).into_bytes()
}

fn failure(error: &XbergError, media_type: String) -> Answer {
    match error {
        XbergError::Timeout { .. } | XbergError::Cancelled => Answer::TimedOut,
        XbergError::UnsupportedFormat(_) => Answer::Unsupported { media_type },
        XbergError::Security { .. } => too_large(),
        other => failure_by_message(&other.to_string(), media_type),
    }
}

/// The library folds causes into text; only these words are looked for, and the text goes nowhere.
fn failure_by_message(message: &str, media_type: String) -> Answer {
    let message = message.to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| message.contains(word));
    match () {
        _ if says(&["password", "encrypt"]) => Answer::Encrypted,
        _ if says(&["security limit", "zip bomb", "too large", "exceeds"]) => too_large(),
        _ if says(&["timed out"]) => Answer::TimedOut,
        _ if says(&["unsupported format"]) => Answer::Unsupported { media_type },
        _ => Answer::Broken { media_type },
    }
}

fn too_large() -> Answer {
    Answer::TooLarge { what: "unpacked it goes beyond what is safe to read".to_owned() }
}
