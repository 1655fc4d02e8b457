//! Which scopes an entry belongs to: those whose root it is, or stands below.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use gangway_connector::Entry;
use gangway_model::{CollectionId, ConnectionId, Item, ProviderItemId, ScopeId};
use gangway_store::{Scope, Store};

use crate::stop::Stop;
use crate::tree::Tree;

/// A scope as placements need it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ScopeRef {
    pub id: ScopeId,
    pub collection: CollectionId,
}

impl From<&Scope> for ScopeRef {
    fn from(scope: &Scope) -> Self {
        Self { id: scope.id.clone(), collection: scope.collection_id.clone() }
    }
}

/// The container that an entry's row names as parent. An entry that names none (shared without its
/// container) stays where it was found.
pub fn parent_of(
    entry: &Entry,
    found_in: Option<&ProviderItemId>,
    known: Option<&Item>,
) -> Option<ProviderItemId> {
    match found_in {
        Some(container) if entry.parents.is_empty() || entry.parents.contains(container) => {
            Some(container.clone())
        }
        _ => entry.parents.first().cloned().or_else(|| known.and_then(|item| item.parent_id.clone())),
    }
}

/// Gives entries that name their container only by its address the container's id: that of an entry of the same page,
/// else of a row. A container that nobody here knows gets an id of ours, so that the entry does not seem to stand
/// where it stood before.
pub async fn find_parents(
    store: &Store,
    connection: &ConnectionId,
    entries: &mut [Entry],
) -> Result<(), Stop> {
    let wanted: Vec<String> = entries
        .iter()
        .filter(|entry| entry.parents.is_empty())
        .filter_map(|entry| entry.parent_locator.clone())
        .collect::<BTreeSet<String>>()
        .into_iter()
        .collect();
    if wanted.is_empty() {
        return Ok(());
    }
    let told: HashSet<ProviderItemId> = entries.iter().map(|entry| entry.id.clone()).collect();
    let mut by_locator: HashMap<String, ProviderItemId> = HashMap::new();
    for item in store.find_items_by_locators(connection, &wanted).await? {
        // What this page tells of stands where the page says, not where its row does.
        if let Some(locator) =
            item.locator.filter(|_| item.kind.holds_items() && !told.contains(&item.provider_id))
        {
            by_locator.insert(locator, item.provider_id);
        }
    }
    for entry in entries.iter().filter(|entry| entry.kind.holds_items()) {
        if let Some(locator) = &entry.locator {
            by_locator.insert(locator.clone(), entry.id.clone());
        }
    }
    for entry in entries.iter_mut().filter(|entry| entry.parents.is_empty()) {
        let Some(locator) = &entry.parent_locator else { continue };
        let unknown = || ProviderItemId::from(format!("{UNKNOWN_CONTAINER}{locator}"));
        entry.parents.push(by_locator.get(locator).cloned().unwrap_or_else(unknown));
    }
    Ok(())
}

/// Begins the id of a container of which only the address is known. No connector makes such ids.
const UNKNOWN_CONTAINER: &str = "\u{1}at:";

/// Whether an id stands for a container of which only the address is known.
pub fn is_unknown_container(id: &ProviderItemId) -> bool {
    id.as_str().starts_with(UNKNOWN_CONTAINER)
}

/// For each entry (by position), the scopes it belongs to as the tree stands now.
pub async fn scopes_of_entries(
    store: &Store,
    connection: &ConnectionId,
    tree: &mut Tree<'_>,
    entries: &[(&Entry, Option<&Item>)],
) -> Result<Vec<Vec<ScopeRef>>, Stop> {
    let ids: Vec<ProviderItemId> = entries.iter().map(|(entry, _)| entry.id.clone()).collect();
    let mut linked_from: HashMap<ProviderItemId, Vec<ProviderItemId>> = HashMap::new();
    for link in store.find_links_to(connection, &ids).await? {
        if let (Some(target), Some(parent)) = (link.target_id, link.parent_id) {
            linked_from.entry(target).or_default().push(parent);
        }
    }
    let mut lines: Vec<HashSet<ProviderItemId>> = Vec::with_capacity(entries.len());
    // Entries of one page mostly stand in the same containers: each set of them is walked once.
    let mut walked: HashMap<Vec<ProviderItemId>, HashSet<ProviderItemId>> = HashMap::new();
    for (entry, known) in entries {
        let mut above = entry.parents.clone();
        if above.is_empty()
            && let Some(parent) = parent_of(entry, None, *known)
            && !tree.is_gone(&parent).await?
        {
            above.push(parent);
        }
        above.extend(linked_from.get(&entry.id).into_iter().flatten().cloned());
        let line = match walked.get(&above) {
            Some(line) => line.clone(),
            None => {
                let line = tree.with_ancestors(&above).await?;
                walked.insert(above, line.clone());
                line
            }
        };
        lines.push(line);
    }
    let everything: HashSet<&ProviderItemId> = lines.iter().flatten().chain(&ids).collect();
    let everything: Vec<ProviderItemId> = everything.into_iter().cloned().collect();
    let mut by_root: BTreeMap<ProviderItemId, Vec<ScopeRef>> = BTreeMap::new();
    for scope in store.find_scopes_by_roots(connection, &everything).await? {
        by_root.entry(scope.root_id.clone()).or_default().push(ScopeRef::from(&scope));
    }
    Ok(lines
        .iter()
        .zip(&ids)
        .map(|(line, id)| {
            let roots = line.iter().chain(std::iter::once(id));
            let mut scopes: Vec<ScopeRef> =
                roots.filter_map(|id| by_root.get(id)).flatten().cloned().collect();
            scopes.sort();
            scopes.dedup();
            scopes
        })
        .collect())
}
