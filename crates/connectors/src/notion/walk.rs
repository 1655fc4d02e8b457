//! Reading all of a page's blocks, in order and within bounds.
//!
//! Pages nest as deep as people like, copies of synced blocks can stand within their own original, and a page can
//! vanish while it is read. So the walk keeps a stack of its own, knows which blocks are open, and counts.

use std::collections::VecDeque;

use gangway_connector::{ConnectorError, Disposition};

use super::api::{Api, LARGEST_PAGE};
use super::blocks::Unshown;
use super::error::{self, BAD_REQUEST};
use super::rich_text::{plain, runs};
use super::wire::Block;

/// Where a page is cut off. At Notion's pace of three calls a second the calls are five minutes.
const MOST_CALLS: u32 = 1_000;
const MOST_BLOCKS: usize = 20_000;
const DEEPEST: usize = 100;

/// What a block counts as that has not even an id.
pub const ODD_BLOCK: &str = "block";

/// A block, and how deep it stands.
pub struct Node {
    pub depth: u16,
    /// Read through the copy of a synced block: it belongs to the page of the original.
    pub is_foreign: bool,
    pub block: Block,
}

/// What a walk brought.
#[derive(Default)]
pub struct Walked {
    /// Parents before their children, otherwise as they stand on the page.
    pub nodes: Vec<Node>,
    /// The page is longer than this.
    pub truncated: bool,
    /// What stands on the page and could not be read.
    pub unshown: Unshown,
}

/// Walks a page. `most_bytes` of text are enough: what is larger is refused anyway.
pub async fn walk(api: &Api, page: &str, most_bytes: u64) -> Result<Walked, ConnectorError> {
    match walk_once(api, page, most_bytes).await {
        // A list that changed while it was read refuses its cursor; a second reading is a new list.
        Err(error) if error.disposition == Disposition::RestartFeed => {
            walk_once(api, page, most_bytes).await.map_err(|error| match error.disposition {
                Disposition::RestartFeed => error::stuck().because(error),
                _ => error,
            })
        }
        answer => answer,
    }
}

/// A block whose children are being read.
struct Open {
    /// Whose children these are, one after the other (meeting notes have them in three places).
    sources: VecDeque<String>,
    /// The block, and the original that it copies: neither is opened again below itself.
    ids: Vec<String>,
    cursor: Option<String>,
    waiting: VecDeque<Block>,
    kind: OpenKind,
    is_foreign: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum OpenKind {
    Page,
    Plain,
    /// Parts that may be missing without a sign that anything changed.
    Optional(&'static str),
}

async fn walk_once(api: &Api, page: &str, most_bytes: u64) -> Result<Walked, ConnectorError> {
    let mut walked = Walked::default();
    let mut stack = vec![Open {
        sources: VecDeque::from([page.to_owned()]),
        ids: vec![page.to_owned()],
        cursor: None,
        waiting: VecDeque::new(),
        kind: OpenKind::Page,
        is_foreign: false,
    }];
    let (mut calls, mut bytes) = (0, 0_u64);
    while let Some(open) = stack.last_mut() {
        if let Some(block) = open.waiting.pop_front() {
            if walked.nodes.len() == MOST_BLOCKS || bytes > most_bytes {
                walked.truncated = true;
                break;
            }
            bytes += text_bytes(&block);
            let is_foreign = open.is_foreign;
            let depth = u16::try_from(stack.len() - 1).unwrap_or(u16::MAX);
            if let Some(below) = below(&block, &stack, is_foreign) {
                match stack.len() < DEEPEST {
                    true => stack.push(below),
                    false => walked.truncated = true,
                }
            }
            walked.nodes.push(Node { depth, is_foreign, block });
            continue;
        }
        let Some(source) = open.sources.front().cloned() else {
            stack.pop();
            continue;
        };
        if calls == MOST_CALLS {
            walked.truncated = true;
            break;
        }
        calls += 1;
        let list = match api.children(&source, open.cursor.as_deref(), LARGEST_PAGE).await {
            Ok(list) => list,
            Err(error) => {
                missing(api, page, open, error, &mut walked.unshown).await?;
                open.sources.pop_front();
                open.cursor = None;
                continue;
            }
        };
        let next = list.next().map(str::to_owned);
        if next.is_some() && next == open.cursor {
            return Err(error::stuck());
        }
        for value in list.results {
            match Block::read(value) {
                Some(block) if block.is_trashed => {}
                Some(block) => open.waiting.push_back(block),
                None => *walked.unshown.entry(ODD_BLOCK.to_owned()).or_default() += 1,
            }
        }
        if next.is_none() {
            open.sources.pop_front();
        }
        open.cursor = next;
    }
    Ok(walked)
}

/// Says what it means that a block's children cannot be read.
async fn missing(
    api: &Api,
    page: &str,
    open: &Open,
    error: ConnectorError,
    unshown: &mut Unshown,
) -> Result<(), ConnectorError> {
    let is_about_block = error.is_gone() || error.code == BAD_REQUEST;
    match open.kind {
        OpenKind::Optional(what) if is_about_block || error.disposition == Disposition::SkipItem => {
            *unshown.entry(what.to_owned()).or_default() += 1;
            Ok(())
        }
        // The block was there a moment ago: either it was removed, or the page itself went out of reach.
        OpenKind::Plain if error.is_gone() => match api.page(page).await {
            Ok(page) if page.is_trashed() => Err(error::trashed()),
            Ok(_) => Ok(()),
            Err(error) => Err(error),
        },
        _ => Err(error),
    }
}

/// What is to be read below a block, if anything.
fn below(block: &Block, stack: &[Open], is_foreign: bool) -> Option<Open> {
    let copied_from = block.synced_from();
    let (sources, kind) = match block.kind.as_str() {
        // Documents of their own.
        "child_page" | "child_database" => return None,
        "meeting_notes" | "transcription" if block.body.get("children").is_some_and(|c| c.is_object()) => {
            let parts = ["summary_block_id", "notes_block_id", "transcript_block_id"];
            let children = Block { body: block.body["children"].clone(), ..Block::default() };
            let sources: VecDeque<String> =
                parts.iter().filter_map(|part| children.reference(part)).collect();
            (sources, OpenKind::Optional("meeting notes that are not ready"))
        }
        _ if copied_from.is_some() => {
            let what = "synced block whose original is not shared";
            (VecDeque::from([block.id.clone()]), OpenKind::Optional(what))
        }
        _ if block.has_children => (VecDeque::from([block.id.clone()]), OpenKind::Plain),
        _ => return None,
    };
    let is_foreign = is_foreign || copied_from.is_some();
    let ids: Vec<String> = std::iter::once(block.id.clone()).chain(copied_from).collect();
    let leads_back = ids.iter().any(|id| stack.iter().any(|open| open.ids.contains(id)));
    if sources.is_empty() || leads_back {
        return None;
    }
    Some(Open { sources, ids, cursor: None, waiting: VecDeque::new(), kind, is_foreign })
}

fn text_bytes(block: &Block) -> u64 {
    let cells = block.body.get("cells").and_then(|cells| cells.as_array()).into_iter().flatten();
    let cells: usize = cells.map(|cell| plain(&runs(cell)).len()).sum();
    (plain(&block.rich_text()).len() + cells) as u64
}
