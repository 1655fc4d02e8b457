//! Programs of the system that read what the library cannot, or not as well: found at run time, each run limited.

mod check;
mod pdf_text;
mod reach;
mod recognize;
mod recognized;
mod run;
mod sheets;

use std::path::PathBuf;
use std::time::Duration;

pub use check::RecognitionCheck;
pub(crate) use pdf_text::{PdfText, read_pdf_text};
pub(crate) use recognize::{Original, Recognizer};
pub(crate) use run::{Feed, RunLimits, ToolError};
pub(crate) use sheets::sheets_among;

/// Where programs are looked for beside `PATH`.
const FOLDERS: [&str; 3] = ["/usr/local/bin", "/usr/bin", "/bin"];

/// The programs that were found. None is needed: without them a scan says that nothing here reads it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tools {
    /// Poppler's `pdftotext`: the text of PDF pages, right-to-left scripts in reading order.
    pub pdftotext: Option<PathBuf>,
    /// Poppler's `pdftoppm`: PDF pages as pictures.
    pub pdftoppm: Option<PathBuf>,
    /// Poppler's `pdfimages`: which pages with a few words are pictures of paper.
    pub pdfimages: Option<PathBuf>,
    /// Tesseract: text in pictures.
    pub tesseract: Option<PathBuf>,
}

impl Tools {
    /// Looks for the programs in `PATH` and the usual folders.
    pub fn find() -> Self {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders: Vec<PathBuf> =
            std::env::split_paths(&path).chain(FOLDERS.iter().map(PathBuf::from)).collect();
        let find = |name: &str| {
            folders
                .iter()
                .filter(|folder| folder.is_absolute())
                .map(|folder| folder.join(name))
                .find(|at| at.is_file())
        };
        Self {
            pdftotext: find("pdftotext"),
            pdftoppm: find("pdftoppm"),
            pdfimages: find("pdfimages"),
            tesseract: find("tesseract"),
        }
    }
}

/// How pictures of text are read.
#[derive(Clone, Debug)]
pub struct Recognition {
    /// Off: pictures are found by their name alone. Default on, which needs the programs all the same.
    pub enabled: bool,
    /// Languages as Tesseract names them (`eng`, `deu`, `chi_sim`). Default `eng`.
    pub languages: Vec<String>,
    /// A folder of language files other than Tesseract's own.
    pub data_folder: Option<PathBuf>,
    /// Wall time of one page. Default 60 s.
    pub time_per_page: Duration,
    /// How long all pages of one file may take together, waiting for turns not counted; what is recognized by then is
    /// kept. Default 10 minutes.
    pub time_per_file: Duration,
    /// Pages of one file that are recognized; the rest is counted. Default 50.
    pub pages_per_file: usize,
    /// Pages recognized at the same time; each takes one core. Default 1.
    pub at_once: usize,
    /// Memory of one program. Default 1 GiB.
    pub memory_bytes: u64,
}

impl Default for Recognition {
    fn default() -> Self {
        Self {
            enabled: true,
            languages: vec!["eng".to_owned()],
            data_folder: None,
            time_per_page: Duration::from_secs(60),
            time_per_file: Duration::from_secs(600),
            pages_per_file: 50,
            at_once: 1,
            memory_bytes: 1 << 30,
        }
    }
}
