//! What a file is, by its bytes, its name and what was declared.
#![no_main]

use libfuzzer_sys::fuzz_target;

const NAMES: [&str; 8] = ["a.docx", "a.xls", "a.zip", "a.tar", "a.csv", "a.pages", "a", "a.html"];
const DECLARED: [&str; 4] = ["", "text/plain; charset=utf-16", "application/msword", "application/zip"];

fuzz_target!(|bytes: &[u8]| {
    let Some((which, rest)) = bytes.split_first() else { return };
    let which = usize::from(*which);
    gangway_extract::fuzzing::container(rest, NAMES[which % NAMES.len()], DECLARED[which / NAMES.len() % DECLARED.len()]);
});
