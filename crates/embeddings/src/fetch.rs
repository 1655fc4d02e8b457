//! Brings the files of a model into a folder, each as it was promised or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{Context, SHA256};
use futures::StreamExt;
use gangway_effects::Network;
use http::{Method, StatusCode, header};
use url::Url;

use crate::known::KnownModel;
use crate::local::LocalModel;
use crate::local_options::{LocalModelOptions, ModelError};
use crate::wire::{Failed, meaning_of};

/// A file whose size was not promised is read so far.
const LARGEST_FILE: u64 = 4 << 30;
const MAX_REDIRECTS: usize = 5;

/// A file that is to be fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Its place in the folder, and behind the address.
    pub name: String,
    /// In hex digits.
    pub sha256: String,
    /// Where it is known.
    pub bytes: Option<u64>,
}

/// What is to be fetched, from where to where.
#[derive(Clone, Debug)]
pub struct Fetch {
    /// What the files' names are appended to.
    pub from: Url,
    pub files: Vec<Wanted>,
    /// The folder that is made. Until all is in it and right it is called by this name and `.part`.
    pub to: PathBuf,
}

/// What happens meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// A file begins, or goes on behind what is there already.
    File { name: &'a str, have: u64, bytes: Option<u64> },
    /// So many bytes more came.
    Came(u64),
    /// All files are there; the model is tried.
    Trying,
}

/// A model that is there and works.
pub struct Fetched {
    /// It was there before, and nothing was fetched.
    pub was_there: bool,
    pub model: LocalModel,
}

