//! The demo's workspace, carried inside the binary. A test keeps this list equal to the folder.

use std::borrow::Cow;

use crate::kernel::seed::SeedFile;

macro_rules! carried {
    ($($path:literal),+ $(,)?) => {
        &[$((
            $path,
            include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../demo/seed/slack/", $path)),
        )),+]
    };
}

#[rustfmt::skip]
static FILES: &[(&str, &[u8])] = carried![
    "channels/01-general.json",
    "channels/02-support.json",
    "channels/03-tea-room.json",
    "channels/04-leadership.json",
    "channels/05-old-webshop.json",
    "channels/06-ada-grace.json",
    "channels/07-warehouse-move.json",
    "files/cold-store-checklist.md",
    "files/label-printer.py",
    "files/steeping-times.csv",
    "files/warehouse-canvas.html",
    "workspace.json",
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
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../demo/seed/slack");
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
