//! One file in, one document out: finds out what the file is and who reads it.

use std::io::{Cursor, SeekFrom};
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use gangway_model::{Document, Section};
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio::sync::Semaphore;

use crate::error::ExtractError;
use crate::limits::Limits;
use crate::media_type::{HEAD_BYTES, Reader, detect_media_type, reader_of};
use crate::pool::{Pool, WorkerCommand};
use crate::protocol::{Answer, Job};
use crate::text::{clean, declared_charset, decode, finish};
use crate::{markdown, table};

/// Bytes of text that are read on the spot; more goes to the blocking threads, few at a time.
const ON_THE_SPOT_BYTES: usize = 128 * 1024;

#[derive(Clone, Debug)]
pub struct ExtractorOptions {
    pub worker: WorkerCommand,
    /// Files parsed at the same time, each in its own process; at least 1.
    pub workers: usize,
    pub limits: Limits,
}

/// A file to read.
#[derive(Clone, Debug)]
pub struct Input<'a> {
    pub content: Content,
    /// The file's name; its extension is a hint.
    pub name: &'a str,
    /// The type the provider declared, with parameters; may be empty or wrong.
    pub media_type: &'a str,
}

#[derive(Clone, Debug)]
pub enum Content {
    Bytes(Bytes),
    /// A file of ours. It must not change while it is read.
    File(PathBuf),
}

/// Turns files into documents. Cheap to clone and share; workers start when the first file needs one.
#[derive(Clone)]
pub struct Extractor {
    pool: Arc<Pool>,
    large_texts: Arc<Semaphore>,
    limits: Limits,
}

impl Extractor {
    pub fn new(options: ExtractorOptions) -> Self {
        let workers = options.workers.max(1);
        Self {
            pool: Pool::new(options.worker, workers, options.limits.clone()),
            large_texts: Arc::new(Semaphore::new(workers)),
            limits: options.limits,
        }
    }

    /// Reads one file. An empty file is a document without sections. Waits while all workers are busy; dropping the
    /// future kills a worker that is reading for it.
    pub async fn extract(&self, input: Input<'_>) -> Result<Document, ExtractError> {
        let mut source = Source::open(&input.content).await?;
        if source.size == 0 {
            return Ok(Document::default());
        }
        if source.size > self.limits.input_bytes {
            let what = format!(
                "{} MB, the limit is {} MB",
                source.size / 1_000_000,
                self.limits.input_bytes / 1_000_000
            );
            return Err(ExtractError::TooLarge { what });
        }
        let head = source.read(HEAD_BYTES).await?;
        let media_type = detect_media_type(&head, input.name, input.media_type);
        let charset = declared_charset(input.media_type);
        match reader_of(&media_type) {
            None => Err(ExtractError::UnsupportedType { media_type }),
            Some(Reader::Worker) => self.read_in_worker(source, media_type, charset).await,
            Some(reader) => self.read_here(source, reader, charset).await,
        }
    }

    async fn read_in_worker(
        &self,
        source: Source,
        media_type: String,
        charset: Option<String>,
    ) -> Result<Document, ExtractError> {
        let job = Job {
            media_type,
            charset,
            size: source.size,
            text_bytes: self.limits.text_bytes,
            seconds: self.limits.time_per_file.as_secs().max(1),
        };
        let answer = match source.content {
            Opened::Bytes(bytes) => self.pool.run(&job, &mut Cursor::new(bytes)).await?,
            Opened::File(mut file) => {
                file.rewind().await.map_err(unreadable)?;
                self.pool.run(&job, &mut file).await?
            }
        };
        match answer {
            Answer::Document(document) => Ok(document),
            Answer::Unsupported { media_type } => Err(ExtractError::UnsupportedType { media_type }),
            Answer::Encrypted => Err(ExtractError::Encrypted),
            Answer::TooLarge { what } => Err(ExtractError::TooLarge { what }),
            Answer::Broken { media_type } => Err(ExtractError::Broken { media_type }),
            Answer::TimedOut => Err(ExtractError::TimedOut { seconds: job.seconds }),
        }
    }

    async fn read_here(
        &self,
        mut source: Source,
        reader: Reader,
        charset: Option<String>,
    ) -> Result<Document, ExtractError> {
        let text_bytes = self.limits.text_bytes;
        // Two bytes a character is what UTF-16 needs; what lies beyond would be cut anyway.
        let window = text_bytes.saturating_mul(2).saturating_add(HEAD_BYTES);
        let is_large = source.size > ON_THE_SPOT_BYTES as u64;
        let _turn = match is_large {
            true => self.large_texts.acquire().await.ok(),
            false => None,
        };
        let bytes = source.read(window).await?;
        let cut = source.size > bytes.len() as u64;
        let read = move || read_text(&bytes, cut, reader, charset.as_deref(), text_bytes);
        match is_large {
            true => tokio::task::spawn_blocking(read).await.map_err(|_| ExtractError::Crashed),
            false => Ok(read()),
        }
    }
}

fn read_text(bytes: &[u8], cut: bool, reader: Reader, charset: Option<&str>, text_bytes: usize) -> Document {
    let text = clean(&decode(bytes, charset, cut));
    let mut document = match reader {
        Reader::Markdown => markdown::read_markdown(&text),
        Reader::Rows => table::read_separated(&text),
        Reader::Plain | Reader::Worker => {
            Document { sections: vec![Section { text, ..Section::default() }], ..Document::default() }
        }
    };
    document.truncated |= cut;
    finish(&mut document, text_bytes);
    document
}

/// An opened file and its size in bytes.
struct Source {
    content: Opened,
    size: u64,
}

enum Opened {
    Bytes(Bytes),
    File(File),
}

impl Source {
    async fn open(content: &Content) -> Result<Self, ExtractError> {
        Ok(match content {
            Content::Bytes(bytes) => Self { size: bytes.len() as u64, content: Opened::Bytes(bytes.clone()) },
            Content::File(path) => {
                let file = File::open(path).await.map_err(unreadable)?;
                let size = file.metadata().await.map_err(unreadable)?.len();
                Self { content: Opened::File(file), size }
            }
        })
    }

    /// Reads up to `limit` bytes from the start.
    async fn read(&mut self, limit: usize) -> Result<Bytes, ExtractError> {
        match &mut self.content {
            Opened::Bytes(bytes) => Ok(bytes.slice(..bytes.len().min(limit))),
            Opened::File(file) => {
                file.seek(SeekFrom::Start(0)).await.map_err(unreadable)?;
                let expected = self.size.min(limit as u64) as usize;
                let mut bytes = Vec::with_capacity(expected);
                file.take(limit as u64).read_to_end(&mut bytes).await.map_err(unreadable)?;
                Ok(bytes.into())
            }
        }
    }
}

fn unreadable(error: std::io::Error) -> ExtractError {
    ExtractError::Unreadable { cause: error.kind().to_string() }
}
