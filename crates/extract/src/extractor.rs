//! One file in, one document out: finds out what the file is and who reads it.

mod recipe;

use std::io::Cursor;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use gangway_model::{Document, Place, media};
use tokio::fs::File;
use tokio::io::AsyncReadExt;
use tokio::sync::Semaphore;

use crate::effort::{Busy, Effort};
use crate::error::ExtractError;
use crate::ligatures;
use crate::limits::Limits;
use crate::media_type::{HEAD_BYTES, Reader, detect_media_type, reader_of};
use crate::pool::{Ended, Pool, WorkerCommand};
use crate::protocol::{Answer, Confinement, Extracted, Job, Picture, Scan, Wanted};
use crate::read_text::read_text;
use crate::text::{declared_charset, finish};
use crate::tools::{
    Feed, Original, PdfText, Recognition, Recognizer, RunLimits, ToolError, Tools, read_pdf_text,
    sheets_among,
};
use crate::worker::{add_remarks, unread_remarks};

/// Members of one archive that may end a worker each before the archive is given up.
const MEMBERS_THAT_KILL: usize = 3;
/// Bytes of a file that is kept in memory while it is read.
const SMALL_FILE_BYTES: u64 = 1 << 20;
/// Bytes of text that are read on the spot; more goes to the blocking threads, few at a time.
const ON_THE_SPOT_BYTES: usize = 128 * 1024;

#[derive(Clone, Debug)]
pub struct ExtractorOptions {
    pub worker: WorkerCommand,
    /// Files parsed at the same time, each in its own process; at least 1.
    pub workers: usize,
    pub limits: Limits,
    /// Programs of the system that help; [`Tools::find`] looks for them.
    pub tools: Tools,
    pub recognition: Recognition,
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

/// On whose behalf a file is read, and who wants to know what.
#[derive(Clone, Copy, Default)]
pub struct Asker<'a> {
    /// Turns go round by it: a user, as a rule. Whoever has many files waits for those of nobody else, and nobody for all
    /// of theirs.
    pub whose: &'a str,
    /// Told when reading comes to text recognition: it may take long, and longer to have its turn.
    pub recognition_begins: Option<&'a (dyn Fn() + Send + Sync)>,
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
    worker: WorkerCommand,
    tools: Tools,
    recognizer: Arc<Recognizer>,
    recognition: String,
    files_read: Arc<AtomicU64>,
    pretended_micros: Arc<AtomicU64>,
}

impl Extractor {
    pub fn new(options: ExtractorOptions) -> Self {
        let workers = options.workers.max(1);
        let recognition = recipe::told(&options.recognition, &options.tools);
        let recognizer = Recognizer::new(options.worker.clone(), options.tools.clone(), options.recognition);
        Self {
            pool: Pool::new(options.worker.clone(), workers, options.limits.clone()),
            large_texts: Arc::new(Semaphore::new(workers)),
            limits: options.limits,
            worker: options.worker,
            tools: options.tools,
            recognizer: Arc::new(recognizer),
            recognition,
            files_read: Arc::default(),
            pretended_micros: Arc::default(),
        }
    }

    /// Files that went to a reader since this extractor was made.
    pub fn files_read(&self) -> u64 {
        self.files_read.load(Ordering::Relaxed)
    }

    /// Starts a worker ahead of the first file and tells what the kernel enforces on it.
    ///
    /// # Errors
    /// When no worker can be started.
    pub async fn check(&self) -> Result<Confinement, ExtractError> {
        self.pool.check().await
    }

    /// Starts a worker in the background, so that the log says from the start how workers are confined. Needs a running
    /// Tokio.
    pub fn announce(&self) {
        let extractor = self.clone();
        // What goes wrong is in the log; the first file that needs a worker will say it again.
        tokio::spawn(async move { extractor.check().await.ok() });
    }

    /// Reads one file. An empty file is a document without sections. Waits while all workers are busy; dropping the
    /// future kills a worker that is reading for it.
    pub async fn extract(&self, input: Input<'_>) -> Result<Document, ExtractError> {
        self.extract_for(input, Asker::default()).await.map(|(document, _)| document)
    }

    /// Reads one file, as [`Extractor::extract`] does, on somebody's behalf, and tells what it took.
    pub async fn extract_for(
        &self,
        input: Input<'_>,
        asker: Asker<'_>,
    ) -> Result<(Document, Effort), ExtractError> {
        let source = Source::open(&input.content).await?;
        if source.size == 0 {
            return Ok((Document::default(), Effort::default()));
        }
        self.files_read.fetch_add(1, Ordering::Relaxed);
        metrics::counter!("gangway_extracted_files_total").increment(1);
        let document = self.read(&source, &input, &asker).await?;
        Ok((document, source.busy.effort()))
    }

