//! Text in pictures: pages rendered by `pdftoppm`, read by `tesseract`, each page in processes of its own.

use std::path::PathBuf;
use std::time::Duration;

use gangway_model::{Document, Note, Place, Reason, Section};
use rustix::time::{ClockId, clock_gettime};
use tokio::sync::Semaphore;

use super::run::{Feed, RunLimits, Step, ToolError, run_chain};
use super::{Recognition, Tools, around};
use crate::effort::{Busy, take_time};
use crate::error::RecognitionLack;
use crate::pool::WorkerCommand;
use crate::protocol::{Extracted, Picture, Scan};
use crate::text::clean;

/// How pages are rendered: as recognition likes it best, and where that is too large (a poster, a page that lies about its
/// size), by the pixels of the longer side.
const RENDERINGS: [[&str; 2]; 2] = [["-r", "300"], ["-scale-to", "3508"]];
/// Text of one page that is kept, in bytes.
const PAGE_TEXT_BYTES: usize = 1 << 20;
/// Letters and digits that a picture of text has at least; fewer are specks.
const LEAST_LETTERS: usize = 3;
const NOTES: usize = 20;

/// Reads pictures of text, a few at a time.
pub(crate) struct Recognizer {
    worker: WorkerCommand,
    tools: Tools,
    options: Recognition,
    turns: Semaphore,
}

/// Opens the whole file anew for each page.
pub(crate) trait Original {
    async fn feed(&self) -> Result<Feed<'_>, ToolError>;

    /// Where the time that recognition takes is counted.
    fn busy(&self) -> &Busy;
}

impl Recognizer {
    pub(crate) fn new(worker: WorkerCommand, tools: Tools, options: Recognition) -> Self {
        let turns = Semaphore::new(options.at_once.max(1));
        Self { worker, tools, options, turns }
    }

    /// Puts the text of a document's pictures where it belongs, and notes what could not be read.
    pub(crate) async fn fill(
        &self,
        extracted: Extracted,
        pictures: Vec<Vec<u8>>,
        original: &impl Original,
    ) -> Document {
        let Extracted { mut document, scans } = extracted;
        if scans.is_empty() {
            return document;
        }
        let start = seconds();
        let mut found: Vec<(usize, Section)> = Vec::new();
        let (mut pages, mut lack) = (0, None);
        let mut pictures = pictures.into_iter();
        let mut member: Vec<u8> = Vec::new();
        for scan in &scans {
            let own = pictures.next().unwrap_or_default();
            // The pages of one PDF share the bytes that came with the first.
            if !own.is_empty() {
                member = own;
            }
            let outcome = match self.lacks(scan) {
                Some(missing) => Err(missing.reason()),
                None if pages >= self.options.pages_per_file => Err(too_many(self.options.pages_per_file)),
                None => {
                    pages += 1;
                    self.read(scan, &member, original).await.map_err(|error| self.reason(error))
                }
            };
            match outcome {
                Ok(text) => found.extend(sections(scan, &text).map(|section| (scan.before, section))),
                Err(reason) if document.notes.len() < NOTES => {
                    document.notes.push(Note { place: scan.place.clone(), reason });
                }
                Err(reason) => lack = Some(reason),
            }
        }
        if let Some(reason) = lack {
            document.notes.push(Note { place: Place::default(), reason });
        }
        if pages > 0 {
            let took = seconds().saturating_sub(start);
            metrics::counter!("gangway_recognized_pages_total").increment(pages as u64);
            metrics::counter!("gangway_recognition_seconds_total").increment(took);
            tracing::info!(pages, seconds = took, with_text = found.len(), "text was recognized in pictures");
        }
        // From the end, so that the places before stay as they are.
        for (before, section) in found.into_iter().rev() {
            let at = before.min(document.sections.len());
            document.sections.insert(at, section);
        }
        document
    }

    /// What is missing to read a picture.
    fn lacks(&self, scan: &Scan) -> Option<RecognitionLack> {
        let is_page = matches!(scan.picture, Picture::Page(_) | Picture::MemberPage { .. });
        match () {
            _ if !self.options.enabled => Some(RecognitionLack::Off),
            _ if self.tools.tesseract.is_none() => {
                Some(RecognitionLack::NotInstalled { program: "tesseract-ocr" })
            }
            _ if is_page && self.tools.pdftoppm.is_none() => {
                Some(RecognitionLack::NotInstalled { program: "poppler-utils" })
            }
            _ => None,
        }
    }

    async fn read(&self, scan: &Scan, member: &[u8], original: &impl Original) -> Result<String, ToolError> {
        let page = match scan.picture {
            Picture::Page(page) | Picture::MemberPage { page, .. } => page,
            Picture::WholeFile | Picture::Image { .. } => {
                return self.run(scan, None, member, original).await;
            }
        };
        let mut outcome = Err(ToolError::Failed);
        for size in RENDERINGS {
            let page = page.to_string();
            let args = ["-gray", size[0], size[1], "-f", &page, "-l", &page, "-"];
            outcome = self.run(scan, Some(args.map(str::to_owned).to_vec()), member, original).await;
            if outcome != Err(ToolError::Failed) {
                break;
            }
        }
        outcome
    }

