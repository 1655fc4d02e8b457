//! Tape archives.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| gangway_extract::fuzzing::archive(bytes, 4096));
