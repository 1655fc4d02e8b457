//! The workspace and its conversations: public, private and direct, as containers.
//!
//! Slack has no place that holds all of a person's conversations; the container with the workspace's id is ours. Each
//! type of conversation is listed by itself, because one missing permission fails a call for several types whole.

use gangway_connector::{ConnectorError, Entry, EntryPage};
use gangway_model::{ItemKind, PageToken, ProviderItemId, Reason, Revision, Timestamp};

use super::api::{Api, Workspace};
use super::ids::{WORKSPACE_FEED, channel_feed, is_channel};
use super::listing::bad_page_token;
use super::people::{Directory, Wanted};
use super::wire::Channel;

pub const CHANNEL: &str = "application/vnd.slack.channel";
pub const WORKSPACE: &str = "application/vnd.slack.workspace";

/// In the order in which they are listed. Direct messages come only with the permission for them; that they are
/// missing without it is what the person chose. The others are expected.
const TYPES: [(&str, bool); 4] =
    [("public_channel", true), ("private_channel", true), ("mpim", false), ("im", false)];

/// A place in the list of conversations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    kind: usize,
    cursor: String,
    /// Rows of this page that were shown already.
    skip: usize,
}

impl Place {
    pub fn read(page: &PageToken) -> Result<Self, ConnectorError> {
        let mut parts = page.as_str().splitn(4, ' ');
        let mut part = || parts.next().ok_or_else(bad_page_token);
        if part()? != "channels" {
            return Err(bad_page_token());
        }
        let kind = part()?.parse().ok().filter(|kind| *kind < TYPES.len());
        let skip = part()?.parse().map_err(|_| bad_page_token())?;
        Ok(Self { kind: kind.ok_or_else(bad_page_token)?, skip, cursor: part()?.to_owned() })
    }

    pub fn page_token(&self) -> PageToken {
        PageToken::from(format!("channels {} {} {}", self.kind, self.skip, self.cursor))
    }

    /// The place after a page of this type, `None` after the last one.
    fn after(&self, next_cursor: Option<&str>) -> Option<Self> {
        match next_cursor {
            Some(cursor) => Some(Self { kind: self.kind, cursor: cursor.to_owned(), skip: 0 }),
            None => Some(Self { kind: self.kind + 1, ..Self::default() }).filter(|it| it.kind < TYPES.len()),
        }
    }
}

/// Which conversations to list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Those that the person is in.
    Own,
    /// Public ones without the person as well.
    Visible { archived: bool },
}

/// One page of conversations, of one type.
pub struct Found {
    pub channels: Vec<Channel>,
    pub failure: Option<Reason>,
    pub next: Option<Place>,
}

pub async fn page(api: &Api, reach: Reach, place: &Place) -> Result<Found, ConnectorError> {
    let (kind, is_expected) = TYPES[place.kind];
    let answer = match reach {
        Reach::Visible { archived } if kind == "public_channel" => {
            api.public_channels(&place.cursor, archived).await
        }
        _ => api.own_channels(kind, &place.cursor).await,
    };
    match answer {
        Ok(list) => {
            let next = list.next_cursor().filter(|cursor| *cursor != place.cursor);
            let next = place.after(next);
            Ok(Found { channels: list.channels, failure: None, next })
        }
        Err(error) if error.code == "insufficient_scope" => {
            let failure = is_expected.then(|| error.reason());
            Ok(Found { channels: Vec::new(), failure, next: place.after(None) })
        }
        Err(error) => Err(error),
    }
}

/// Lists the conversations that the person is in.
pub async fn list(
    api: &Api,
    workspace: &Workspace,
    token: Option<&PageToken>,
) -> Result<EntryPage, ConnectorError> {
    let place = token.map(Place::read).transpose()?.unwrap_or_default();
    let found = page(api, Reach::Own, &place).await?;
    let id = ProviderItemId::from(workspace.id.as_str());
    Ok(EntryPage {
        entries: entries(api, workspace, &found.channels).await?,
        failures: found.failure.into_iter().map(|reason| (id.clone(), reason)).collect(),
        next: found.next.map(|next| next.page_token()),
        incomplete: false,
    })
}

