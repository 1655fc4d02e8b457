//! Items that say the same, told as one hit.

use std::collections::HashMap;

use tantivy::columnar::Column;
use tantivy::{DocAddress, Searcher};

use super::collect::Best;
use crate::fingerprint::Fingerprint;

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
    let mut kept_by_key: HashMap<(u64, u64), Vec<(Fingerprint, usize)>> = HashMap::new();
    let mut kept: Vec<Folded> = Vec::new();
    for (at, best) in found.into_iter().enumerate() {
        let address = best.address();
        if let Some(print) = prints.of(address).filter(|_| at < MAX_COMPARED) {
            let alike = print.keys().into_iter().filter_map(|key| kept_by_key.get(&key)).flatten();
            if let Some(first) = alike.filter(|(other, _)| print.is_near(*other)).map(|(_, at)| *at).min() {
                let named = &mut kept[first].duplicates;
                if named.len() < MAX_NAMED {
                    named.push(address);
                }
                continue;
            }
            for key in print.keys() {
                kept_by_key.entry(key).or_default().push((print, kept.len()));
            }
        }
        kept.push(Folded { best, duplicates: Vec::new() });
    }
    Ok(kept)
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
