//! The words between the server and its workers: length-prefixed frames over a pipe.
//!
//! A job is a JSON frame followed by `size` bytes of content; its answer is one JSON frame. Lengths are 4 bytes,
//! big endian. Anything else ends the worker.

use std::io::{self, Read, Write};

use gangway_model::{Document, Place, Reason};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// What a worker says once its limits are set; what confines it follows in three bytes.
pub(crate) const GREETING: &[u8; 7] = b"worker2";
/// Bytes of content sent at a time.
const PIECE_BYTES: usize = 64 * 1024;
/// Bytes a job's frame may have.
const MAX_JOB_FRAME: u32 = 256 * 1024;
/// Bytes of pictures that may come with one reply.
pub(crate) const MAX_PICTURE_BYTES: u64 = 16 << 20;

/// What a worker is told before its first job.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Setup {
    pub memory_bytes: u64,
}

/// What the kernel enforces on a worker beside its limits of memory and time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Confinement {
    /// No file of the system can be opened (Landlock).
    pub landlock: bool,
    /// No network, no other process, no call that is not on a short list (seccomp).
    pub seccomp: bool,
}

/// One file to read. The name stays outside: a worker needs to know nothing about where a file comes from.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Job {
    pub media_type: String,
    pub charset: Option<String>,
    /// Bytes of content that follow the frame.
    pub size: u64,
    pub text_bytes: usize,
    pub seconds: u64,
    #[serde(default)]
    pub wanted: Wanted,
    /// Members of an archive that ended a worker before, by their marks, and how.
    #[serde(default)]
    pub without: Vec<(String, Reason)>,
}

/// What is wanted of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Wanted {
    #[default]
    Everything,
    /// What people wrote on the pages of a PDF, whose text was read elsewhere.
    Remarks,
    /// A PDF with the letters of its ligatures turned around, in the place of a picture; nothing where it has none.
    TurnedLigatures,
}

/// What a worker says about a job.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Reply {
    /// It turns to the member of an archive that has this mark; more follows.
    Reading(String),
    Done {
        answer: Answer,
        /// The worker ends after this: something in it may be broken.
        last: bool,
    },
}

pub(crate) type Answer = Result<Extracted, Refusal>;

/// A document, and the pictures of text in it that a worker cannot read.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Extracted {
    pub document: Document,
    pub scans: Vec<Scan>,
}

/// A picture of text. Its text belongs before the section of this number.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Scan {
    pub before: usize,
    pub place: Place,
    pub picture: Picture,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Picture {
    /// The whole file is a picture. As with images, `dots` to the inch are taken for granted where it does not tell them.
    WholeFile { dots: Option<u32> },
    /// Pages of the whole file, a PDF, from 1.
    Page(u32),
    /// An image within the file. Its bytes follow the frame, in the order of the scans.
    Image { bytes: u64, dots: Option<u32> },
    /// A page of a PDF within the file. The PDF's bytes follow the frame at the first of its pages.
    MemberPage { page: u32, bytes: u64 },
}

/// Why a worker read nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Refusal {
    Unsupported { media_type: String },
    Encrypted,
    TooLarge { what: String },
    Broken { media_type: String },
    TimedOut,
}

/// Which side of a transfer failed.
#[derive(Debug)]
pub(crate) enum SendError {
    Content(io::Error),
    Pipe(io::Error),
}

/// The largest reply a job of this text limit can have: JSON escapes at most double clean text.
pub(crate) fn max_reply_frame(text_bytes: usize) -> u32 {
    u32::try_from(text_bytes.saturating_mul(3).saturating_add(16 << 20)).unwrap_or(u32::MAX)
}

pub(crate) async fn send_setup(pipe: &mut (impl AsyncWrite + Unpin), setup: &Setup) -> io::Result<()> {
    send_frame(pipe, setup).await
}

async fn send_frame(pipe: &mut (impl AsyncWrite + Unpin), message: &impl Serialize) -> io::Result<()> {
    pipe.write_all(&framed(message)?).await
}

/// A message behind its length, so that one call sends both.
fn framed(message: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut frame = vec![0; 4];
    serde_json::to_writer(&mut frame, message)?;
    let length = u32::try_from(frame.len() - 4).map_err(|_| io::Error::from(io::ErrorKind::InvalidData))?;
    frame[..4].copy_from_slice(&length.to_be_bytes());
    Ok(frame)
}

/// Sends a job and as much content as it announces.
pub(crate) async fn send_job(
    pipe: &mut (impl AsyncWrite + Unpin),
    job: &Job,
    content: &mut (impl AsyncRead + Unpin),
) -> Result<(), SendError> {
    // The frame travels with the first piece: a worker that wakes up has something to do.
    let mut piece = framed(job).map_err(SendError::Pipe)?;
    let mut left = job.size;
    while left > 0 {
        let wanted = (PIECE_BYTES as u64).min(left) as usize;
        let filled = piece.len();
        piece.resize(filled + wanted, 0);
        let read = match content.read(&mut piece[filled..]).await {
            Ok(0) => return Err(SendError::Content(io::ErrorKind::UnexpectedEof.into())),
            Ok(read) => read,
            Err(error) => return Err(SendError::Content(error)),
        };
        pipe.write_all(&piece[..filled + read]).await.map_err(SendError::Pipe)?;
        left -= read as u64;
        piece.clear();
    }
    if !piece.is_empty() {
        pipe.write_all(&piece).await.map_err(SendError::Pipe)?;
    }
    pipe.flush().await.map_err(SendError::Pipe)
}

