//! Deterministic filler text for files that are generated in bulk.

const WORDS: [&str; 64] = [
    "annual", "archive", "audit", "balance", "board", "budget", "calendar", "campaign", "carrier", "catalog",
    "contract", "customer", "delivery", "deposit", "design", "discount", "estimate", "factory", "feedback",
    "forecast", "harbor", "hiring", "holiday", "invoice", "journal", "kitchen", "ledger", "library",
    "machine", "margin", "market", "meeting", "minutes", "network", "notice", "office", "orchard", "order",
    "package", "payment", "pipeline", "policy", "printer", "product", "project", "quarter", "question",
    "receipt", "region", "release", "renewal", "report", "review", "schedule", "security", "shipment",
    "station", "supplier", "survey", "ticket", "training", "vendor", "warranty", "workshop",
];

/// Returns exactly `size` bytes of sentences that depend only on `seed`.
pub fn filler_text(seed: u64, size: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut out = Vec::with_capacity(size + 16);
    let mut words_in_sentence = 0;
    while out.len() < size {
        // xorshift64: plenty for filler, and cheap without optimisation.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        out.extend_from_slice(WORDS[(state >> 20) as usize % WORDS.len()].as_bytes());
        words_in_sentence += 1;
        if words_in_sentence == 12 {
            out.extend_from_slice(b".\n");
            words_in_sentence = 0;
        } else {
            out.push(b' ');
        }
    }
    out.truncate(size);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_size_and_repeatable() {
        for size in [0, 1, 100, 4096] {
            assert_eq!(filler_text(7, size).len(), size);
        }
        assert_eq!(filler_text(7, 100), filler_text(7, 100));
        assert_ne!(filler_text(7, 100), filler_text(8, 100));
    }
}
