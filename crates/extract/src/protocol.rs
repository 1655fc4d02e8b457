//! The words between the server and its workers: length-prefixed frames over a pipe.
//!
//! A job is a JSON frame followed by `size` bytes of content; its answer is one JSON frame. Lengths are 4 bytes,
//! big endian. Anything else ends the worker.

use std::io::{self, Read, Write};

use gangway_model::Document;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// What a worker says once its limits are set.
pub(crate) const GREETING: &[u8; 8] = b"worker1\n";
/// Bytes of content sent at a time.
const PIECE_BYTES: usize = 64 * 1024;
/// Bytes a job's frame may have.
const MAX_JOB_FRAME: u32 = 64 * 1024;

/// What a worker is told before its first job.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Setup {
    pub memory_bytes: u64,
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
}

/// What a worker says about a job.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Reply {
    pub answer: Answer,
    /// The worker ends after this: something in it may be broken.
    pub last: bool,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Answer {
    Document(Document),
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
    let frame = serde_json::to_vec(message)?;
    pipe.write_u32(frame.len() as u32).await?;
    pipe.write_all(&frame).await
}

/// Sends a job and as much content as it announces.
pub(crate) async fn send_job(
    pipe: &mut (impl AsyncWrite + Unpin),
    job: &Job,
    content: &mut (impl AsyncRead + Unpin),
) -> Result<(), SendError> {
    send_frame(pipe, job).await.map_err(SendError::Pipe)?;
    let mut left = job.size;
    let mut piece = vec![0; PIECE_BYTES.min(left as usize)];
    while left > 0 {
        let wanted = (piece.len() as u64).min(left) as usize;
        match content.read(&mut piece[..wanted]).await {
            Ok(0) => return Err(SendError::Content(io::ErrorKind::UnexpectedEof.into())),
            Ok(read) => {
                pipe.write_all(&piece[..read]).await.map_err(SendError::Pipe)?;
                left -= read as u64;
            }
            Err(error) => return Err(SendError::Content(error)),
        }
    }
    pipe.flush().await.map_err(SendError::Pipe)
}

/// Waits for the word of a worker that it is ready.
pub(crate) async fn receive_greeting(pipe: &mut (impl AsyncRead + Unpin)) -> io::Result<()> {
    let mut greeting = [0; GREETING.len()];
    pipe.read_exact(&mut greeting).await?;
    if &greeting == GREETING { Ok(()) } else { Err(io::ErrorKind::InvalidData.into()) }
}

pub(crate) async fn receive_reply(pipe: &mut (impl AsyncRead + Unpin), max_frame: u32) -> io::Result<Reply> {
    let length = pipe.read_u32().await?;
    if length > max_frame {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the answer is too long"));
    }
    let mut frame = Vec::new();
    // Grows with what arrives: a length alone allocates nothing.
    pipe.take(u64::from(length)).read_to_end(&mut frame).await?;
    if frame.len() != length as usize {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(serde_json::from_slice(&frame)?)
}

/// Reads the setup; `None` at the end of the pipe.
pub(crate) fn receive_setup(pipe: &mut impl Read) -> io::Result<Option<Setup>> {
    receive_frame(pipe)
}

pub(crate) fn send_greeting(pipe: &mut impl Write) -> io::Result<()> {
    pipe.write_all(GREETING)?;
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
    let frame = serde_json::to_vec(reply)?;
    let length = u32::try_from(frame.len()).map_err(|_| io::Error::from(io::ErrorKind::InvalidData))?;
    pipe.write_all(&length.to_be_bytes())?;
    pipe.write_all(&frame)?;
    pipe.flush()
}
