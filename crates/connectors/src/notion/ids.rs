//! Ids: Notion's, made uniform; and ours for what Notion gives none.
//!
//! Pages, databases and data sources keep their id, lower case and with hyphens. Files have none at Notion: one in a
//! block is `block:<id>`, one in a property of a page is `property:<page>:<number>:<property>`.

use gangway_model::ProviderItemId;

/// Our name for what holds everything shared without its parent.
pub const WORKSPACE: &str = "workspace";

/// What an item id names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ItemRef {
    Workspace,
    /// A page, database or data source.
    Object(String),
    /// A block that is an item by itself: a file, or a view of a database that is elsewhere.
    Block(String),
    /// A file in a property.
    Property {
        page: String,
        property: String,
        index: usize,
    },
}

impl ItemRef {
    /// Reads an id; `None` for what can be none of ours, which is never sent: it could name other paths.
    pub fn read(id: &ProviderItemId) -> Option<Self> {
        let text = id.as_str();
        if text == WORKSPACE {
            return Some(Self::Workspace);
        }
        if let Some(block) = text.strip_prefix("block:") {
            return uuid(block).map(Self::Block);
        }
        if let Some(rest) = text.strip_prefix("property:") {
            let mut parts = rest.splitn(3, ':');
            let page = uuid(parts.next()?)?;
            let index = parts.next()?.parse().ok()?;
            let property = parts.next().filter(|name| !name.is_empty() && name.len() < 256)?.to_owned();
            return Some(Self::Property { page, property, index });
        }
        uuid(text).map(Self::Object)
    }
}

pub fn block_item(block: &str) -> ProviderItemId {
    ProviderItemId::from(format!("block:{block}"))
}

pub fn property_item(page: &str, property: &str, index: usize) -> ProviderItemId {
    ProviderItemId::from(format!("property:{page}:{index}:{property}"))
}

/// An id of Notion's in its uniform spelling; `None` when it is not one.
pub fn uuid(text: &str) -> Option<String> {
    let mut digits = String::with_capacity(32);
    for c in text.chars() {
        match c {
            '-' => {}
            c if c.is_ascii_hexdigit() && digits.len() < 32 => digits.push(c.to_ascii_lowercase()),
            _ => return None,
        }
    }
    if digits.len() != 32 || !matches!(text.len(), 32 | 36) {
        return None;
    }
    Some(format!(
        "{}-{}-{}-{}-{}",
        &digits[..8],
        &digits[8..12],
        &digits[12..16],
        &digits[16..20],
        &digits[20..]
    ))
}

/// Where a person opens a page or database. The same whichever call told of it: Notion's own `url` holds the title
/// and comes with some answers only.
pub fn address(id: &str) -> String {
    format!("https://www.notion.so/{}", id.replace('-', ""))
}

/// Where a person finds a block on its page.
pub fn address_of_block(page: &str, block: &str) -> String {
    format!("{}#{}", address(page), anchor(block))
}

/// How addresses name a block.
pub fn anchor(block: &str) -> String {
    block.replace('-', "")
}

/// The address of a block in a page, from the page's own.
pub fn address_within(page: &str, anchor: &str) -> Option<String> {
    uuid(anchor).filter(|_| !page.contains('#')).map(|_| format!("{page}#{anchor}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "35261e8c-e0a3-80c8-bf92-f6fb2d4a6e04";

    fn read(text: &str) -> Option<ItemRef> {
        ItemRef::read(&text.into())
    }

    #[test]
    fn every_spelling_of_an_id_is_the_same() {
        for spelling in [ID, "35261E8C-E0A3-80C8-BF92-F6FB2D4A6E04", "35261e8ce0a380c8bf92f6fb2d4a6e04"] {
            assert_eq!(read(spelling), Some(ItemRef::Object(ID.to_owned())), "{spelling}");
        }
        let property = property_item(ID, "%3AUP:p", 3);
        let expected = ItemRef::Property { page: ID.to_owned(), property: "%3AUP:p".to_owned(), index: 3 };
        assert_eq!(ItemRef::read(&property), Some(expected));
        assert_eq!(ItemRef::read(&block_item(ID)), Some(ItemRef::Block(ID.to_owned())));
        assert_eq!(read("workspace"), Some(ItemRef::Workspace));
    }

    #[test]
    fn what_is_no_id_is_nothing() {
        let long = format!("{ID}x");
        let spread = ID.replace('-', "--");
        for text in
            ["", ".", "..", "../users", &long, &spread, "block:", "block:..", "property:x:0:y", "workspace/"]
        {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn addresses_hold_the_bare_id() {
        assert_eq!(address(ID), "https://www.notion.so/35261e8ce0a380c8bf92f6fb2d4a6e04");
        assert!(address_of_block(ID, ID).ends_with("6e04#35261e8ce0a380c8bf92f6fb2d4a6e04"));
        assert_eq!(address_within(&address(ID), &anchor(ID)), Some(address_of_block(ID, ID)));
        assert_eq!(
            address_within(&address_of_block(ID, ID), &anchor(ID)),
            None,
            "it leads somewhere already"
        );
        assert_eq!(address_within(&address(ID), "x y"), None);
    }
}
