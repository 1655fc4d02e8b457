//! The tree of the workspace: finding nodes, adding and removing them.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};

use super::access::Bot;
use super::model::{
    BlockDetail, Comment, DataSourceDetail, Detail, Group, Happening, Index, Kind, Node, PageDetail, Person,
    Series, StoredFile,
};
use crate::notion::ids::{self, Id};
use crate::notion::text;

/// One workspace with everything in it.
#[derive(Debug, Default)]
pub struct Workspace {
    pub id: Id,
    pub name: String,
    pub icon: Option<String>,
    pub people: Vec<Person>,
    pub groups: Vec<Group>,
    pub nodes: Vec<Node>,
    pub by_id: HashMap<Id, Index>,
    pub roots: Vec<Index>,
    pub series: Vec<Series>,
    pub comments: Vec<Comment>,
    pub files: HashMap<Id, StoredFile>,
    pub bots: BTreeMap<Id, Bot>,
    pub happenings: Vec<Happening>,
    /// Whether anybody wants to hear what happens.
    pub listened_to: bool,
    next_number: u64,
}

impl Workspace {
    pub fn new(name: &str) -> Self {
        Self { id: ids::of_key("workspace", name), name: name.to_owned(), ..Self::default() }
    }

    pub fn node(&self, index: Index) -> &Node {
        &self.nodes[index as usize]
    }

    pub fn node_mut(&mut self, index: Index) -> &mut Node {
        &mut self.nodes[index as usize]
    }

    pub fn find(&self, id: Id) -> Option<Index> {
        self.by_id.get(&id).copied()
    }

    pub fn find_kind(&self, id: Id, kind: Kind) -> Option<Index> {
        self.find(id).filter(|index| self.node(*index).kind == kind)
    }

    pub fn find_person(&self, email: &str) -> Option<&Person> {
        self.people.iter().find(|person| person.email == email)
    }

    pub fn find_person_by_id(&self, id: Id) -> Option<&Person> {
        self.people.iter().find(|person| person.id == id)
    }

    /// Returns the next id for something without a key of its own.
    pub fn next_id(&mut self) -> Id {
        self.next_number += 1;
        ids::numbered(0x6e6f_7469_6f6e, self.next_number)
    }

    pub fn next_number(&mut self) -> u64 {
        self.next_number += 1;
        self.next_number
    }

    /// Hangs a new node under a parent, at a place among its children or at the end.
    pub fn attach(
        &mut self,
        id: Id,
        parent: Option<Index>,
        at: Option<usize>,
        detail: Detail,
        by: Id,
        now_ms: i64,
    ) -> Index {
        let kind = match &detail {
            Detail::Page(_) | Detail::Generated { .. } => Kind::Page,
            Detail::Database(_) => Kind::Database,
            Detail::DataSource(_) => Kind::DataSource,
            Detail::Block(_) => Kind::Block,
        };
        let index = self.nodes.len() as Index;
        self.nodes.push(Node {
            id,
            kind,
            trashed: false,
            archived: false,
            locked: false,
            parent,
            slot: 0,
            children: Vec::new(),
            created_ms: now_ms,
            edited_ms: now_ms,
            appeared_ms: now_ms,
            trashed_ms: 0,
            created_by: by,
            edited_by: by,
            detail,
        });
        self.by_id.insert(id, index);
        self.link(index, parent, at);
        index
    }

    /// Puts a node into its parent's list.
    pub fn link(&mut self, index: Index, parent: Option<Index>, at: Option<usize>) {
        self.nodes[index as usize].parent = parent;
        let list = match parent {
            Some(parent) => &mut self.nodes[parent as usize].children,
            None => &mut self.roots,
        };
        let slot = at.unwrap_or(list.len()).min(list.len());
        list.insert(slot, index);
        self.nodes[index as usize].slot = slot as u32;
    }

    /// Takes a node out of its parent's list.
    pub fn unlink(&mut self, index: Index) {
        let list = match self.nodes[index as usize].parent {
            Some(parent) => &mut self.nodes[parent as usize].children,
            None => &mut self.roots,
        };
        list.retain(|child| *child != index);
    }

    /// Returns a node's place among its siblings; almost always without searching.
    pub fn place_of(&self, index: Index) -> Option<usize> {
        let node = self.node(index);
        let list = match node.parent {
            Some(parent) => &self.node(parent).children,
            None => &self.roots,
        };
        let slot = node.slot as usize;
        if list.get(slot) == Some(&index) {
            return Some(slot);
        }
        list.iter().position(|child| *child == index)
    }