/// Shows conversations to people, never more than `limit`; with words, those whose name holds them. Public channels
/// without the person are shown as well: they can be read without joining.
pub async fn browse(
    api: &Api,
    workspace: &Workspace,
    place: &Place,
    words: Option<&str>,
    limit: usize,
) -> Result<(Vec<Entry>, Option<Place>), ConnectorError> {
    let reach = Reach::Visible { archived: words.is_some() };
    let found = page(api, reach, place).await?;
    let wanted = words.map(str::to_lowercase);
    let shown = |entry: &Entry| wanted.as_ref().is_none_or(|words| entry.name.to_lowercase().contains(words));
    let entries: Vec<Entry> =
        entries(api, workspace, &found.channels).await?.into_iter().filter(shown).collect();
    let rest = entries.len().saturating_sub(place.skip);
    let next = match rest > limit {
        true => Some(Place { skip: place.skip + limit, ..place.clone() }),
        false => found.next,
    };
    Ok((entries.into_iter().skip(place.skip).take(limit).collect(), next))
}

pub async fn entries(
    api: &Api,
    workspace: &Workspace,
    channels: &[Channel],
) -> Result<Vec<Entry>, ConnectorError> {
    let mut wanted = Wanted::default();
    channels.iter().filter_map(partner).for_each(|partner| wanted.person(partner));
    let directory = api.names.find(api, &wanted).await?;
    Ok(channels.iter().filter_map(|channel| entry(workspace, channel, &directory)).collect())
}

fn partner(channel: &Channel) -> Option<&str> {
    channel.user.as_deref().filter(|_| channel.is_im)
}

/// Describes a conversation. Its parent is the workspace, unless it is a public one that the person is not in.
fn entry(workspace: &Workspace, channel: &Channel, directory: &Directory) -> Option<Entry> {
    let id = channel.id.as_deref().filter(|id| is_channel(id))?;
    let is_private = channel.is_private || channel.is_im || channel.is_mpim || channel.is_group;
    let is_elsewhere = !is_private && channel.is_member == Some(false);
    Some(Entry {
        parents: if is_elsewhere { Vec::new() } else { vec![ProviderItemId::from(workspace.id.as_str())] },
        feed: Some(channel_feed(id)),
        media_type: CHANNEL.to_owned(),
        created_at: channel.created.and_then(|seconds| Timestamp::from_timestamp(seconds, 0)),
        modified_at: channel.updated.and_then(Timestamp::from_timestamp_millis),
        url: workspace.archive(&[id]).map(String::from),
        revision: Revision::from("container"),
        ..Entry::new(id, ItemKind::Container, name(id, channel, directory))
    })
}

/// A channel's name; for direct messages, with whom.
fn name(id: &str, channel: &Channel, directory: &Directory) -> String {
    if let Some(partner) = partner(channel) {
        return directory.person(partner).unwrap_or(partner).to_owned();
    }
    let name = channel.name.as_deref().filter(|name| !name.is_empty()).unwrap_or(id);
    // `mpdm-ada--grace--linus-1`
    let people = name.strip_prefix("mpdm-").filter(|_| channel.is_mpim).and_then(|it| it.rsplit_once('-'));
    people.map_or_else(|| name.to_owned(), |(people, _)| people.replace("--", ", "))
}

pub fn workspace_entry(workspace: &Workspace) -> Entry {
    Entry {
        feed: Some(WORKSPACE_FEED.into()),
        media_type: WORKSPACE.to_owned(),
        url: workspace.address(),
        revision: Revision::from("container"),
        ..Entry::new(workspace.id.as_str(), ItemKind::Container, workspace.name.as_str())
    }
}
