//! Our extracted form of an item: text with structure, and the searchable pieces of it.

use serde::{Deserialize, Serialize};

/// Where a piece of text stands in its document. All fields are optional; a page counts from 1.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub page: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub slide: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sheet: Option<String>,
    /// First and last row in the sheet or table, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rows: Option<(u32, u32)>,
    /// The nearest heading above, outermost first, joined by ` › `.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub heading: Option<String>,
    /// The message or block id at the provider.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub message: Option<String>,
}

impl Place {
    pub fn is_empty(&self) -> bool {
        *self == Place::default()
    }
}

/// A run of text that stands in one place (a page, a sheet's rows, the part below a heading).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Section {
    #[serde(default)]
    pub place: Place,
    /// Plain text or Markdown, `\n` line ends, no control characters but `\n` and `\t`.
    pub text: String,
}

/// An item's text and what is known about it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// The title the document gives itself; the item's name is kept elsewhere.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub title: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub authors: Vec<String>,
    /// In reading order.
    pub sections: Vec<Section>,
    /// True when the text was cut at the limit.
    #[serde(default)]
    pub truncated: bool,
}

impl Document {
    /// The bytes of text in all sections.
    pub fn text_len(&self) -> usize {
        self.sections.iter().map(|section| section.text.len()).sum()
    }
}

/// A searchable piece of a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chunk {
    /// Its position in the document, from 0.
    pub number: u32,
    pub place: Place,
    pub text: String,
}