/// Waits for the word of a worker that it is ready, and what confines it.
pub(crate) async fn receive_greeting(pipe: &mut (impl AsyncRead + Unpin)) -> io::Result<Confinement> {
    let mut greeting = [0; GREETING.len() + 3];
    pipe.read_exact(&mut greeting).await?;
    let told = |flag: u8, yes: u8| match flag {
        b'-' => Some(false),
        flag if flag == yes => Some(true),
        _ => None,
    };
    match (greeting.strip_prefix(GREETING), greeting.last()) {
        (Some([landlock, seccomp, _]), Some(b'\n')) => told(*landlock, b'L').zip(told(*seccomp, b'S')),
        _ => None,
    }
    .map(|(landlock, seccomp)| Confinement { landlock, seccomp })
    .ok_or_else(|| io::ErrorKind::InvalidData.into())
}

/// Receives one frame of a reply.
pub(crate) async fn receive_reply(pipe: &mut (impl AsyncRead + Unpin), max_frame: u32) -> io::Result<Reply> {
    let length = pipe.read_u32().await?;
    if length > max_frame {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the answer is too long"));
    }
    Ok(serde_json::from_slice(&receive_bytes(pipe, length.into()).await?)?)
}

/// Receives the pictures that follow an answer, in the order of its scans.
pub(crate) async fn receive_pictures(
    pipe: &mut (impl AsyncRead + Unpin),
    answer: &Answer,
) -> io::Result<Vec<Vec<u8>>> {
    let lengths: Vec<u64> = answer.iter().flat_map(|read| &read.scans).map(Scan::own_bytes).collect();
    let total = lengths.iter().fold(0_u64, |total, length| total.saturating_add(*length));
    if total > MAX_PICTURE_BYTES {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the pictures are too large"));
    }
    let mut pictures = Vec::with_capacity(lengths.len());
    for length in lengths {
        pictures.push(receive_bytes(pipe, length).await?);
    }
    Ok(pictures)
}

async fn receive_bytes(pipe: &mut (impl AsyncRead + Unpin), length: u64) -> io::Result<Vec<u8>> {
    // Grows with what arrives: a length alone allocates next to nothing.
    let mut bytes = Vec::with_capacity(length.min(PIECE_BYTES as u64) as usize);
    pipe.take(length).read_to_end(&mut bytes).await?;
    match bytes.len() as u64 == length {
        true => Ok(bytes),
        false => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

impl Scan {
    /// Bytes of its own that follow the answer.
    pub(crate) fn own_bytes(&self) -> u64 {
        match self.picture {
            Picture::WholeFile { .. } | Picture::Page(_) => 0,
            Picture::Image { bytes, .. } | Picture::MemberPage { bytes, .. } => bytes,
        }
    }
}

/// Reads the setup; `None` at the end of the pipe.
pub(crate) fn receive_setup(pipe: &mut impl Read) -> io::Result<Option<Setup>> {
    receive_frame(pipe)
}

pub(crate) fn send_greeting(pipe: &mut impl Write, confined: Confinement) -> io::Result<()> {
    let told = |holds: bool, yes: u8| if holds { yes } else { b'-' };
    pipe.write_all(GREETING)?;
    pipe.write_all(&[told(confined.landlock, b'L'), told(confined.seccomp, b'S'), b'\n'])?;
    pipe.flush()
}

/// Reads the next job and its content; `None` at the end of the pipe.
pub(crate) fn receive_job(pipe: &mut impl Read) -> io::Result<Option<(Job, Vec<u8>)>> {
    let Some(job) = receive_frame::<Job>(pipe)? else {
        return Ok(None);
    };
    let mut content = Vec::with_capacity(job.size as usize);
    pipe.take(job.size).read_to_end(&mut content)?;
    if content.len() as u64 != job.size {
        return Ok(None);
    }
    Ok(Some((job, content)))
}

fn receive_frame<T: DeserializeOwned>(pipe: &mut impl Read) -> io::Result<Option<T>> {
    let mut length = [0; 4];
    match pipe.read_exact(&mut length) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        other => other?,
    }
    let length = u32::from_be_bytes(length);
    if length > MAX_JOB_FRAME {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the job is too long"));
    }
    let mut frame = vec![0; length as usize];
    pipe.read_exact(&mut frame)?;
    Ok(Some(serde_json::from_slice(&frame)?))
}

pub(crate) fn send_reply(pipe: &mut impl Write, reply: &Reply) -> io::Result<()> {
    pipe.write_all(&framed(reply)?)?;
    pipe.flush()
}