    /// Forgets a node and everything below it.
    pub fn destroy(&mut self, index: Index) {
        self.unlink(index);
        let mut open = vec![index];
        while let Some(at) = open.pop() {
            let node = &mut self.nodes[at as usize];
            open.append(&mut node.children);
            let id = node.id;
            self.by_id.remove(&id);
            self.comments.retain(|comment| comment.on != id);
        }
    }

    /// Says whether a node or any of its ancestors lies in the trash.
    pub fn in_trash(&self, index: Index) -> bool {
        let mut next = Some(index);
        while let Some(at) = next {
            let node = self.node(at);
            if node.trashed {
                return true;
            }
            next = node.parent;
        }
        false
    }

    /// Returns the nearest page, database or data source at or above a node.
    pub fn holder(&self, index: Index) -> Index {
        let mut at = index;
        while self.node(at).kind == Kind::Block {
            match self.node(at).parent {
                Some(parent) => at = parent,
                None => break,
            }
        }
        at
    }

    /// Returns the data source a page is a row of.
    pub fn row_of(&self, index: Index) -> Option<Index> {
        self.node(index).parent.filter(|parent| self.node(*parent).kind == Kind::DataSource)
    }

    /// Says whether one node is another or lies below it.
    pub fn is_within(&self, index: Index, ancestor: Index) -> bool {
        let mut next = Some(index);
        while let Some(at) = next {
            if at == ancestor {
                return true;
            }
            next = self.node(at).parent;
        }
        false
    }

    /// Returns the rich text of a node's title.
    pub fn title(&self, index: Index) -> Vec<Value> {
        match &self.node(index).detail {
            Detail::Page(page) => page.title.clone(),
            Detail::Database(database) => database.title.clone(),
            Detail::DataSource(source) => source.title.clone(),
            Detail::Block(_) => Vec::new(),
            Detail::Generated { .. } => text::plain(&self.plain_title(index)),
        }
    }

    /// Returns a node's title without any marks.
    pub fn plain_title(&self, index: Index) -> String {
        match &self.node(index).detail {
            Detail::Generated { series, number } => {
                format!("{}{number:06}", self.series[*series as usize].prefix)
            }
            Detail::Page(page) => text::plain_text(&page.title),
            Detail::Database(database) => text::plain_text(&database.title),
            Detail::DataSource(source) => text::plain_text(&source.title),
            Detail::Block(_) => String::new(),
        }
    }

    pub fn source(&self, index: Index) -> Option<&DataSourceDetail> {
        match &self.node(index).detail {
            Detail::DataSource(source) => Some(source),
            _ => None,
        }
    }

    /// Returns a page's own detail; a generated page becomes an ordinary one first.
    pub fn page_mut(&mut self, index: Index) -> Option<&mut PageDetail> {
        self.settle(index);
        match &mut self.nodes[index as usize].detail {
            Detail::Page(page) => Some(page),
            _ => None,
        }
    }

    /// Turns a generated page into an ordinary one with the same content.
    pub fn settle(&mut self, index: Index) {
        if !matches!(self.node(index).detail, Detail::Generated { .. }) {
            return;
        }
        let title = self.title(index);
        let blocks = self.generated_blocks(index);
        let (by, at_ms) = (self.node(index).created_by, self.node(index).created_ms);
        self.node_mut(index).detail = Detail::Page(Box::new(PageDetail { title, ..PageDetail::default() }));
        for (id, detail) in blocks {
            self.attach(id, Some(index), None, Detail::Block(Box::new(detail)), by, at_ms);
        }
    }

    /// Makes the blocks of a generated page.
    pub fn generated_blocks(&self, index: Index) -> Vec<(Id, BlockDetail)> {
        let Detail::Generated { series, number } = self.node(index).detail else { return Vec::new() };
        let size = self.series[series as usize].size;
        let seed = (u64::from(series) << 32) | u64::from(number);
        let filler = String::from_utf8(crate::kernel::words::filler_text(seed, size)).unwrap_or_default();
        let page = self.node(index).id;
        filler
            .as_bytes()
            .chunks(1500)
            .enumerate()
            .map(|(place, part)| {
                let words = String::from_utf8_lossy(part);
                let body = json!({"rich_text": text::plain(&words), "icon": null, "color": "default"});
                (generated_block_id(page, place as u64), BlockDetail { kind: "paragraph".into(), body })
            })
            .collect()
    }
}

fn generated_block_id(page: Id, place: u64) -> Id {
    ids::numbered(page as u64, place)
}
