//! Naming a node from outside: by id, by the key it was made with, or by the titles that lead to it.

use anyhow::{Context, anyhow, bail};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::model::{Index, Kind};
use super::store::Workspace;
use crate::notion::ids;

/// `{"id"}` (or a key), or `{"path"}`: titles from the top, as a list or joined by slashes.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Target {
    pub id: Option<String>,
    pub path: Option<Value>,
}

impl Target {
    pub fn id(id: impl Into<String>) -> Self {
        Self { id: Some(id.into()), path: None }
    }

    pub fn path(path: &str) -> Self {
        Self { id: None, path: Some(Value::String(path.to_owned())) }
    }
}

impl Workspace {
    /// Finds the node that a target names.
    pub fn resolve(&self, target: &Target) -> anyhow::Result<Index> {
        if let Some(id) = &target.id {
            return self
                .find(ids::of_reference(id))
                .or_else(|| self.find(ids::of_key("object", id)))
                .ok_or_else(|| anyhow!("nothing with the id or key {id}"));
        }
        let titles: Vec<String> = match &target.path {
            Some(Value::String(path)) => path.split('/').map(str::to_owned).collect(),
            Some(Value::Array(path)) => path.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            _ => bail!("a target has an `id` or a `path`"),
        };
        let mut at: Option<Index> = None;
        for title in &titles {
            at = Some(
                self.titled_below(at, title)
                    .with_context(|| format!("nothing named {title} in {}", titles.join("/")))?,
            );
        }
        at.ok_or_else(|| anyhow!("the path is empty"))
    }

    /// Finds a page, database or data source by title, looking through the blocks in between.
    fn titled_below(&self, parent: Option<Index>, title: &str) -> Option<Index> {
        let mut open: Vec<Index> = match parent {
            Some(parent) => self.node(parent).children.clone(),
            None => self.roots.clone(),
        };
        open.reverse();
        while let Some(at) = open.pop() {
            let node = self.node(at);
            if node.kind == Kind::Block {
                open.extend(node.children.iter().rev());
                continue;
            }
            if self.plain_title(at) == title {
                return Some(at);
            }
            // The rows of a database are reached through its own title alone.
            if node.kind == Kind::DataSource {
                open.extend(node.children.iter().rev());
            }
        }
        None
    }
}
