//! The demo's company folder, carried inside the binary. A test keeps this list equal to the folder.

use std::borrow::Cow;

use crate::kernel::seed::SeedFile;

macro_rules! carried {
    ($($path:literal),+ $(,)?) => {
        &[$((
            $path,
            include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../demo/seed/dropbox/", $path)),
        )),+]
    };
}

/// Documents that the company also keeps at another provider: the same bytes under another path.
macro_rules! borrowed {
    ($($path:literal from $source:literal),+ $(,)?) => {
        &[$((
            $path,
            include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../demo/seed/google/", $source)),
        )),+]
    };
}

#[rustfmt::skip]
static FILES: &[(&str, &[u8])] = carried![
    "ada@example.com/Marketing/Autumn campaign/Brewing card.txt",
    "ada@example.com/Marketing/Autumn campaign/Label draft.png",
    "ada@example.com/Marketing/Autumn campaign/Launch plan.paper.md",
    "ada@example.com/Projects/Warehouse move/Checklist.md",
    "ada@example.com/Projects/Warehouse move/Costs.csv",
    "ada@example.com/Projects/Warehouse move/Floor plan/Rack layout.txt",
    "ada@example.com/Suppliers/North Leaf contacts.csv",
    "grace@example.com/Research/Brewing experiments.md",
    "grace@example.com/Tasting panel/Rules.txt",
    "seed.json",
    "team/Company handbook/Phone list.csv",
];

#[rustfmt::skip]
static BORROWED: &[(&str, &[u8])] = borrowed![
    "ada@example.com/Suppliers/Supplier agreement.docx" from "ada@example.com/Finance/Supplier agreement.docx",
    "team/Company handbook/Employee handbook.pdf" from "ada@example.com/Policies/Employee handbook.pdf",
    "team/Company handbook/Holiday calendar 2026.csv" from "ada@example.com/Policies/Holiday calendar 2026.csv",
    "team/Company handbook/Security baseline.md" from "ada@example.com/Policies/Security baseline.md",
];

/// Returns every file of the demo.
pub fn files() -> Vec<SeedFile> {
    let all = FILES.iter().chain(BORROWED);
    all.map(|(path, bytes)| SeedFile { path: (*path).to_owned(), bytes: Cow::Borrowed(bytes) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::seed::read_folder;

    #[test]
    fn the_list_equals_the_folder() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../demo/seed/dropbox");
        let on_disk = read_folder(folder.as_ref()).unwrap();
        assert_eq!(FILES.len(), on_disk.len());
        for ((path, bytes), file) in FILES.iter().zip(&on_disk) {
            assert_eq!((*path, *bytes), (file.path.as_str(), file.bytes.as_ref()));
        }
    }
}
