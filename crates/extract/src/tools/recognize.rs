//! Text in pictures: pages rendered by `pdftoppm`, read by `tesseract`, each page in processes of its own.

use std::time::Duration;

use gangway_model::{Document, Note, Place, Reason, Section};
use rustix::time::{ClockId, clock_gettime};
use tokio::sync::OnceCell;

use super::reach::Needs;
use super::recognized::Recognized;
use super::run::{Feed, RunLimits, Step, ToolError, run_chain};
use super::{Recognition, Tools};
use crate::effort::{Busy, take_time};
use crate::error::{ExtractError, RecognitionLack};
use crate::extractor::Asker;
use crate::pool::WorkerCommand;
use crate::protocol::{Extracted, Picture, Scan};
use crate::text::clean;
use crate::turns::Turns;

/// How pages are rendered: as recognition likes it best, and where that is too large (a poster, a page that lies about its
/// size), by the pixels of the longer side.
const RENDERINGS: [[&str; 2]; 2] = [["-r", "300"], ["-scale-to", "3508"]];
/// What both come to for a page of paper; the picture that is handed on does not tell it.
const RENDERED_DOTS: u32 = 300;
/// How pages are laid out: columns are found, and pages that lie on one side are read; and where that gave no words, the
/// page is turned as its letters stand, which takes as long again.
const AS_IT_LIES: &str = "3";
const TURNED: &str = "1";
/// Bytes of one page with the table of its words.
const PAGE_BYTES: usize = 16 << 20;
/// Letters and digits that a picture of text has at least; fewer are specks.
const LEAST_LETTERS: usize = 3;
const NOTES: usize = 20;

/// Reads pictures of text, a few at a time. Turns go round by user, a page at a time.
pub(crate) struct Recognizer {
    pub(super) worker: WorkerCommand,
    pub(super) tools: Tools,
    pub(super) options: Recognition,
    pub(super) languages: OnceCell<Vec<String>>,
    turns: Turns,
}

/// Opens the whole file anew for each page.
pub(crate) trait Original {
    async fn feed(&self) -> Result<Feed<'_>, ToolError>;

    /// Where the time that recognition takes is counted.
    fn busy(&self) -> &Busy;
}

/// Pictures that were left alone, by the limit that was reached.
#[derive(Default)]
struct LeftAlone {
    beyond_pages: usize,
    beyond_time: usize,
}

impl Recognizer {
    pub(crate) fn new(worker: WorkerCommand, tools: Tools, options: Recognition) -> Self {
        let turns = Turns::new(options.at_once);
        Self { worker, tools, options, languages: OnceCell::new(), turns }
    }

