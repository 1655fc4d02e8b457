//! Reads the text of one file, piece by piece: what a search finds passages of.

use gangway_model::{
    CollectionId, ConnectorId, Document, Item, ItemId, ItemState, Place, Reason, Section, User,
};
use gangway_sync::Stop;

use crate::app::App;
use crate::error::{AppError, AppResult, Code};
use crate::search::place_url;

/// Bytes of text in one answer at most.
pub const LONGEST_READ: usize = 200_000;
/// An answer may not be asked to be shorter than this.
pub const SHORTEST_READ: usize = 1000;
/// Places that one answer names at most; a piece with more of them ends earlier.
const MOST_PLACES: usize = 1000;
/// What stands between two sections.
const BETWEEN: &str = "\n\n";

/// A piece of a file's text.
#[derive(Debug)]
pub struct ReadText {
    pub item: Item,
    pub connector_id: ConnectorId,
    /// The title the document gives itself, else the file's name.
    pub title: String,
    pub path: String,
    /// Of those the asker may see.
    pub collections: Vec<CollectionId>,
    pub text: String,
    /// Where the piece begins in the whole text, in bytes of UTF-8.
    pub offset: usize,
    /// Where the next piece begins; `None` at the end.
    pub next_offset: Option<usize>,
    /// Bytes of the whole text.
    pub total: usize,
    pub places: Vec<TextPlace>,
    /// Whether the file holds text that could not be read, or that was left out because there was too much.
    pub incomplete: bool,
    /// Why there is no text, or why it is not the present one.
    pub reason: Option<Reason>,
}

/// From `offset` of the whole text on, the text stands there.
#[derive(Debug, PartialEq, Eq)]
pub struct TextPlace {
    pub offset: usize,
    pub place: Place,
    /// Where a person opens this very place at the source, where it has such addresses.
    pub url: Option<String>,
}

impl App {
    /// A piece of the text of a file that the user may see: of their own, or in a collection that is shared with them.
    /// A file without text has an empty one, and the reason.
    pub async fn read_document(
        &self,
        user: &User,
        id: &ItemId,
        offset: usize,
        limit: usize,
    ) -> AppResult<ReadText> {
        let shared = self.store.list_shared_collection_ids(&user.id).await?;
        let mut seen = self.visible_items(user, &shared, std::slice::from_ref(id)).await?;
        let (item, collections) = seen.remove(id).ok_or_else(|| AppError::not_found("file"))?;
        let connection = self.store.find_connection(&item.connection_id).await?;
        let connection = connection.ok_or_else(|| AppError::not_found("file"))?;
        let document = self.engine.read_document(id).await.map_err(unreadable)?;
        if document.is_none() && item.state == ItemState::Synced {
            let message = "the text of this file cannot be read from storage: sync it again";
            return Err(AppError::new(Code::Internal, message));
        }
        let path = self.engine.path_of(&item).await.map_err(unreadable)?;
        let Document { title, sections, truncated, notes, .. } = document.unwrap_or_default();
        let mut piece = cut(&sections, offset, limit.clamp(SHORTEST_READ, LONGEST_READ))?;
        if let Ok(connector) = self.get_connector(connection.connector_id.as_str()) {
            piece.places.iter_mut().for_each(|at| at.url = place_url(connector, &item, &at.place));
        }
        Ok(ReadText {
            title: title.unwrap_or_else(|| item.name.clone()),
            connector_id: connection.connector_id,
            path,
            collections,
            text: piece.text,
            offset,
            next_offset: piece.next,
            total: piece.total,
            places: piece.places,
            incomplete: truncated || !notes.is_empty(),
            reason: item.reason.clone(),
            item,
        })
    }
}

fn unreadable(stop: Stop) -> AppError {
    let (code, message) = match stop {
        Stop::RetryLater { .. } => (Code::Unavailable, "the text cannot be read just now: try again"),
        _ => (Code::Internal, "the text of this file cannot be read from storage"),
    };
    let error = AppError::new(code, message).because(format!("{stop:?}"));
    if code == Code::Unavailable { error.with("retry_after", 1) } else { error }
}

