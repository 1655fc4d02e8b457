//! What text recognition needs, looked at before a page is: programs that start, and the files of their languages.

use std::path::Path;
use std::time::Duration;

use super::reach::Needs;
use super::recognize::Recognizer;
use super::run::{Feed, RunLimits, Step, ToolError, run_chain};

/// How long a program may take to say what it has.
const LOOK_TIME: Duration = Duration::from_secs(20);
const LOOK_BYTES: usize = 64 << 10;

/// What stands in the way of recognizing text, by trying it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecognitionCheck {
    Ready,
    /// Switched off.
    Off,
    /// The Debian package whose program is not there.
    NotInstalled {
        package: &'static str,
    },
    /// The program is there and cannot be started.
    NotStarted {
        program: String,
    },
    /// It did not answer in time.
    TimedOut {
        seconds: u64,
    },
    /// It answered with an error when it was asked for its languages.
    NoLanguages,
    /// The files of these languages are not there.
    LanguagesMissing(Vec<String>),
}

impl Recognizer {
    /// Tries all programs that are there.
    pub(crate) async fn check(&self) -> RecognitionCheck {
        if !self.options.enabled {
            return RecognitionCheck::Off;
        }
        let Some(tesseract) = &self.tools.tesseract else {
            return RecognitionCheck::NotInstalled { package: "tesseract-ocr" };
        };
        let Some(pdftoppm) = &self.tools.pdftoppm else {
            return RecognitionCheck::NotInstalled { package: "poppler-utils" };
        };
        let poppler = std::iter::once(pdftoppm).chain(&self.tools.pdftotext);
        for program in poppler {
            if let Err(trouble) = self.look(program, "-v", Needs::Fonts).await
                && let Some(found) = told(program, trouble)
            {
                return found;
            }
        }
        let languages = match self.languages().await {
            Ok(languages) => languages,
            Err(trouble) => return told(tesseract, trouble).unwrap_or(RecognitionCheck::NoLanguages),
        };
        let missing = self.options.languages.iter().filter(|language| !languages.contains(language));
        let missing: Vec<String> = missing.cloned().collect();
        match missing.is_empty() {
            true => RecognitionCheck::Ready,
            false => RecognitionCheck::LanguagesMissing(missing),
        }
    }

    /// The languages that are set and there. Looked up once; a failure is looked into again.
    pub(crate) async fn languages(&self) -> Result<&[String], ToolError> {
        let found = self.languages.get_or_try_init(|| async {
            let Some(tesseract) = &self.tools.tesseract else { return Ok(Vec::new()) };
            let listed = self.look(tesseract, "--list-langs", Needs::Languages).await?;
            let has = |language: &&String| listed.lines().any(|line| line.trim() == **language);
            Ok(self.options.languages.iter().filter(has).cloned().collect())
        });
        found.await.map(Vec::as_slice)
    }

    async fn look(&self, program: &Path, ask: &str, needs: Needs) -> Result<String, ToolError> {
        let mut args = vec![ask.to_owned()];
        let data_folder = self.options.data_folder.clone().filter(|_| needs == Needs::Languages);
        if let Some(folder) = &data_folder {
            args.extend(["--tessdata-dir".to_owned(), folder.display().to_string()]);
        }
        let limits =
            RunLimits { time: LOOK_TIME, memory_bytes: self.options.memory_bytes, output_bytes: LOOK_BYTES };
        let step = Step { program, args, needs, data_folder };
        let printed = run_chain(&self.worker, &[step], Feed::Bytes(&[]), limits).await?;
        Ok(String::from_utf8_lossy(&printed.bytes).into_owned())
    }
}

/// An error on the way that says more than that the program did not like the question.
fn told(program: &Path, trouble: ToolError) -> Option<RecognitionCheck> {
    match trouble {
        ToolError::NotRun => Some(RecognitionCheck::NotStarted { program: program.display().to_string() }),
        ToolError::TimedOut => Some(RecognitionCheck::TimedOut { seconds: LOOK_TIME.as_secs() }),
        ToolError::Failed | ToolError::NoFeed => None,
    }
}
