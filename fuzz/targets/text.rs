//! Text, Markdown, rows, calendars, notebooks and JSON in any encoding.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((limit, rest)) = bytes.split_first() else { return };
    gangway_extract::fuzzing::text(rest, usize::from(*limit), usize::from(*limit) * 4);
});
