//! What an image says of its size before anything decodes it.

use crate::protocol::Refusal;

/// Pixels that a picture may have; decoded, each takes up to four bytes.
const MAX_PIXELS: u64 = 64_000_000;
/// The longest side that the recognizing program takes.
const MAX_SIDE: u64 = 32_000;
/// Shorter sides hold icons, lines and tracking dots, no text.
const MIN_SIDE: u64 = 24;

/// A page that was photographed or scanned for a screen has more.
const MIN_PAGE_SIDE: u64 = 600;

/// Whether an image may hold text. False for icons.
///
/// # Errors
/// `TooLarge` beyond the limits, `Broken` when the header does not tell a size.
pub(super) fn is_worth_reading(bytes: &[u8], media_type: &str) -> Result<bool, Refusal> {
    let Some((width, height)) = dimensions(bytes) else {
        return Err(Refusal::Broken { media_type: media_type.to_owned() });
    };
    if width.saturating_mul(height) > MAX_PIXELS || width.max(height) > MAX_SIDE {
        return Err(Refusal::TooLarge { what: format!("{width} × {height} pixels") });
    }
    Ok(width.min(height) >= MIN_SIDE)
}

/// Whether a picture has as many pixels each way as a page of text needs to be read.
pub(super) fn is_as_large_as_a_page(bytes: &[u8]) -> bool {
    dimensions(bytes).is_some_and(|(width, height)| width.min(height) >= MIN_PAGE_SIDE)
}

/// Width and height from the header of PNG, JPEG, JPEG 2000, GIF, BMP, WebP or TIFF.
fn dimensions(bytes: &[u8]) -> Option<(u64, u64)> {
    let be32 = |at: usize| Some(u64::from(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?)));
    let le32 = |at: usize| Some(u64::from(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?)));
    let le16 = |at: usize| Some(u64::from(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?)));
    match bytes {
        [0x89, b'P', b'N', b'G', ..] => Some((be32(16)?, be32(20)?)),
        [0xff, 0xd8, ..] => jpeg(bytes),
        [0, 0, 0, 12, b'j', b'P', ..] | [0xff, 0x4f, 0xff, 0x51, ..] => jpeg_2000(bytes),
        [b'G', b'I', b'F', ..] => Some((le16(6)?, le16(8)?)),
        // The height is negative where rows run from the top.
        [b'B', b'M', ..] => Some((le32(18)?, u64::from((le32(22)? as u32 as i32).unsigned_abs()))),
        [b'R', b'I', b'F', b'F', ..] => webp(bytes),
        [b'I', b'I', 42, 0, ..] => tiff(bytes, true),
        [b'M', b'M', 0, 42, ..] => tiff(bytes, false),
        _ => None,
    }
    .filter(|(width, height)| *width > 0 && *height > 0)
}

/// Walks the segments to the frame header.
fn jpeg(bytes: &[u8]) -> Option<(u64, u64)> {
    let be16 = |at: usize| Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?));
    let mut at = 2;
    loop {
        match (*bytes.get(at)?, *bytes.get(at + 1)?) {
            (0xff, 0xff) => at += 1,
            // Frame headers, but for tables of Huffman codes, arithmetic coding and a reserved one.
            (0xff, 0xc0..=0xcf) if !matches!(bytes[at + 1], 0xc4 | 0xc8 | 0xcc) => {
                return Some((be16(at + 7)?.into(), be16(at + 5)?.into()));
            }
            (0xff, 0x01 | 0xd0..=0xd9) => at += 2,
            (0xff, _) => at += 2 + usize::from(be16(at + 2)?).max(2),
            _ => return None,
        }
    }
}

/// What the picture itself says, which is what is decoded; the boxes around it may say anything.
fn jpeg_2000(bytes: &[u8]) -> Option<(u64, u64)> {
    const START: &[u8] = b"\xff\x4f\xff\x51";
    let at = bytes.windows(START.len()).position(|window| window == START)?;
    let be32 = |to: usize| Some(u32::from_be_bytes(bytes.get(at + to..at + to + 4)?.try_into().ok()?));
    // The size of the grid, and where on it the picture begins.
    let side = |to: usize| Some(u64::from(be32(to)?.saturating_sub(be32(to + 8)?)));
    Some((side(8)?, side(12)?))
}