    /// Puts the text of a document's pictures where it belongs, and notes what could not be read.
    ///
    /// # Errors
    /// When our side cannot read pictures at the moment, which says nothing about them.
    pub(crate) async fn fill(
        &self,
        extracted: Extracted,
        pictures: Vec<Vec<u8>>,
        original: &impl Original,
        asker: &Asker<'_>,
    ) -> Result<Document, ExtractError> {
        let Extracted { mut document, scans } = extracted;
        if scans.is_empty() {
            return Ok(document);
        }
        let has_language = self.has_language().await?;
        let lacks = |scan: &Scan| self.lacks(scan, has_language);
        if scans.iter().any(|scan| lacks(scan).is_none())
            && let Some(begins) = asker.recognition_begins
        {
            begins();
        }
        let start = seconds();
        let mut found: Vec<(usize, Section)> = Vec::new();
        let (mut pages, mut lack, mut left_alone) = (0, None, LeftAlone::default());
        let mut pictures = pictures.into_iter();
        let mut member: Vec<u8> = Vec::new();
        for scan in &scans {
            let own = pictures.next().unwrap_or_default();
            // The pages of one PDF share the bytes that came with the first.
            if !own.is_empty() {
                member = own;
            }
            let outcome = match lacks(scan) {
                Some(missing) => Err(missing.reason()),
                None if pages >= self.options.pages_per_file => {
                    left_alone.beyond_pages += 1;
                    continue;
                }
                None if self.time_left(original).is_zero() => {
                    left_alone.beyond_time += 1;
                    continue;
                }
                None => {
                    pages += 1;
                    match self.read(scan, &member, original, asker.whose).await {
                        Ok(found) if found.is_guesswork() && found.is_page() => Err(self.unsure()),
                        Ok(found) if found.is_guesswork() => continue,
                        Ok(found) => Ok(found.text),
                        Err(ToolError::TimedOut) if self.time_left(original).is_zero() => {
                            left_alone.beyond_time += 1;
                            continue;
                        }
                        Err(error) => Err(self.reason(error)?),
                    }
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
        let reasons = lack.into_iter().chain(self.limits_reached(&left_alone, scans.len()));
        document.notes.extend(reasons.map(|reason| Note { place: Place::default(), reason }));
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
        Ok(document)
    }

    /// What the pictures of this file may still take.
    fn time_left(&self, original: &impl Original) -> Duration {
        self.options.time_per_file.saturating_sub(original.busy().effort().recognizing)
    }

    fn limits_reached(&self, left_alone: &LeftAlone, all: usize) -> Vec<Reason> {
        let told = |code: &str, left: usize, why: String| {
            let message = format!("{left} of {all} scanned pages or pictures not recognized: {why}");
            (left > 0).then(|| Reason::new(code, message))
        };
        let pages = self.options.pages_per_file;
        let minutes = self.options.time_per_file.as_secs().div_ceil(60);
        let pages = format!("the limit is {pages} of a file; split it or raise the limit");
        let time = format!("those of one file may take {minutes} min together; split it or raise the limit");
        [
            told("too_many_scans", left_alone.beyond_pages, pages),
            told("recognition_out_of_time", left_alone.beyond_time, time),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// Whether any language is there that is set. Yes where the program does not tell: a page will show it.
    async fn has_language(&self) -> Result<bool, ExtractError> {
        if !self.options.enabled {
            return Ok(true);
        }
        match self.languages().await {
            Ok(languages) => Ok(!languages.is_empty()),
            Err(ToolError::NotRun) => Err(ExtractError::RecognitionUnavailable),
            Err(_) => Ok(true),
        }
    }

    /// Whether a file of a type, whose pictures nobody could read, would have them read now.
    pub(crate) async fn would_read(&self, is_pdf: bool) -> bool {
        let picture = if is_pdf { Picture::Page(1) } else { Picture::WholeFile { dots: None } };
        let scan = Scan { before: 0, place: Place::default(), picture };
        self.has_language().await.is_ok_and(|has| self.lacks(&scan, has).is_none())
    }

    /// What is missing to read a picture.
    fn lacks(&self, scan: &Scan, has_language: bool) -> Option<RecognitionLack> {
        let is_page = matches!(scan.picture, Picture::Page(_) | Picture::MemberPage { .. });
        let lacking = |package: &str| Some(RecognitionLack::NotInstalled { package: package.to_owned() });
        match () {
            _ if !self.options.enabled => Some(RecognitionLack::Off),
            _ if self.tools.tesseract.is_none() => lacking("tesseract-ocr"),
            _ if is_page && self.tools.pdftoppm.is_none() => lacking("poppler-utils"),
            _ if !has_language => {
                let first = self.options.languages.first().map_or("eng", String::as_str);
                lacking(&format!("tesseract-ocr-{}", first.replace('_', "-")))
            }
            _ => None,
        }
    }

    /// The text of a picture. One that gives no words is turned and read once more.
    async fn read(
        &self,
        scan: &Scan,
        member: &[u8],
        original: &impl Original,
        whose: &str,
    ) -> Result<Recognized, ToolError> {
        let found = self.read_laid_out(scan, AS_IT_LIES, member, original, whose).await?;
        if !found.is_doubtful() || self.time_left(original).is_zero() {
            return Ok(found);
        }
        match self.read_laid_out(scan, TURNED, member, original, whose).await {
            Ok(turned) if turned.is_surer_than(&found) => Ok(turned),
            Ok(_) | Err(ToolError::Failed | ToolError::TimedOut) => Ok(found),
            Err(error) => Err(error),
        }
    }

    async fn read_laid_out(
        &self,
        scan: &Scan,
        layout: &str,
        member: &[u8],
        original: &impl Original,
        whose: &str,
    ) -> Result<Recognized, ToolError> {
        let page = match scan.picture {
            Picture::Page(page) | Picture::MemberPage { page, .. } => page,
            Picture::WholeFile { .. } | Picture::Image { .. } => {
                return self.run(scan, None, layout, member, original, whose).await;
            }
        };
        let mut outcome = Err(ToolError::Failed);
        for size in RENDERINGS {
            let page = page.to_string();
            let args = ["-gray", size[0], size[1], "-f", &page, "-l", &page, "-"];
            let render = Some(args.map(str::to_owned).to_vec());
            outcome = self.run(scan, render, layout, member, original, whose).await;
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
        layout: &str,
        member: &[u8],
        original: &impl Original,
        whose: &str,
    ) -> Result<Recognized, ToolError> {
        let feed = match scan.picture {
            Picture::WholeFile { .. } | Picture::Page(_) => original.feed().await?,
            Picture::Image { .. } | Picture::MemberPage { .. } => Feed::Bytes(member),
        };
        let mut steps = Vec::new();
        if let (Some(args), Some(program)) = (render, &self.tools.pdftoppm) {
            steps.push(Step { program, args, needs: Needs::Fonts, data_folder: None });
        }
        let Some(program) = &self.tools.tesseract else { return Err(ToolError::NotRun) };
        let data_folder = self.options.data_folder.clone();
        let dots = match scan.picture {
            Picture::WholeFile { dots } | Picture::Image { dots, .. } => dots,
            Picture::Page(_) | Picture::MemberPage { .. } => Some(RENDERED_DOTS),
        };
        steps.push(Step {
            program,
            args: self.arguments(layout, dots),
            needs: Needs::Languages,
            data_folder,
        });
        let _turn = self.turns.take(whose).await;
        let limits = RunLimits {
            time: self.options.time_per_page.min(self.time_left(original)),
            memory_bytes: self.options.memory_bytes,
            output_bytes: PAGE_BYTES,
        };
        let _busy = original.busy().recognizing();
        let printed = run_chain(&self.worker, &steps, feed, limits).await?;
        Ok(Recognized::of(&String::from_utf8_lossy(&printed.bytes)))
    }

    /// Takes a turn for so long, and does nothing in it.
    pub(crate) async fn pretend(&self, time: Duration, whose: &str) {
        let _turn = self.turns.take(whose).await;
        take_time(time).await;
    }

    fn arguments(&self, layout: &str, dots: Option<u32>) -> Vec<String> {
        let mut args = vec!["stdin".to_owned(), "stdout".to_owned()];
        if let Some(folder) = &self.options.data_folder {
            args.extend(["--tessdata-dir".to_owned(), folder.display().to_string()]);
        }
        args.extend(dots.iter().flat_map(|dots| ["--dpi".to_owned(), dots.to_string()]));
        args.extend(["-l".to_owned(), self.options.languages.join("+")]);
        // The text, and the table that says how sure each word is.
        let options = ["--psm", layout, "-c", "tessedit_create_txt=1", "-c", "tessedit_create_tsv=1"];
        args.extend(options.map(str::to_owned));
        args
    }

    /// Why the text of a picture is left out that holds some.
    fn unsure(&self) -> Reason {
        let languages = self.options.languages.join(", ");
        let message = format!(
            "text recognition made no words of this picture; it may be in another language than {languages} (setting ocr.languages), or too small or blurred"
        );
        Reason::new("recognition_unsure", message)
    }

    /// Why a picture has no text; an error when that is our side's fault.
    fn reason(&self, error: ToolError) -> Result<Reason, ExtractError> {
        match error {
            ToolError::TimedOut => {
                let limit = self.options.time_per_page.as_secs().max(1);
                Ok(Reason::new(
                    "recognition_timed_out",
                    format!(
                        "recognizing the text of this picture took longer than {limit} s; scan it smaller or raise the limit"
                    ),
                ))
            }
            ToolError::Failed => Ok(Reason::new(
                "recognition_failed",
                "text recognition could not read this picture; it may be damaged",
            )),
            ToolError::NotRun => Err(ExtractError::RecognitionUnavailable),
            ToolError::NoFeed => Err(ExtractError::Unreadable { cause: "it is gone".to_owned() }),
        }
    }
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
        let picture = Picture::WholeFile { dots: None };
        let scan = Scan { before: 0, place: Place::default(), picture };
        let pages: Vec<_> =
            sections(&scan, "one page\u{c}\u{c}third page\u{c}").map(|one| one.place.page).collect();
        assert_eq!(pages, [Some(1), Some(3)]);
        assert_eq!(sections(&scan, "one page\u{c}").map(|one| one.place.page).collect::<Vec<_>>(), [None]);
    }
}
