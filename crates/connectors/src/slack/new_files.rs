//! The part of the feeds that is about files which came with replies: no history shows those.

use gangway_connector::{Change, ConnectorError, Disposition};
use gangway_model::ProviderItemId;

use super::api::{Api, FileSpan};
use super::cursor::{FileMemory, Memory};
use super::files;
use super::wire::File;

const AT_START: u32 = 15;
const AT_ONCE: u32 = 200;
/// What lies beyond is found when the channel is listed again.
const MOST_PAGES: u32 = 20;

/// Where the list of files stands; `None` where the connection may not see it.
pub async fn start(api: &Api, channel: Option<&str>) -> Result<Option<FileMemory>, ConnectorError> {
    let span = FileSpan { from: None, to: None, count: AT_START, page: 1 };
    let list = match api.files(channel, &span).await {
        Err(error) if error.disposition == Disposition::SkipItem => return Ok(None),
        answer => answer?,
    };
    let mut memory = FileMemory::default();
    for file in &list.files {
        if let Some((id, made)) = file.plausible_id().zip(made(file)) {
            memory.note(id, made);
        }
    }
    Ok(Some(memory))
}

/// Tells of the files that were made since the last poll and came with a reply.
pub async fn since(
    api: &Api,
    channel: Option<&str>,
    memory: &mut Memory,
    changes: &mut Vec<Change>,
) -> Result<(), ConnectorError> {
    let Some(known) = &memory.files else { return Ok(()) };
    let mut newest = known.clone();
    for page in 1..=MOST_PAGES {
        let span = FileSpan { from: Some(known.since), to: None, count: AT_ONCE, page };
        let list = match api.files(channel, &span).await {
            Err(error) if matches!(error.disposition, Disposition::SkipItem | Disposition::Gone) => {
                return Ok(());
            }
            answer => answer?,
        };
        for file in &list.files {
            let Some((id, made)) = file.plausible_id().zip(made(file)) else { continue };
            if made < known.since || (made == known.since && known.ids.iter().any(|it| it == id)) {
                continue;
            }
            newest.note(id, made);
            let Some(entry) = files::entry(file, channel) else { continue };
            let met_in = channel.or(entry.parents.first().map(ProviderItemId::as_str));
            if met_in.is_none_or(|channel| file.came_with_reply(channel)) {
                changes.push(Change::Upsert(Box::new(entry)));
            }
        }
        let pages = list.paging.and_then(|paging| paging.pages).unwrap_or_default();
        if i64::from(page) >= pages {
            break;
        }
    }
    memory.files = Some(newest);
    Ok(())
}

fn made(file: &File) -> Option<i64> {
    file.created.or(file.timestamp)
}

impl FileMemory {
    fn note(&mut self, id: &str, made: i64) {
        if made > self.since {
            self.since = made;
            self.ids.clear();
        }
        if made == self.since && !self.ids.iter().any(|it| it == id) {
            self.ids.push(id.to_owned());
        }
    }
}