fn webp(bytes: &[u8]) -> Option<(u64, u64)> {
    let le = |at: usize, count: usize| {
        let bytes = bytes.get(at..at + count)?;
        Some(bytes.iter().rev().fold(0_u64, |number, byte| number << 8 | u64::from(*byte)))
    };
    match bytes.get(12..16)? {
        b"VP8X" => Some((le(24, 3)? + 1, le(27, 3)? + 1)),
        b"VP8L" => {
            let packed = le(21, 4)?;
            Some(((packed & 0x3fff) + 1, (packed >> 14 & 0x3fff) + 1))
        }
        b"VP8 " => Some((le(26, 2)? & 0x3fff, le(28, 2)? & 0x3fff)),
        _ => None,
    }
}

/// The largest of the first pages: each is decoded on its own.
fn tiff(bytes: &[u8], little: bool) -> Option<(u64, u64)> {
    const PAGES: usize = 1000;
    let number = |at: usize, count: usize| {
        let bytes = bytes.get(at..at.checked_add(count)?)?;
        let add = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
        Some(if little { bytes.iter().rev().fold(0, add) } else { bytes.iter().fold(0, add) })
    };
    let mut largest = None;
    let mut directory = number(4, 4)? as usize;
    for _ in 0..PAGES {
        let entries = number(directory, 2)? as usize;
        let (mut width, mut height) = (0, 0);
        for entry in 0..entries {
            let at = directory.checked_add(2 + entry * 12)?;
            let value = match number(at + 2, 2)? {
                3 => number(at + 8, 2)?,
                _ => number(at + 8, 4)?,
            };
            match number(at, 2)? {
                256 => width = value,
                257 => height = value,
                _ => {}
            }
        }
        let size: u64 = u64::saturating_mul(width, height);
        if largest.is_none_or(|(width, height)| u64::saturating_mul(width, height) < size) {
            largest = Some((width, height));
        }
        let next = number(directory.checked_add(2 + entries * 12)?, 4)? as usize;
        // A chain that runs backwards may run for ever.
        if next <= directory {
            break;
        }
        directory = next;
    }
    largest
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn sizes_are_read_from_headers() {
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\x75\x30\0\0\x75\x30".to_vec();
        assert_eq!(dimensions(&png), Some((30_000, 30_000)));
        assert!(matches!(is_worth_reading(&png, "image/png"), Err(Refusal::TooLarge { .. })));
        let jpeg = b"\xff\xd8\xff\xe0\0\x04ab\xff\xff\xc0\0\x11\x08\x01\x00\x02\x00";
        assert_eq!(dimensions(jpeg), Some((512, 256)));
        let grid = b"\xff\x4f\xff\x51\0\x29\0\0\0\0\x02\x10\0\0\x01\0\0\0\0\x10\0\0\0\0";
        assert_eq!(dimensions(grid), Some((512, 256)));
        let boxed = [b"\0\0\0\x0cjP  \r\n\x87\n\0\0\0\x16ihdr\0\0\0\x01\0\0\0\x01", &grid[..]].concat();
        assert_eq!(dimensions(&boxed), Some((512, 256)));
        assert_eq!(dimensions(&boxed[..boxed.len() - 4]), None);
        assert_eq!(dimensions(b"GIF89a\x10\0\x20\0"), Some((16, 32)));
        let tiff = b"II*\0\x08\0\0\0\x02\0\0\x01\x03\0\x01\0\0\0\x40\0\0\0\x01\x01\x04\0\x01\0\0\0\x80\0\0\0\0\0\0\0";
        assert_eq!(dimensions(tiff), Some((64, 128)));
        assert_eq!(dimensions(b"RIFF\0\0\0\0WEBPVP8X\0\0\0\0\0\0\0\0\x0f\0\0\x1f\0\0"), Some((16, 32)));
        assert_eq!(is_worth_reading(b"GIF89a\x10\0\x20\0", "image/gif"), Ok(false));
    }

    #[test]
    fn a_header_without_a_size_is_broken() {
        assert!(matches!(
            is_worth_reading(b"\x89PNG\r\n\x1a\n\0\0", "image/png"),
            Err(Refusal::Broken { .. })
        ));
    }

    proptest! {
        #[test]
        fn no_header_ends_the_worker(
            mark in prop::sample::select(vec![&b"\x89PNG"[..], b"\xff\xd8", b"GIF8", b"BM", b"RIFF....WEBPVP8 ", b"II*\0", b"MM\0*", b"\xff\x4f\xff\x51"]),
            rest in prop::collection::vec(any::<u8>(), 0..200),
        ) {
            dimensions(&[mark, &rest].concat());
        }
    }
}
