//! Query parameters that many endpoints share.

use gangway_app::PageOf;
use gangway_model::ConnectionId;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::strict::{Id, Text, Whole};

/// How many rows a page may have.
pub type Limit = Whole<1, 100>;
/// A pointer to the next page, as an earlier answer gave it.
pub type Cursor = Text<1, 8192>;

/// Rows on a page when the caller does not say.
const DEFAULT_LIMIT: u32 = 50;

pub fn page_of(limit: Option<Limit>, cursor: Option<Cursor>) -> PageOf {
    PageOf { limit: limit.map_or(DEFAULT_LIMIT, Limit::get_u32), cursor: cursor.map(Text::into_string) }
}

/// Which page of a list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageParams {
    /// Rows on a page; 50 when left out.
    #[param(inline)]
    limit: Option<Limit>,
    /// `next_cursor` of the page before.
    #[param(inline)]
    cursor: Option<Cursor>,
}

impl PageParams {
    pub fn page(self) -> PageOf {
        page_of(self.limit, self.cursor)
    }
}

/// Which connection of the connector.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ConnectionParams {
    /// Names a connection; the first one when left out.
    #[param(inline)]
    connection: Option<Id>,
}

impl ConnectionParams {
    pub fn id(&self) -> Option<ConnectionId> {
        self.connection.as_ref().map(Id::to)
    }
}

/// Which connection, and which page of a list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ConnectionPageParams {
    /// Names a connection; the first one when left out.
    #[param(inline)]
    connection: Option<Id>,
    /// Rows on a page; 50 when left out.
    #[param(inline)]
    limit: Option<Limit>,
    /// `next_cursor` of the page before.
    #[param(inline)]
    cursor: Option<Cursor>,
}

impl ConnectionPageParams {
    pub fn id(&self) -> Option<ConnectionId> {
        self.connection.as_ref().map(Id::to)
    }

    pub fn page(self) -> PageOf {
        page_of(self.limit, self.cursor)
    }
}
