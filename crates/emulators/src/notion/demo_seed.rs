//! The demo's company wiki, carried inside the binary. A test keeps this list equal to the folder.

use std::borrow::Cow;

use crate::kernel::seed::SeedFile;

macro_rules! carried {
    ($($path:literal),+ $(,)?) => {
        &[$((
            $path,
            include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../demo/seed/notion/", $path)),
        )),+]
    };
}

#[rustfmt::skip]
static FILES: &[(&str, &[u8])] = carried![
    "files/cupping-sheet.csv",
    "files/price-list-2026.pdf",
    "files/tasting-room.png",
    "pages/1 Home.json",
    "pages/2 Handbook.json",
    "pages/3 Projects.json",
    "pages/4 Meeting notes.json",
    "pages/5 Suppliers.json",
    "pages/6 Block gallery.json",
    "pages/7 Private notes.json",
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
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../demo/seed/notion");
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
