//! Names of people, apps, channels and user groups: asked for when they are needed, and kept as long as the source
//! is open.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use futures::lock::Mutex;
use gangway_connector::{ConnectorError, Disposition};

use super::api::Api;
use super::ids::{is_channel, is_id};

/// With more people missing than this, the whole list of people is asked for, once.
const LISTED_FROM: usize = 20;
/// Pages of that list; who is not on them is asked for one by one.
const MOST_LIST_PAGES: usize = 40;
/// Names asked for one by one, for one answer of ours. The others stay ids this time.
const MOST_LOOKUPS: usize = 100;
/// Names kept.
const MOST_KEPT: usize = 50_000;

/// Ids that a text names without saying how people call them.
#[derive(Debug, Default)]
pub struct Wanted {
    people: BTreeSet<String>,
    channels: BTreeSet<String>,
    pub groups: bool,
}

impl Wanted {
    /// A person, or an app by its `B…` id.
    pub fn person(&mut self, id: &str) {
        if is_id(id) && id.starts_with(['U', 'W', 'B']) {
            self.people.insert(id.to_owned());
        }
    }

    pub fn channel(&mut self, id: &str) {
        if is_channel(id) {
            self.channels.insert(id.to_owned());
        }
    }
}

/// Names by id, as far as they could be found.
#[derive(Debug, Default)]
pub struct Directory {
    people: BTreeMap<String, String>,
    channels: BTreeMap<String, String>,
    groups: BTreeMap<String, String>,
}

impl Directory {
    pub fn person(&self, id: &str) -> Option<&str> {
        self.people.get(id).map(String::as_str)
    }

    pub fn channel(&self, id: &str) -> Option<&str> {
        self.channels.get(id).map(String::as_str)
    }

    pub fn group(&self, id: &str) -> Option<&str> {
        self.groups.get(id).map(String::as_str)
    }

    #[cfg(test)]
    pub fn of(people: &[(&str, &str)], channels: &[(&str, &str)], groups: &[(&str, &str)]) -> Self {
        let map = |rows: &[(&str, &str)]| {
            rows.iter().map(|(id, name)| ((*id).to_owned(), (*name).to_owned())).collect()
        };
        Self { people: map(people), channels: map(channels), groups: map(groups) }
    }
}

/// What was found so far. `None` says that there is nothing to be found.
#[derive(Default)]
pub struct Names(Mutex<Known>);

#[derive(Default)]
struct Known {
    people: HashMap<String, Option<String>>,
    channels: HashMap<String, Option<String>>,
    groups: Option<BTreeMap<String, String>>,
    has_listed: bool,
    /// The connection was not granted the permission to see people.
    is_refused: bool,
}

impl Names {
    /// Finds names. What Slack does not know or show has none; trouble on the way is an error, because a text
    /// without its names would look finished.
    pub async fn find(&self, api: &Api, wanted: &Wanted) -> Result<Directory, ConnectorError> {
        let mut known = self.0.lock().await;
        known.find_people(api, &wanted.people).await?;
        known.find_channels(api, &wanted.channels).await?;
        let mut directory = Directory::default();
        if wanted.groups {
            directory.groups = known.groups(api).await?;
        }
        let names = |map: &HashMap<String, Option<String>>, ids: &BTreeSet<String>| {
            ids.iter().filter_map(|id| Some((id.clone(), map.get(id)?.clone()?))).collect()
        };
        directory.people = names(&known.people, &wanted.people);
        directory.channels = names(&known.channels, &wanted.channels);
        Ok(directory)
    }
}

impl Known {
    async fn find_people(&mut self, api: &Api, ids: &BTreeSet<String>) -> Result<(), ConnectorError> {
        if self.people.len() > MOST_KEPT {
            self.people.clear();
            self.has_listed = false;
        }
        let missing = |known: &Self| -> Vec<String> {
            let is_missing = |id: &&String| !known.is_refused && !known.people.contains_key(*id);
            ids.iter().filter(is_missing).cloned().collect()
        };
        if missing(self).len() > LISTED_FROM && !self.has_listed {
            self.list_people(api).await?;
        }
        for id in missing(self).into_iter().take(MOST_LOOKUPS) {
            let name = match id.starts_with('B') {
                true => api.app_name(&id).await,
                false => api.user(&id).await.map(|user| user.shown_name().map(str::to_owned)),
            };
            if self.notes_refusal(&name) {
                break;
            }
            self.people.insert(id, found(name)?);
        }
        Ok(())
    }

    async fn list_people(&mut self, api: &Api) -> Result<(), ConnectorError> {
        let mut cursor = None;
        for _ in 0..MOST_LIST_PAGES {
            let answer = api.users(cursor.as_deref()).await.map(Some);
            self.notes_refusal(&answer);
            let Some(page) = found(answer)? else { break };
            for user in &page.members {
                if let Some(id) = &user.id {
                    self.people.insert(id.clone(), user.shown_name().map(str::to_owned));
                }
            }
            cursor = page.next_cursor().map(str::to_owned);
            if cursor.is_none() {
                break;
            }
        }
        self.has_listed = true;
        Ok(())
    }

    fn notes_refusal<T>(&mut self, answer: &Result<T, ConnectorError>) -> bool {
        self.is_refused |= answer.as_ref().is_err_and(|error| error.code == "insufficient_scope");
        self.is_refused
    }

    async fn find_channels(&mut self, api: &Api, ids: &BTreeSet<String>) -> Result<(), ConnectorError> {
        if self.channels.len() > MOST_KEPT {
            self.channels.clear();
        }
        let missing: Vec<&String> = ids.iter().filter(|id| !self.channels.contains_key(*id)).collect();
        for id in missing.into_iter().take(MOST_LOOKUPS) {
            let name = found(api.channel(id).await.map(|channel| channel.name))?;
            self.channels.insert(id.clone(), name);
        }
        Ok(())
    }

    async fn groups(&mut self, api: &Api) -> Result<BTreeMap<String, String>, ConnectorError> {
        if self.groups.is_none() {
            self.groups = Some(found(api.user_groups().await.map(Some))?.unwrap_or_default());
        }
        Ok(self.groups.clone().unwrap_or_default())
    }
}

/// A refusal of one name is no name; anything else is trouble.
fn found<T>(answer: Result<Option<T>, ConnectorError>) -> Result<Option<T>, ConnectorError> {
    match answer {
        Err(error) if matches!(error.disposition, Disposition::Gone | Disposition::SkipItem) => Ok(None),
        answer => answer,
    }
}