#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    #[error("{} is there already, and its {file} is another", to.display())]
    Occupied { to: PathBuf, file: String },
    #[error("{name:?} is no name of a file in a folder")]
    Name { name: String },
    #[error("{sha256:?} is no SHA-256: 64 hex digits")]
    Digest { sha256: String },
    #[error("{file}: {host} {what}; the same command goes on where this one ended")]
    BrokeOff { file: String, host: String, what: String },
    #[error("{file}: {host} answered {status}")]
    Status { file: String, host: String, status: u16 },
    #[error("{file}: {host} sends it elsewhere: {what}")]
    Redirect { file: String, host: String, what: &'static str },
    #[error("{0}")]
    Refused(String),
    #[error("{file}: it has more than the {bytes} bytes it should have")]
    TooLarge { file: String, bytes: u64 },
    #[error("{file}: what came has the SHA-256 {found}, not {wanted}; it was thrown away")]
    Differs { file: String, wanted: String, found: String },
    #[error("cannot write {}: {source}", path.display())]
    Write { path: PathBuf, source: std::io::Error },
    #[error("the files are as they should be, but {0}")]
    Model(#[from] ModelError),
}

impl Fetch {
    /// A known model, from where it is published or from another place with the same files.
    pub fn known(model: &KnownModel, from: Option<Url>, to: PathBuf) -> Self {
        let own = || model.address.parse().expect("addresses of known models are addresses");
        let files = model.files.iter().map(|file| Wanted {
            name: file.name.to_owned(),
            sha256: file.sha256.to_owned(),
            bytes: Some(file.bytes),
        });
        Self { from: from.unwrap_or_else(own), files: files.collect(), to }
    }

    /// Fetches what is missing, checks every file, tries the model, and only then gives the folder its name.
    pub async fn run(
        &self,
        network: &Network,
        told: &mut (dyn FnMut(Step<'_>) + Send),
    ) -> Result<Fetched, FetchError> {
        if !LocalModel::IS_BUILT {
            return Err(ModelError::NotBuilt.into());
        }
        for file in &self.files {
            file.check()?;
        }
        if self.to.exists() {
            for file in &self.files {
                if file.digest_in(&self.to)?.as_deref() != Some(&*file.sha256.to_ascii_lowercase()) {
                    return Err(FetchError::Occupied { to: self.to.clone(), file: file.name.clone() });
                }
            }
            return Ok(Fetched { was_there: true, model: open(&self.to).await? });
        }
        let part = self.part();
        for file in &self.files {
            file.fetch(network, &self.from, &part, told).await?;
        }
        told(Step::Trying);
        open(&part).await?;
        fs::rename(&part, &self.to).map_err(|source| FetchError::Write { path: self.to.clone(), source })?;
        // Once more, by its name.
        Ok(Fetched { was_there: false, model: open(&self.to).await? })
    }

    fn part(&self) -> PathBuf {
        let mut name = self.to.file_name().unwrap_or_default().to_owned();
        name.push(".part");
        self.to.with_file_name(name)
    }
}

async fn open(folder: &Path) -> Result<LocalModel, FetchError> {
    let options = LocalModelOptions {
        folder: folder.to_owned(),
        threads: 1,
        query_prefix: String::new(),
        passage_prefix: String::new(),
    };
    let opened = tokio::task::spawn_blocking(move || LocalModel::open(&options)).await;
    let broken = |_| ModelError::Run { folder: folder.to_owned(), message: "it broke off".to_owned() };
    Ok(opened.map_err(broken)??)
}

impl Wanted {
    fn check(&self) -> Result<(), FetchError> {
        let is_plain =
            |part: &str| !part.is_empty() && part != "." && part != ".." && !part.contains(['\\', ':', '\0']);
        if !self.name.split('/').all(is_plain) {
            return Err(FetchError::Name { name: self.name.clone() });
        }
        match hex::decode(&self.sha256) {
            Ok(bytes) if bytes.len() == 32 => Ok(()),
            _ => Err(FetchError::Digest { sha256: self.sha256.clone() }),
        }
    }

    fn limit(&self) -> u64 {
        self.bytes.unwrap_or(LARGEST_FILE)
    }

    /// The digest of the file as it lies in a folder; `None` when there is none.
    fn digest_in(&self, folder: &Path) -> Result<Option<String>, FetchError> {
        let path = folder.join(&self.name);
        match File::open(&path).and_then(|mut file| digest(&mut file)) {
            Ok((context, _)) => Ok(Some(hex::encode(context.finish()))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(FetchError::Write { path, source }),
        }
    }

    async fn fetch(
        &self,
        network: &Network,
        from: &Url,
        folder: &Path,
        told: &mut (dyn FnMut(Step<'_>) + Send),
    ) -> Result<(), FetchError> {
        let path = folder.join(&self.name);
        let failed = |source: std::io::Error| FetchError::Write { path: path.clone(), source };
        fs::create_dir_all(path.parent().unwrap_or(folder)).map_err(failed)?;
        let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
        let file =
            file.as_mut().map_err(|error| failed(std::io::Error::new(error.kind(), error.to_string())))?;
        let (mut context, mut have) = digest(file).map_err(failed)?;
        let wanted = self.sha256.to_ascii_lowercase();
        if hex::encode(context.clone().finish()) == wanted {
            told(Step::File { name: &self.name, have, bytes: Some(have) });
            return Ok(());
        }
        if have >= self.limit() {
            // Not the beginning of what is wanted.
            (context, have) = (empty(file).map_err(failed)?, 0);
        }
        let (response, host) = self.ask(network, from, have).await?;
        if have > 0 && !goes_on_at(&response, have) {
            (context, have) = (empty(file).map_err(failed)?, 0);
        }
        let bytes = self.bytes.or_else(|| Some(response.content_length()? + have));
        told(Step::File { name: &self.name, have, bytes });
        let mut pieces = response.bytes_stream();
        while let Some(piece) = pieces.next().await {
            let piece = piece.map_err(|error| self.broke_off(&host, &error))?;
            have += piece.len() as u64;
            if have > self.limit() {
                let _ = empty(file);
                return Err(FetchError::TooLarge { file: self.name.clone(), bytes: self.limit() });
            }
            file.write_all(&piece).map_err(failed)?;
            context.update(&piece);
            told(Step::Came(piece.len() as u64));
        }
        file.sync_all().map_err(failed)?;
        let found = hex::encode(context.finish());
        if found != wanted {
            // Kept, it would be gone on behind for ever.
            let _ = empty(file);
            return Err(FetchError::Differs { file: self.name.clone(), wanted, found });
        }
        Ok(())
    }

    /// Asks for the file from a byte on, and goes where it is sent. Every address obeys the network's rules anew.
    async fn ask(
        &self,
        network: &Network,
        from: &Url,
        have: u64,
    ) -> Result<(reqwest::Response, String), FetchError> {
        let mut address = from.clone();
        if let Ok(mut segments) = address.path_segments_mut() {
            segments.pop_if_empty().extend(self.name.split('/'));
        }
        for _ in 0..=MAX_REDIRECTS {
            let host = address.host_str().unwrap_or("the address").to_owned();
            let request = network.request(Method::GET, address.clone());
            // The digest is that of the file itself, not of a packed form of it.
            let mut request = request
                .map_err(|error| FetchError::Refused(error.to_string()))?
                .header(header::ACCEPT_ENCODING, "identity");
            if have > 0 {
                request = request.header(header::RANGE, format!("bytes={have}-"));
            }
            let response = request.send().await.map_err(|error| self.broke_off(&host, &error))?;
            match response.status() {
                StatusCode::OK | StatusCode::PARTIAL_CONTENT => return Ok((response, host)),
                status if status.is_redirection() => address = self.next(&address, &response, host)?,
                // What is here already reaches to the end of theirs, or behind it.
                StatusCode::RANGE_NOT_SATISFIABLE if have > 0 => {
                    return Box::pin(self.ask(network, from, 0)).await;
                }
                status => {
                    return Err(FetchError::Status {
                        file: self.name.clone(),
                        host,
                        status: status.as_u16(),
                    });
                }
            }
        }
        let host = address.host_str().unwrap_or_default().to_owned();
        Err(FetchError::Redirect { file: self.name.clone(), host, what: "too many times in a row" })
    }

    fn next(&self, address: &Url, response: &reqwest::Response, host: String) -> Result<Url, FetchError> {
        let redirect = |what| FetchError::Redirect { file: self.name.clone(), host: host.clone(), what };
        let location = response.headers().get(header::LOCATION).and_then(|value| value.to_str().ok());
        let next = location.and_then(|location| address.join(location).ok());
        let next = next.ok_or_else(|| redirect("to no address"))?;
        match (address.scheme(), next.scheme()) {
            ("https", "http") => Err(redirect("to an address without encryption")),
            _ => Ok(next),
        }
    }

    fn broke_off(&self, host: &str, error: &reqwest::Error) -> FetchError {
        match meaning_of(error) {
            Failed::Refused(message) => FetchError::Refused(message),
            Failed::ForNow(what) => {
                FetchError::BrokeOff { file: self.name.clone(), host: host.to_owned(), what: what.to_owned() }
            }
        }
    }
}

/// Whether an answer begins behind the bytes that are there.
fn goes_on_at(response: &reqwest::Response, have: u64) -> bool {
    let range = response.headers().get(header::CONTENT_RANGE).and_then(|value| value.to_str().ok());
    let begins = range.and_then(|range| range.strip_prefix("bytes ")?.split('-').next()?.parse().ok());
    response.status() == StatusCode::PARTIAL_CONTENT && begins == Some(have)
}

/// Reads a file to its end. Returns what its digest goes on from, and how many bytes there are.
fn digest(file: &mut File) -> std::io::Result<(Context, u64)> {
    let mut context = Context::new(&SHA256);
    let mut buffer = vec![0; 1 << 20];
    let mut have = 0;
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok((context, have)),
            count => {
                context.update(&buffer[..count]);
                have += count as u64;
            }
        }
    }
}

fn empty(file: &mut File) -> std::io::Result<Context> {
    file.set_len(0)?;
    file.rewind()?;
    Ok(Context::new(&SHA256))
}

#[cfg(all(test, feature = "local-model"))]
mod tests;
