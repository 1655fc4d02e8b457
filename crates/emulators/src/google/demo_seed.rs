//! The demo's company folder, carried inside the binary. A test keeps this list equal to the folder.

use std::borrow::Cow;

use crate::kernel::seed::SeedFile;

macro_rules! carried {
    ($($path:literal),+ $(,)?) => {
        &[$((
            $path,
            include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../demo/seed/google/", $path)),
        )),+]
    };
}

#[rustfmt::skip]
static FILES: &[(&str, &[u8])] = carried![
    "ada@example.com/Finance/Budget 2026.gsheet/1-Overview.csv",
    "ada@example.com/Finance/Budget 2026.gsheet/2-Marketing.csv",
    "ada@example.com/Finance/Supplier agreement.docx",
    "ada@example.com/Finance/Suppliers.gsheet.csv",
    "ada@example.com/Policies/Employee handbook.pdf",
    "ada@example.com/Policies/Holiday calendar 2026.csv",
    "ada@example.com/Policies/Refund policy.gdoc.md",
    "ada@example.com/Policies/Security baseline.md",
    "ada@example.com/Policies/Travel and expenses.gdoc.md",
    "ada@example.com/Product/Interview notes/Customer interviews.txt",
    "ada@example.com/Product/Interview notes/Interview summary.txt",
    "ada@example.com/Product/Landing page.html",
    "ada@example.com/Product/Roadmap.gslides.md",
    "ada@example.com/Product/Warehouse sketch.gdraw.svg",
    "ada@example.com/Team/Archive/Meeting notes.txt",
    "ada@example.com/Team/Empty draft.txt",
    "ada@example.com/Team/Meeting notes.txt",
    "ada@example.com/Team/Onboarding checklist.gdoc.md",
    "drives/Operations/Contracts/Lease harbour warehouse.txt",
    "drives/Operations/Runbooks/Shipping carriers.gsheet.csv",
    "drives/Operations/Runbooks/Warehouse incident runbook.md",
    "grace@example.com/Research/Water hardness study.gdoc.md",
    "grace@example.com/Research/tasting-scores.csv",
    "seed.json",
];

/// Returns every file of the demo folder.
pub fn files() -> Vec<SeedFile> {
    FILES
        .iter()
        .map(|(path, bytes)| SeedFile { path: (*path).to_owned(), bytes: Cow::Borrowed(bytes) })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::seed::read_folder;

    #[test]
    fn the_list_equals_the_folder() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../demo/seed/google");
        let on_disk = read_folder(folder.as_ref()).unwrap();
        let carried = files();
        let paths =
            |files: &[SeedFile]| -> Vec<String> { files.iter().map(|file| file.path.clone()).collect() };
        assert_eq!(paths(&carried), paths(&on_disk));
        for (left, right) in carried.iter().zip(&on_disk) {
            assert_eq!(left.bytes, right.bytes, "{}", left.path);
        }
    }
}
