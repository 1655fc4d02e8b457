//! A file's name as an uploader sent it, made fit to show. It is data only: storage goes by our own keys.

use unicode_normalization::UnicodeNormalization;

/// Bytes of the longest name; what file systems take.
pub const LONGEST_NAME: usize = 255;

/// The last component, composed (NFC), without what could fool a reader or a file system.
pub fn clean_name(sent: &str) -> String {
    clean_part(parts(sent).next_back().unwrap_or_default())
}

/// The parts of a path that name something: neither empty nor a step to here or upwards.
pub fn parts(sent: &str) -> impl DoubleEndedIterator<Item = &str> {
    sent.split(['/', '\\']).filter(|part| !matches!(part.trim(), "" | "." | ".."))
}

/// One part of a path, composed (NFC), without what could fool a reader or a file system.
pub fn clean_part(part: &str) -> String {
    let shown: String = part.nfc().filter(|c| !c.is_control() && !turns_text(*c)).collect();
    // `name:stream` names a hidden stream on some file systems.
    let shown = shown.replace(':', "_");
    let shown = shown.trim().trim_end_matches(['.', ' ']);
    if shown.is_empty() {
        return "unnamed".to_owned();
    }
    let shown = if is_reserved(shown) { format!("_{shown}") } else { shown.to_owned() };
    shorten(shown)
}

/// Marks that make text run the other way: `exe.fdp` could be made to look like something else.
fn turns_text(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Names that mean devices on Windows, with or without an extension.
fn is_reserved(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().to_ascii_uppercase();
    let numbered = |device: &str| {
        stem.strip_prefix(device)
            .is_some_and(|rest| rest.len() == 1 && rest.chars().all(|c| c.is_ascii_digit()))
    };
    matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL") || numbered("COM") || numbered("LPT")
}

/// Cuts in the middle of a name rather than at its end, so that the extension stays.
fn shorten(name: String) -> String {
    if name.len() <= LONGEST_NAME {
        return name;
    }
    let extension = name.rsplit_once('.').map(|(_, extension)| extension).filter(|one| one.len() <= 16);
    let room = LONGEST_NAME - extension.map_or(0, |extension| extension.len() + 1);
    let mut end = room;
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    match extension {
        Some(extension) => format!("{}.{extension}", &name[..end]),
        None => name[..end].to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_names_become_harmless() {
        for (sent, shown) in [
            ("report.pdf", "report.pdf"),
            ("C:\\Users\\me\\report.pdf", "report.pdf"),
            ("../../etc/passwd", "passwd"),
            ("..", "unnamed"),
            ("", "unnamed"),
            ("a/b/", "b"),
            ("nul.txt", "_nul.txt"),
            ("COM1", "_COM1"),
            ("common.txt", "common.txt"),
            ("x\u{202e}fdp.exe", "xfdp.exe"),
            ("line\r\nbreak\0.txt", "linebreak.txt"),
            ("file.txt:evil", "file.txt_evil"),
            ("trailing. . ", "trailing"),
            ("Cafe\u{301}.md", "Caf\u{e9}.md"),
        ] {
            assert_eq!(clean_name(sent), shown, "{sent:?}");
        }
    }

    #[test]
    fn long_names_keep_their_extension() {
        let name = clean_name(&format!("{}.docx", "😀".repeat(100)));
        assert!(name.len() <= 255 && name.ends_with(".docx"), "{name}");
        assert!(clean_name(&"é".repeat(400)).len() <= 255);
    }
}
