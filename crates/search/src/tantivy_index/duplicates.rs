//! Items that say the same, told as one hit.

use tantivy::columnar::Column;
use tantivy::{DocAddress, Searcher};

use super::collect::Best;
use crate::fingerprint::Fingerprint;
use crate::keys::ByKey;

/// How far down the list duplicates are looked for.
pub(super) const MAX_COMPARED: usize = 2000;
/// Duplicates that a hit names at most.
const MAX_NAMED: usize = 10;

/// A hit and the items folded into it.
pub(super) struct Folded {
    pub best: Best,
    pub duplicates: Vec<DocAddress>,
}

/// Folds every item into the first before it that says the same.
pub(super) fn fold(searcher: &Searcher, found: Vec<Best>) -> tantivy::Result<Vec<Folded>> {
    let prints = Prints::open(searcher)?;
    let mut known = Known::default();
    let mut kept: Vec<Folded> = Vec::with_capacity(found.len());
    for (at, best) in found.into_iter().enumerate() {
        let address = best.address();
        if let Some(print) = prints.of(address).filter(|_| at < MAX_COMPARED) {
            if let Some(first) = known.first_near(print) {
                let named = &mut kept[first].duplicates;
                if named.len() < MAX_NAMED {
                    named.push(address);
                }
                continue;
            }
            known.add(print, kept.len());
        }
        kept.push(Folded { best, duplicates: Vec::new() });
    }
    Ok(kept)
}

/// Fingerprints of what is kept, by their keys: a chain for each key, the last added first.
#[derive(Default)]
struct Known {
    last_by_key: ByKey<usize>,
    links: Vec<Link>,
}

struct Link {
    print: Fingerprint,
    /// Where it stands among those kept.
    place: usize,
    before: Option<usize>,
}

impl Known {
    /// The place of the first that says the same.
    fn first_near(&self, print: Fingerprint) -> Option<usize> {
        let mut first = None;
        for key in print.keys() {
            let mut next = self.last_by_key.get(&key).copied();
            while let Some(link) = next.map(|at| &self.links[at]) {
                if link.print.is_near(print) && first.is_none_or(|first| link.place < first) {
                    first = Some(link.place);
                }
                next = link.before;
            }
        }
        first
    }

    fn add(&mut self, print: Fingerprint, place: usize) {
        for key in print.keys() {
            let before = self.last_by_key.insert(key, self.links.len());
            self.links.push(Link { print, place, before });
        }
    }
}

/// The fingerprints of all segments.
struct Prints {
    segments: Vec<(Column<u64>, Column<u64>)>,
}

impl Prints {
    fn open(searcher: &Searcher) -> tantivy::Result<Self> {
        let columns = |segment: &tantivy::SegmentReader| {
            let fast = segment.fast_fields();
            Ok((fast.u64("print_of_words")?, fast.u64("print_of_numbers")?))
        };
        Ok(Self { segments: searcher.segment_readers().iter().map(columns).collect::<tantivy::Result<_>>()? })
    }

    fn of(&self, address: DocAddress) -> Option<Fingerprint> {
        let (words, numbers) = self.segments.get(address.segment_ord as usize)?;
        Some(Fingerprint { words: words.first(address.doc_id)?, numbers: numbers.first(address.doc_id)? })
    }
}
