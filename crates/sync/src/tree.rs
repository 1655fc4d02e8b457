//! The tree of containers as the rows know it: ancestors and paths, following links that lead in from elsewhere.

use std::collections::{HashMap, HashSet};

use gangway_model::{ConnectionId, ItemState, ProviderItemId};
use gangway_store::Store;

use crate::stop::Stop;

/// Deeper nesting than this is taken for a loop.
const DEEPEST: usize = 200;
/// Nodes remembered before the memory starts anew: bounds it whatever the corpus.
const REMEMBERED: usize = 20_000;

#[derive(Clone)]
struct Node {
    parent: Option<ProviderItemId>,
    name: String,
    /// Containers that hold a link to this node.
    linked_from: Vec<ProviderItemId>,
    /// Its row says that it is gone at the source.
    is_gone: bool,
}

/// A view of one connection's tree that remembers what it has looked up.
pub struct Tree<'a> {
    store: &'a Store,
    connection: &'a ConnectionId,
    nodes: HashMap<ProviderItemId, Option<Node>>,
}

impl<'a> Tree<'a> {
    pub fn new(store: &'a Store, connection: &'a ConnectionId) -> Self {
        Self { store, connection, nodes: HashMap::new() }
    }

    /// The ids of `start` and everything above it, through parents and through links; loops end.
    pub async fn with_ancestors(
        &mut self,
        start: &[ProviderItemId],
    ) -> Result<HashSet<ProviderItemId>, Stop> {
        let mut found: HashSet<ProviderItemId> = start.iter().cloned().collect();
        let mut level: Vec<ProviderItemId> = start.to_vec();
        for _ in 0..DEEPEST {
            if level.is_empty() {
                break;
            }
            self.load(&level).await?;
            let mut above = Vec::new();
            for id in &level {
                let Some(Some(node)) = self.nodes.get(id) else { continue };
                for up in node.parent.iter().chain(&node.linked_from) {
                    if found.insert(up.clone()) {
                        above.push(up.clone());
                    }
                }
            }
            level = above;
        }
        Ok(found)
    }

    /// The names from the topmost known container down to `container`, each with a slash before it.
    /// Slashes in names stay as they are.
    pub async fn path(&mut self, container: Option<&ProviderItemId>) -> Result<String, Stop> {
        let mut names = Vec::new();
        let mut next = container.cloned();
        let mut seen = HashSet::new();
        while let Some(id) = next {
            if !seen.insert(id.clone()) || seen.len() > DEEPEST {
                break;
            }
            self.load(std::slice::from_ref(&id)).await?;
            let Some(Some(node)) = self.nodes.get(&id) else { break };
            names.push(node.name.clone());
            next = node.parent.clone();
        }
        Ok(names.iter().rev().fold(String::new(), |path, name| format!("{path}/{name}")))
    }

    /// Whether a container's row says that it is gone at the source.
    pub async fn is_gone(&mut self, container: &ProviderItemId) -> Result<bool, Stop> {
        self.load(std::slice::from_ref(container)).await?;
        Ok(self.nodes.get(container).is_some_and(|node| node.as_ref().is_some_and(|node| node.is_gone)))
    }

    /// Puts containers whose rows say that they are gone behind the others: an item's row names the first as its parent.
    pub async fn sort_living_first(&mut self, containers: &mut [ProviderItemId]) -> Result<(), Stop> {
        let mut gone = HashSet::new();
        for container in containers.iter() {
            if self.is_gone(container).await? {
                gone.insert(container.clone());
            }
        }
        containers.sort_by_key(|container| gone.contains(container));
        Ok(())
    }

    /// Has a node stand where the source says it stands now, before any row says so.
    pub async fn place(
        &mut self,
        id: &ProviderItemId,
        parent: Option<ProviderItemId>,
        name: &str,
    ) -> Result<(), Stop> {
        self.load(std::slice::from_ref(id)).await?;
        let linked_from = match self.nodes.remove(id) {
            Some(Some(node)) => node.linked_from,
            _ => Vec::new(),
        };
        self.nodes
            .insert(id.clone(), Some(Node { parent, name: name.to_owned(), linked_from, is_gone: false }));
        Ok(())
    }

    async fn load(&mut self, ids: &[ProviderItemId]) -> Result<(), Stop> {
        if self.nodes.len() > REMEMBERED {
            self.nodes.clear();
        }
        let missing: Vec<ProviderItemId> =
            ids.iter().filter(|id| !self.nodes.contains_key(*id)).cloned().collect();
        if missing.is_empty() {
            return Ok(());
        }
        let mut found: HashMap<ProviderItemId, Node> = HashMap::new();
        for item in self.store.find_items_by_provider_ids(self.connection, &missing).await? {
            let node = Node {
                parent: item.parent_id,
                name: item.name,
                linked_from: Vec::new(),
                is_gone: item.state == ItemState::Gone,
            };
            found.insert(item.provider_id, node);
        }
        for link in self.store.find_links_to(self.connection, &missing).await? {
            let (Some(target), Some(parent)) = (link.target_id, link.parent_id) else { continue };
            let node = found.entry(target).or_insert_with(|| Node {
                parent: None,
                name: String::new(),
                linked_from: Vec::new(),
                is_gone: false,
            });
            node.linked_from.push(parent);
        }
        for id in missing {
            let node = found.remove(&id);
            self.nodes.insert(id, node);
        }
        Ok(())
    }
}
