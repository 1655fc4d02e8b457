//! The routes of the API, each with the name it is counted and matched by.

use axum::http::HeaderMap;
use bytes::Bytes;

use super::body::Body;
use super::{
    Call, authenticate, blocks, comments, databases, markdown, pages, property_items, query, search, users,
    writes,
};
use crate::kernel::answer::Answer;
use crate::kernel::faults::Hint;
use crate::notion::errors::ApiError;
use crate::notion::ids::{self, Id};
use crate::notion::state::Notion;
use crate::notion::versions::Version;

/// One operation of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    Search,
    UsersMe,
    UsersList,
    UsersGet,
    PagesGet,
    PagesMarkdown,
    PagesProperty,
    PagesCreate,
    PagesUpdate,
    PagesMove,
    BlocksGet,
    BlocksChildren,
    BlocksAppend,
    BlocksUpdate,
    BlocksDelete,
    DatabasesGet,
    DatabasesQuery,
    DataSourcesGet,
    DataSourcesQuery,
    CommentsList,
    CommentsGet,
    CommentsCreate,
}

impl Operation {
    pub fn name(self) -> &'static str {
        match self {
            Operation::Search => "search",
            Operation::UsersMe => "users.me",
            Operation::UsersList => "users.list",
            Operation::UsersGet => "users.get",
            Operation::PagesGet => "pages.get",
            Operation::PagesMarkdown => "pages.markdown",
            Operation::PagesProperty => "pages.property",
            Operation::PagesCreate => "pages.create",
            Operation::PagesUpdate => "pages.update",
            Operation::PagesMove => "pages.move",
            Operation::BlocksGet => "blocks.get",
            Operation::BlocksChildren => "blocks.children",
            Operation::BlocksAppend => "blocks.append",
            Operation::BlocksUpdate => "blocks.update",
            Operation::BlocksDelete => "blocks.delete",
            Operation::DatabasesGet => "databases.get",
            Operation::DatabasesQuery => "databases.query",
            Operation::DataSourcesGet => "data_sources.get",
            Operation::DataSourcesQuery => "data_sources.query",
            Operation::CommentsList => "comments.list",
            Operation::CommentsGet => "comments.get",
            Operation::CommentsCreate => "comments.create",
        }
    }

    /// The name of the id in the path, as complaints about it call it.
    fn id_name(self) -> &'static str {
        match self.name().split('.').next() {
            Some("users") => "user_id",
            Some("blocks") => "block_id",
            Some("databases") => "database_id",
            Some("data_sources") => "data_source_id",
            Some("comments") => "comment_id",
            _ => "page_id",
        }
    }
}

/// Finds the operation of a path below `/v1/`, with the id and the property in it.
pub fn find<'a>(method: &str, below: &'a str) -> Option<(Operation, &'a str, &'a str)> {
    let parts: Vec<&str> = below.split('/').collect();
    let found = match (method, parts.as_slice()) {
        ("POST", ["search"]) => (Operation::Search, "", ""),
        ("GET", ["users", "me"]) => (Operation::UsersMe, "", ""),
        ("GET", ["users"]) => (Operation::UsersList, "", ""),
        ("GET", ["users", id]) => (Operation::UsersGet, *id, ""),
        ("POST", ["pages"]) => (Operation::PagesCreate, "", ""),
        ("GET", ["pages", id]) => (Operation::PagesGet, *id, ""),
        ("PATCH", ["pages", id]) => (Operation::PagesUpdate, *id, ""),
        ("GET", ["pages", id, "markdown"]) => (Operation::PagesMarkdown, *id, ""),
        ("POST", ["pages", id, "move"]) => (Operation::PagesMove, *id, ""),
        ("GET", ["pages", id, "properties", property]) => (Operation::PagesProperty, *id, *property),
        ("GET", ["blocks", id]) => (Operation::BlocksGet, *id, ""),
        ("PATCH", ["blocks", id]) => (Operation::BlocksUpdate, *id, ""),
        ("DELETE", ["blocks", id]) => (Operation::BlocksDelete, *id, ""),
        ("GET", ["blocks", id, "children"]) => (Operation::BlocksChildren, *id, ""),
        ("PATCH", ["blocks", id, "children"]) => (Operation::BlocksAppend, *id, ""),
        ("GET", ["databases", id]) => (Operation::DatabasesGet, *id, ""),
        ("POST", ["databases", id, "query"]) => (Operation::DatabasesQuery, *id, ""),
        ("GET", ["data_sources", id]) => (Operation::DataSourcesGet, *id, ""),
        ("POST", ["data_sources", id, "query"]) => (Operation::DataSourcesQuery, *id, ""),
        ("GET", ["comments"]) => (Operation::CommentsList, "", ""),
        ("POST", ["comments"]) => (Operation::CommentsCreate, "", ""),
        ("GET", ["comments", id]) => (Operation::CommentsGet, *id, ""),
        _ => return None,
    };
    Some(found)
}