    /// One try: a picture, or a page rendered with these arguments.
    async fn run(
        &self,
        scan: &Scan,
        render: Option<Vec<String>>,
        member: &[u8],
        original: &impl Original,
    ) -> Result<String, ToolError> {
        let feed = match scan.picture {
            Picture::WholeFile | Picture::Page(_) => original.feed().await?,
            Picture::Image { .. } | Picture::MemberPage { .. } => Feed::Bytes(member),
        };
        let mut steps = Vec::new();
        if let (Some(args), Some(program)) = (render, &self.tools.pdftoppm) {
            steps.push(Step { program, args, readable: Vec::new() });
        }
        let Some(program) = &self.tools.tesseract else { return Err(ToolError::NotRun) };
        steps.push(Step { program, args: self.arguments(), readable: self.data() });
        let limits = RunLimits {
            time: self.options.time_per_page,
            memory_bytes: self.options.memory_bytes,
            output_bytes: PAGE_TEXT_BYTES,
        };
        let _turn = self.turns.acquire().await;
        let _busy = original.busy().recognizing();
        let printed = run_chain(&self.worker, &steps, feed, limits).await?;
        Ok(String::from_utf8_lossy(&printed.bytes).into_owned())
    }

    /// Takes a turn for so long, and does nothing in it.
    pub(crate) async fn pretend(&self, time: Duration) {
        let _turn = self.turns.acquire().await;
        take_time(time).await;
    }

    fn arguments(&self) -> Vec<String> {
        let mut args = vec!["stdin".to_owned(), "stdout".to_owned()];
        if let Some(folder) = &self.options.data_folder {
            args.extend(["--tessdata-dir".to_owned(), folder.display().to_string()]);
        }
        // Columns are found, and pages that lie on their side are read, without the search for a script that takes
        // as long again.
        args.extend(["-l".to_owned(), self.options.languages.join("+"), "--psm".to_owned(), "3".to_owned()]);
        args
    }

    fn data(&self) -> Vec<PathBuf> {
        let program = self.tools.tesseract.iter().flat_map(|program| around(program));
        program.chain(self.options.data_folder.clone()).collect()
    }

    fn reason(&self, error: ToolError) -> Reason {
        let limit = |time: Duration| time.as_secs().max(1);
        match error {
            ToolError::TimedOut => Reason::new(
                "recognition_timed_out",
                format!(
                    "recognizing the text of this picture took longer than {} s; scan it smaller or raise the limit",
                    limit(self.options.time_per_page)
                ),
            ),
            ToolError::NotRun => Reason::new(
                "recognition_failed",
                "text recognition could not be started; `gangway doctor` checks it",
            ),
            ToolError::Failed => Reason::new(
                "recognition_failed",
                "text recognition could not read this picture; it may be damaged, or a language file is missing",
            ),
        }
    }
}

fn too_many(limit: usize) -> Reason {
    Reason::new(
        "too_many_scans",
        format!("only the first {limit} scanned pages of a file are recognized; split it or raise the limit"),
    )
}

/// The pages of one picture; one that holds no text gives none.
fn sections<'a>(scan: &'a Scan, text: &'a str) -> impl Iterator<Item = Section> + 'a {
    let pages: Vec<&str> = text.trim_end_matches('\u{c}').split('\u{c}').collect();
    let is_bundle = pages.len() > 1;
    pages.into_iter().zip(1..).filter(|(text, _)| is_text(text)).map(move |(text, number)| {
        let mut place = scan.place.clone();
        if is_bundle {
            place.page = Some(number);
        }
        Section { place, text: clean(text) }
    })
}

/// Photographs and textures come out as a few signs; text is letters for the most part.
fn is_text(text: &str) -> bool {
    let signs = text.chars().filter(|c| !c.is_whitespace()).count();
    let letters = text.chars().filter(|c| c.is_alphanumeric()).count();
    letters >= LEAST_LETTERS && letters * 2 >= signs
}

/// What recognition cost is told in wall time; nothing is decided by it.
fn seconds() -> u64 {
    clock_gettime(ClockId::Monotonic).tv_sec.unsigned_abs()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn specks_are_no_text() {
        assert!(is_text("Invoice 2024"));
        assert!(is_text("年度报告"));
        for speck in ["", " . ", "~ -- | a", "ab"] {
            assert!(!is_text(speck), "{speck}");
        }
    }

    #[test]
    fn bundles_have_pages_and_single_pictures_have_none() {
        let scan = Scan { before: 0, place: Place::default(), picture: Picture::WholeFile };
        let pages: Vec<_> =
            sections(&scan, "one page\u{c}\u{c}third page\u{c}").map(|one| one.place.page).collect();
        assert_eq!(pages, [Some(1), Some(3)]);
        assert_eq!(sections(&scan, "one page\u{c}").map(|one| one.place.page).collect::<Vec<_>>(), [None]);
    }
}
