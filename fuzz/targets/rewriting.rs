//! What is rewritten before the library reads it: RTF, old Word documents, OpenDocument in one file of XML.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| gangway_extract::fuzzing::rewriting(bytes));