    async fn read(
        &self,
        source: &Source,
        input: &Input<'_>,
        asker: &Asker<'_>,
    ) -> Result<Document, ExtractError> {
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
            Some(Reader::Worker) if media_type == media::PDF => {
                self.read_pdf(source, media_type, charset, asker).await
            }
            // What has a structure of its own is parsed where time and memory are taken away.
            Some(Reader::Worker | Reader::ContentLines | Reader::Notebook) => {
                self.read_in_worker(source, media_type, charset, asker).await
            }
            Some(reader) => self.read_here(source, reader, charset).await,
        }
    }

    /// A PDF's text by the system's program where there is one: it keeps the order of right-to-left scripts. What it
    /// does not read, the library may, and it knows the reason when nobody does.
    async fn read_pdf(
        &self,
        source: &Source,
        media_type: String,
        charset: Option<String>,
        asker: &Asker<'_>,
    ) -> Result<Document, ExtractError> {
        let Some(program) = &self.tools.pdftotext else {
            return self.read_in_worker(source, media_type, charset, asker).await;
        };
        let limits = RunLimits {
            time: self.limits.time_per_file,
            memory_bytes: self.limits.worker_memory_bytes,
            output_bytes: self
                .limits
                .text_bytes
                .saturating_add(self.limits.text_bytes / 4)
                .saturating_add(HEAD_BYTES),
        };
        let turn = self.pool.turn(asker.whose).await;
        let feed =
            source.feed().await.map_err(|_| ExtractError::Unreadable { cause: "it is gone".to_owned() })?;
        let busy = source.busy.reading();
        let read = read_pdf_text(&self.worker, program, feed, limits).await;
        let stamped = match &read {
            Ok(read) => self.stamped(&read.sparse, source, limits).await,
            Err(_) => Vec::new(),
        };
        drop(busy);
        drop(turn);
        let Ok(mut read) = read else {
            return self.read_in_worker(source, media_type, charset, asker).await;
        };
        if let Some(turned) = self.with_turned_ligatures(&read.document, source, &media_type, asker).await? {
            let _turn = self.pool.turn(asker.whose).await;
            let _busy = source.busy.reading();
            let again = read_pdf_text(&self.worker, program, Feed::Bytes(&turned), limits).await;
            read = again.unwrap_or(read);
        }
        let PdfText { mut document, mut textless, .. } = read;
        add_remarks(&mut document, self.remarks_on(source, media_type, asker).await?);
        textless.extend(stamped);
        textless.sort_unstable();
        let scan = |page: u32| Scan {
            before: document.sections.partition_point(|section| section.place.page <= Some(page)),
            place: Place { page: Some(page), ..Place::default() },
            picture: Picture::Page(page),
        };
        let scans = textless.into_iter().map(scan).collect();
        finish(&mut document, self.limits.text_bytes);
        self.recognize(Extracted { document, scans }, Vec::new(), source, asker).await
    }

    /// A PDF in whose text the letters of ligatures are turned around, made to say them the other way.
    async fn with_turned_ligatures(
        &self,
        read: &Document,
        source: &Source,
        media_type: &str,
        asker: &Asker<'_>,
    ) -> Result<Option<Vec<u8>>, ExtractError> {
        let is_small = source.size <= ligatures::FILE_BYTES;
        if !is_small || !read.sections.iter().any(|section| ligatures::are_turned(&section.text)) {
            return Ok(None);
        }
        let job = Job { wanted: Wanted::TurnedLigatures, ..self.job(source, media_type.to_owned()) };
        match self.run(&job, source, asker).await {
            Ok((answer, mut files)) => Ok(answer.ok().and_then(|_| files.pop())),
            // The text is here and stays.
            Err(ended) if ended.error.is_about_the_file() => Ok(None),
            Err(ended) => Err(ended.error),
        }
    }

    /// The pages among those with a few words that are scans, as far as anybody could read them.
    async fn stamped(&self, sparse: &[u32], source: &Source, limits: RunLimits) -> Vec<u32> {
        let Some(program) = self.tools.pdfimages.as_ref().filter(|_| !sparse.is_empty()) else {
            return Vec::new();
        };
        if !self.recognizer.would_read(true).await {
            return Vec::new();
        }
        let Ok(feed) = source.feed().await else { return Vec::new() };
        // A file whose pictures cannot be listed has its words all the same.
        sheets_among(sparse, &self.worker, program, feed, limits).await.unwrap_or_default()
    }

    async fn read_in_worker(
        &self,
        source: &Source,
        media_type: String,
        charset: Option<String>,
        asker: &Asker<'_>,
    ) -> Result<Document, ExtractError> {
        let mut job = Job { charset, ..self.job(source, media_type) };
        let mut suspect = None;
        let (answer, pictures) = loop {
            match self.run(&job, source, asker).await {
                Ok(answered) => break answered,
                // A member that ends its reader costs only itself, as long as it is not all of them. One that is there
                // when a reader dies, of whatever cause, gets a second try.
                Err(Ended { error, member: Some(member) })
                    if error.is_about_the_file() && job.without.len() < MEMBERS_THAT_KILL =>
                {
                    let is_sure = error != ExtractError::Crashed || suspect.as_ref() == Some(&member);
                    match is_sure {
                        true => job.without.push((member, error.reason())),
                        false => suspect = Some(member),
                    }
                }
                Err(ended) => return Err(ended.error),
            }
        };
        match answer {
            Ok(extracted) => self.recognize(extracted, pictures, source, asker).await,
            Err(refusal) => Err(ExtractError::of_refusal(refusal, job.seconds)),
        }
    }

    /// What people wrote on the pages of a PDF whose text was read by the system's program, which passes it over.
    async fn remarks_on(
        &self,
        source: &Source,
        media_type: String,
        asker: &Asker<'_>,
    ) -> Result<Document, ExtractError> {
        let job = Job { wanted: Wanted::Remarks, ..self.job(source, media_type) };
        match self.run(&job, source, asker).await {
            Ok((answer, _)) => Ok(answer.map(|extracted| extracted.document).unwrap_or_default()),
            // The text is here and stays.
            Err(ended) if ended.error.is_about_the_file() => Ok(unread_remarks(ended.error.code())),
            Err(ended) => Err(ended.error),
        }
    }

    fn job(&self, source: &Source, media_type: String) -> Job {
        Job {
            media_type,
            charset: None,
            size: source.size,
            text_bytes: self.limits.text_bytes,
            seconds: self.limits.time_per_file.as_secs().max(1),
            wanted: Wanted::Everything,
            without: Vec::new(),
        }
    }

    async fn run(
        &self,
        job: &Job,
        source: &Source,
        asker: &Asker<'_>,
    ) -> Result<(Answer, Vec<Vec<u8>>), Ended> {
        match &source.content {
            Opened::Bytes(bytes) => {
                self.pool.run(job, &mut Cursor::new(bytes.clone()), asker.whose, &source.busy).await
            }
            Opened::File(path) => {
                let mut file = File::open(path).await.map_err(unreadable)?;
                self.pool.run(job, &mut file, asker.whose, &source.busy).await
            }
        }
    }

    async fn recognize(
        &self,
        extracted: Extracted,
        pictures: Vec<Vec<u8>>,
        source: &Source,
        asker: &Asker<'_>,
    ) -> Result<Document, ExtractError> {
        if extracted.scans.is_empty() {
            return Ok(extracted.document);
        }
        let mut document = self.recognizer.fill(extracted, pictures, source, asker).await?;
        finish(&mut document, self.limits.text_bytes);
        Ok(document)
    }

    async fn read_here(
        &self,
        source: &Source,
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
        let read = move || read_text(bytes, cut, reader, charset.as_deref(), text_bytes);
        match is_large {
            true => tokio::task::spawn_blocking(read).await.map_err(|_| ExtractError::Crashed),
            false => Ok(read()),
        }
    }
}