/// Runs one operation for whoever calls.
pub fn run(
    notion: &Notion,
    found: (Operation, &str, &str),
    query_text: &str,
    headers: &HeaderMap,
    bytes: &Bytes,
    hint: Option<Hint>,
) -> Result<Answer, ApiError> {
    let (operation, id_text, property) = found;
    let (bot, version, switches) = authenticate(notion, headers)?;
    let exists = match operation {
        Operation::DatabasesQuery => version == Version::V2022,
        Operation::DataSourcesGet | Operation::DataSourcesQuery => version != Version::V2022,
        _ => true,
    };
    if !exists {
        return Err(ApiError::invalid_url());
    }
    let id: Id = match id_text {
        "" => 0,
        text => ids::parse(text).ok_or_else(|| {
            let name = operation.id_name();
            ApiError::validation(format!(
                "path failed validation: path.{name} should be a valid uuid, instead was `\"{text}\"`."
            ))
        })?,
    };
    let query = url::form_urlencoded::parse(query_text.as_bytes()).into_owned().collect();
    let body = Body::parse(bytes)?;
    let call = Call { notion, bot, version, switches, query, body, hint };
    let capabilities = &call.switches.capabilities;
    match operation {
        Operation::UsersMe => users::me(&call),
        Operation::UsersList => users::list_all(&call),
        Operation::UsersGet => users::get(&call, id),
        Operation::CommentsList | Operation::CommentsGet => {
            call.require(capabilities.read_comments)?;
            if operation == Operation::CommentsList {
                comments::list_on(&call)
            } else {
                comments::get(&call, id)
            }
        }
        Operation::CommentsCreate => {
            call.require(capabilities.insert_comments)?;
            comments::create(&call)
        }
        Operation::PagesCreate | Operation::BlocksAppend => {
            call.require(capabilities.insert_content)?;
            if operation == Operation::PagesCreate {
                writes::create_page(&call)
            } else {
                writes::append(&call, id)
            }
        }
        Operation::PagesUpdate | Operation::PagesMove | Operation::BlocksUpdate | Operation::BlocksDelete => {
            call.require(capabilities.update_content)?;
            match operation {
                Operation::PagesUpdate => writes::update_page(&call, id),
                Operation::PagesMove => writes::move_page(&call, id),
                Operation::BlocksUpdate => writes::update_block(&call, id),
                _ => writes::delete_block(&call, id),
            }
        }
        _ => {
            call.require(capabilities.read_content)?;
            match operation {
                Operation::Search => search::search(&call),
                Operation::PagesGet => pages::get(&call, id),
                Operation::PagesMarkdown => markdown::get(&call, id),
                Operation::PagesProperty => property_items::get(&call, id, property),
                Operation::BlocksGet => blocks::get(&call, id),
                Operation::BlocksChildren => blocks::children(&call, id),
                Operation::DatabasesGet => databases::get(&call, id),
                Operation::DatabasesQuery => query::legacy(&call, id),
                Operation::DataSourcesGet => databases::get_source(&call, id),
                _ => query::query(&call, id),
            }
        }
    }
}
