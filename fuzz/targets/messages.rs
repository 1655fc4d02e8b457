//! What server and workers say to each other.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| gangway_extract::fuzzing::messages(bytes));