struct Piece {
    text: String,
    next: Option<usize>,
    total: usize,
    places: Vec<TextPlace>,
}

/// Cuts `limit` bytes or a little less out of the text that the sections make, at a border of characters.
fn cut(sections: &[Section], offset: usize, limit: usize) -> AppResult<Piece> {
    let mut piece = Piece { text: String::new(), next: None, total: 0, places: Vec::new() };
    let full = sections.iter().filter(|section| !section.text.is_empty());
    for (number, section) in full.enumerate() {
        if number > 0 {
            piece.take(BETWEEN, None, offset, limit)?;
        }
        piece.take(&section.text, Some(&section.place), offset, limit)?;
    }
    if offset > piece.total {
        let message = format!("the text ends at {}", piece.total);
        return Err(AppError::invalid("offset", message));
    }
    Ok(piece)
}

impl Piece {
    /// Goes on with the next run of text: takes of it what belongs to the piece.
    fn take(&mut self, run: &str, place: Option<&Place>, offset: usize, limit: usize) -> AppResult<()> {
        let start = self.total;
        self.total += run.len();
        if self.next.is_some() || self.total <= offset {
            return Ok(());
        }
        let from = offset.saturating_sub(start);
        if !run.is_char_boundary(from) {
            let message = "this is in the middle of a character: take next_offset of the answer before";
            return Err(AppError::invalid("offset", message));
        }
        let place = place.filter(|place| !place.is_empty());
        let room =
            if place.is_some() && self.places.len() == MOST_PLACES { 0 } else { limit - self.text.len() };
        let to = run.floor_char_boundary(from.saturating_add(room).min(run.len()));
        if let Some(place) = place.filter(|_| to > from) {
            self.places.push(TextPlace { offset: start + from, place: place.clone(), url: None });
        }
        self.text.push_str(&run[from..to]);
        if to < run.len() {
            self.next = Some(start + to);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on_page(page: u32, text: &str) -> Section {
        Section { place: Place { page: Some(page), ..Place::default() }, text: text.to_owned() }
    }

    #[test]
    fn pieces_make_the_whole_text_whatever_their_length() {
        let sections = [on_page(1, "ä€𝄞x"), on_page(2, ""), on_page(3, "zweite Seite"), on_page(4, "é")];
        let whole = "ä€𝄞x\n\nzweite Seite\n\né";
        for limit in 4..=whole.len() + 1 {
            let (mut text, mut next) = (String::new(), Some(0));
            while let Some(offset) = next {
                let piece = cut(&sections, offset, limit).unwrap();
                assert!(piece.text.len() <= limit && piece.total == whole.len());
                assert!(!piece.text.is_empty(), "it goes on");
                for at in &piece.places {
                    let expected = if at.offset < 11 {
                        1
                    } else if at.offset < 25 {
                        3
                    } else {
                        4
                    };
                    assert_eq!(at.place.page, Some(expected), "at {} with {limit}", at.offset);
                }
                text.push_str(&piece.text);
                next = piece.next;
            }
            assert_eq!(text, whole);
        }
    }

    #[test]
    fn a_piece_names_no_more_places_than_it_may() {
        let sections: Vec<Section> = (0..2500).map(|page| on_page(page, "x")).collect();
        let (mut pieces, mut next, mut named) = (0, Some(0), 0);
        while let Some(offset) = next {
            let piece = cut(&sections, offset, LONGEST_READ).unwrap();
            assert!(piece.places.len() <= MOST_PLACES);
            named += piece.places.len();
            next = piece.next;
            pieces += 1;
        }
        assert_eq!((pieces, named), (3, 2500));
    }

    #[test]
    fn an_offset_that_cannot_be_is_refused() {
        let sections = [on_page(1, "äb")];
        for wrong in [1, 4, usize::MAX] {
            let error = cut(&sections, wrong, LONGEST_READ).map(|piece| piece.text).unwrap_err();
            assert_eq!(error.details["field"], "offset", "{wrong}");
        }
        assert_eq!(cut(&sections, 3, LONGEST_READ).unwrap().text, "", "the very end");
        assert_eq!(cut(&[], 0, LONGEST_READ).unwrap().total, 0);
    }
}