/// An opened file and its size in bytes.
struct Source {
    content: Opened,
    size: u64,
    busy: Busy,
}

enum Opened {
    Bytes(Bytes),
    File(PathBuf),
}

/// A small file is read at once: each step with a file is an errand to another thread.
async fn open_file(path: PathBuf) -> Result<(Opened, u64), ExtractError> {
    let open = move || {
        let mut file = std::fs::File::open(&path)?;
        let size = file.metadata()?.len();
        if size > SMALL_FILE_BYTES {
            return Ok((Opened::File(path), size));
        }
        let mut bytes = vec![0; size as usize];
        std::io::Read::read_exact(&mut file, &mut bytes)?;
        Ok((Opened::Bytes(bytes.into()), size))
    };
    tokio::task::spawn_blocking(open).await.map_err(|_| ExtractError::Crashed)?.map_err(unreadable)
}

impl Source {
    async fn open(content: &Content) -> Result<Self, ExtractError> {
        let (content, size) = match content {
            Content::Bytes(bytes) => (Opened::Bytes(bytes.clone()), bytes.len() as u64),
            Content::File(path) => open_file(path.clone()).await?,
        };
        Ok(Self { content, size, busy: Busy::default() })
    }

    /// Reads up to `limit` bytes from the start.
    async fn read(&self, limit: usize) -> Result<Bytes, ExtractError> {
        match &self.content {
            Opened::Bytes(bytes) => Ok(bytes.slice(..bytes.len().min(limit))),
            Opened::File(path) => {
                let file = File::open(path).await.map_err(unreadable)?;
                let mut bytes = Vec::with_capacity(self.size.min(limit as u64) as usize);
                file.take(limit as u64).read_to_end(&mut bytes).await.map_err(unreadable)?;
                Ok(bytes.into())
            }
        }
    }
}

impl Original for Source {
    fn busy(&self) -> &Busy {
        &self.busy
    }

    async fn feed(&self) -> Result<Feed<'_>, ToolError> {
        match &self.content {
            Opened::Bytes(bytes) => Ok(Feed::Bytes(bytes)),
            Opened::File(path) => {
                let file = File::open(path).await.map_err(|_| ToolError::NoFeed)?;
                Ok(Feed::File(file.into_std().await))
            }
        }
    }
}

fn unreadable(error: std::io::Error) -> ExtractError {
    ExtractError::Unreadable { cause: error.kind().to_string() }
}
