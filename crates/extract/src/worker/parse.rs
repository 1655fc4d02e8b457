//! One file through the parsing library, with its limits set, and its outcome in our words.

use std::io;

use gangway_model::{Document, Section, media};
use tokio::runtime::{Builder, Runtime};
use xberg::{
    ContentFilterConfig, ExtractInput, ExtractionConfig, PageConfig, SecurityLimits, XbergError, extract,
};

use super::page_words::words_of;
use super::reader::too_large_unpacked;
use super::slides::Slides;
use super::{charts, names, nodes, rtf, word, workbook, wrapped};
use crate::media_type::{DOC, ODT, RTF};
use crate::protocol::{Job, Refusal};
use crate::text::{declared_charset, decode, finish};

/// Bytes a container may unpack to. The worker's memory limit is the harder one.
const UNPACKED_BYTES: usize = 300_000_000;
/// Legal office files reach 300:1 (tables, repeated XML); the absolute limits bound the rest.
const COMPRESSION_RATIO: usize = 2000;
const TABLE_CELLS: usize = 2_000_000;
/// Levels of nesting; more overflows stacks before it means anything to a reader.
const NESTING: usize = 400;

pub(super) struct Parser {
    runtime: Runtime,
}

impl Parser {
    pub(super) fn new(stack_bytes: usize) -> io::Result<Self> {
        let runtime = Builder::new_current_thread()
            .thread_stack_size(stack_bytes)
            .max_blocking_threads(2)
            .enable_time()
            .build()?;
        Ok(Self { runtime })
    }

    /// Has the library read one file of a type it knows.
    pub(super) fn parse(
        &self,
        media_type: &str,
        content: Vec<u8>,
        charset: Option<&str>,
        job: &Job,
    ) -> Result<Document, Refusal> {
        let content = match media_type {
            media::HTML => html_as_utf8(&content, charset),
            RTF => rtf::with_levels(content),
            DOC => word::with_marks(content),
            ODT => wrapped::laid_open(content),
            _ => names::with_known_names(content, media_type),
        };
        let words = (media_type == media::HTML).then(|| content.clone());
        let media_type = media_type.to_owned();
        let beside = workbook::beside(&content, &media_type);
        let slides = Slides::look(&content, &media_type);
        let charts = charts::in_text(&content, &media_type);
        let input = ExtractInput::from_bytes(content, media_type.as_str(), None);
        let outcome = self.runtime.block_on(extract(input, &config(job.seconds)));
        let mut result = outcome.map_err(|error| refusal(&error, &media_type))?;
        if let Some(item) = result.errors.first()
            && result.results.is_empty()
        {
            return Err(refusal_by_message(&item.message, &media_type));
        }
        match result.results.pop() {
            Some(extracted) => {
                let mut document = nodes::to_document(extracted, &media_type, beside, slides, job.text_bytes);
                charts::put(&mut document, charts, job.text_bytes);
                if let Some(page) = words.filter(|_| document.sections.is_empty()) {
                    let text = words_of(&String::from_utf8_lossy(&page));
                    document.sections.push(Section { text, ..Section::default() });
                    finish(&mut document, job.text_bytes);
                }
                // A PDF always has pages; the library passes over a broken one without a word.
                match media_type == media::PDF && document.sections.is_empty() && document.notes.is_empty() {
                    true => Err(Refusal::Broken { media_type }),
                    false => Ok(document),
                }
            }
            None => Err(Refusal::Broken { media_type }),
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
        // What lies within is read by our own walk, with its places and its limits.
        max_archive_depth: 0,
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
    decode(content, declared.as_deref(), false).into_owned().into_bytes()
}

fn refusal(error: &XbergError, media_type: &str) -> Refusal {
    match error {
        XbergError::Timeout { .. } | XbergError::Cancelled => Refusal::TimedOut,
        XbergError::UnsupportedFormat(_) => Refusal::Unsupported { media_type: media_type.to_owned() },
        XbergError::Security { .. } => too_large(),
        other => refusal_by_message(&other.to_string(), media_type),
    }
}

/// The library folds causes into text; only these words are looked for, and the text goes nowhere.
fn refusal_by_message(message: &str, media_type: &str) -> Refusal {
    let message = message.to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| message.contains(word));
    let media_type = media_type.to_owned();
    match () {
        _ if says(&["password", "encrypt"]) => Refusal::Encrypted,
        _ if says(&["security limit", "zip bomb", "too large", "exceeds"]) => too_large(),
        _ if says(&["timed out"]) => Refusal::TimedOut,
        _ if says(&["unsupported format"]) => Refusal::Unsupported { media_type },
        _ => Refusal::Broken { media_type },
    }
}

fn too_large() -> Refusal {
    Refusal::TooLarge { what: too_large_unpacked() }
}
