//! Our extracted form of an item: text with structure, and the searchable pieces of it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Reason, Timestamp};

/// Where a piece of text stands in its document. All fields are optional; a page counts from 1.
///
/// Its display text is how people say it: `page 12`, `sheet Q3, rows 40–59`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The file within the file: a path in an archive, the name of an attachment. Deeper ones follow after ` › `.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub member: Option<String>,
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

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = self.rows.map(|(first, last)| match first == last {
            true => format!("row {first}"),
            false => format!("rows {first}–{last}"),
        });
        let parts = [
            self.member.clone(),
            self.page.map(|page| format!("page {page}")),
            self.slide.map(|slide| format!("slide {slide}")),
            self.sheet.as_ref().map(|sheet| format!("sheet {sheet}")),
            rows,
            self.heading.clone(),
        ];
        f.write_str(&parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
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
    /// The language the document says it is in, as a BCP 47 tag (`de`, `pt-BR`).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub language: Option<String>,
    /// When the document says it was written. The provider's times are kept elsewhere.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub created_at: Option<Timestamp>,
    /// When the document says it was last changed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub modified_at: Option<Timestamp>,
    /// In reading order.
    pub sections: Vec<Section>,
    /// True when the text was cut at the limit.
    #[serde(default)]
    pub truncated: bool,
    /// What of the document could not be read, and why. The rest is here.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub notes: Vec<Note>,
}

/// A part of a document whose text is missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    #[serde(default)]
    pub place: Place,
    pub reason: Reason,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_read_as_people_say_them() {
        let page = Place { page: Some(12), ..Place::default() };
        assert_eq!(page.to_string(), "page 12");
        let rows = Place { sheet: Some("Q3".to_owned()), rows: Some((40, 59)), ..Place::default() };
        assert_eq!(rows.to_string(), "sheet Q3, rows 40–59");
        let inside = Place { member: Some("a.zip › b/c.pdf".to_owned()), ..page };
        assert_eq!(inside.to_string(), "a.zip › b/c.pdf, page 12");
        assert_eq!(Place::default().to_string(), "");
    }

    #[test]
    fn documents_of_an_older_version_are_read() {
        let old = r#"{"title":"T","sections":[{"place":{"page":1},"text":"x"}],"truncated":false}"#;
        let document: Document = serde_json::from_str(old).unwrap();
        assert_eq!((document.sections.len(), document.notes.len()), (1, 0));
    }
}
