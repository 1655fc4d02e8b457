//! A steady load on one address, and how many requests a second were answered.
//!
//! The callers share the machine with what they measure, so they do as little as HTTP allows: one connection each,
//! the same bytes sent again and again, answers counted and dropped.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const CALLERS: usize = 16;
const FOR: Duration = Duration::from_secs(5);

/// Answers a second of `GET url`, with a token when one is given. Every answer must be a 200 of known length.
pub async fn rate(url: &str, token: Option<&str>) -> anyhow::Result<f64> {
    let url: url::Url = url.parse()?;
    let (host, port) = (url.host_str().context("no host")?, url.port_or_known_default().unwrap_or(80));
    let token = token.map(|token| format!("authorization: Bearer {token}\r\n")).unwrap_or_default();
    let request = format!("GET {} HTTP/1.1\r\nhost: {host}:{port}\r\n{token}\r\n", url.path());
    let answered = Arc::new(AtomicU64::new(0));
    let begun = Instant::now();
    let mut callers = Vec::new();
    for _ in 0..CALLERS {
        let mut connection = TcpStream::connect((host, port)).await?;
        connection.set_nodelay(true)?;
        let (request, answered) = (request.clone(), Arc::clone(&answered));
        callers.push(tokio::spawn(async move {
            let mut buffer = Vec::new();
            while begun.elapsed() < FOR {
                connection.write_all(request.as_bytes()).await?;
                read_answer(&mut connection, &mut buffer).await?;
                answered.fetch_add(1, Ordering::Relaxed);
            }
            anyhow::Ok(())
        }));
    }
    for caller in callers {
        caller.await??;
    }
    Ok(answered.load(Ordering::Relaxed) as f64 / begun.elapsed().as_secs_f64())
}

/// Reads one whole answer and drops it.
async fn read_answer(connection: &mut TcpStream, buffer: &mut Vec<u8>) -> anyhow::Result<()> {
    buffer.clear();
    let mut whole = None;
    while whole.is_none_or(|whole| buffer.len() < whole) {
        ensure!(
            connection.read_buf(buffer).await? > 0,
            "the connection was closed in the middle of an answer"
        );
        if whole.is_none()
            && let Some(end) = buffer.windows(4).position(|four| four == b"\r\n\r\n")
        {
            let head = std::str::from_utf8(&buffer[..end])?.to_ascii_lowercase();
            ensure!(head.starts_with("http/1.1 200"), "refused: {head}");
            let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
            let length: usize = length.context("an answer without a length")?.trim().parse()?;
            whole = Some(end + 4 + length);
        }
    }
    ensure!(whole == Some(buffer.len()), "an answer longer than it says");
    Ok(())
}
