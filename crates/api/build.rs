//! Lists the console's built files, so that they become part of the program. Reads the folder `console` beside it
//! and nothing else.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("console");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it")).join("console_files.rs");
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed={}", root.display());
    let mut files = Vec::new();
    collect(&root, &mut files)
        .unwrap_or_else(|error| panic!("the console's files in {} cannot be read: {error}", root.display()));
    files.sort();
    let mut text = String::from("const FILES: &[File] = &[\n");
    for file in &files {
        let bytes = fs::read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let path = file.strip_prefix(&root).expect("it is below").to_string_lossy().replace('\\', "/");
        let etag = format!("\"{:016x}\"", hash(&bytes));
        let absolute = file.to_string_lossy();
        writeln!(text, "    File {{ path: {path:?}, bytes: include_bytes!({absolute:?}), etag: {etag:?} }},")
            .expect("a string takes everything");
    }
    text.push_str("];\n");
    fs::write(out, text).expect("cargo's folder can be written to");
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), files)?;
        } else {
            files.push(entry.path());
        }
    }
    Ok(())
}

/// FNV-1a: tells one build's file from another's; nobody gains by a collision.
fn hash(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}
