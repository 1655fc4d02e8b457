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

/// Fewer dots to the inch than any scanner makes of a page.
const LEAST_SCANNED: u32 = 100;
/// The longer side of a sheet of paper, and what may come of it: fewer dots tear the lines of pages that lie askew.
const SHEET_INCHES: f64 = 11.7;
const LEAST_ASSUMED: u32 = 300;
const MOST_ASSUMED: u32 = 600;

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

/// Dots to the inch that a picture is read with, as if it were a sheet of paper: told too few, the program takes the lines of
/// a table for a drawing and leaves out its cells. `None` where the picture tells, as those of scanners do; what cameras and
/// programs for the screen write into it is no measure.
pub(super) fn dots_to_assume(bytes: &[u8]) -> Option<u32> {
    let stated = match bytes {
        [b'I', b'I', 42, 0, ..] | [b'M', b'M', 0, 42, ..] => return None,
        [0x89, b'P', b'N', b'G', ..] => png_dots(bytes),
        [0xff, 0xd8, 0xff, 0xe0, ..] => jfif_dots(bytes),
        _ => None,
    };
    let (width, height) = dimensions(bytes)?;
    let assumed = (width.max(height) as f64 / SHEET_INCHES) as u32;
    stated.is_none_or(|dots| dots < LEAST_SCANNED).then(|| assumed.clamp(LEAST_ASSUMED, MOST_ASSUMED))
}

/// From the chunk `pHYs`, which stands before the picture's data.
fn png_dots(bytes: &[u8]) -> Option<u32> {
    let be32 = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    let mut at = 8;
    loop {
        match bytes.get(at + 4..at + 8)? {
            // Dots to the metre, where it says so.
            b"pHYs" if bytes.get(at + 16) == Some(&1) => {
                return Some((f64::from(be32(at + 8)?) * 0.0254) as u32);
            }
            b"pHYs" | b"IDAT" => return None,
            _ => at = at.checked_add(12)?.checked_add(be32(at)? as usize)?,
        }
    }
}

fn jfif_dots(bytes: &[u8]) -> Option<u32> {
    let dots = u32::from(u16::from_be_bytes(bytes.get(14..16)?.try_into().ok()?));
    match (bytes.get(6..11)?, bytes[13]) {
        (b"JFIF\0", 1) => Some(dots),
        (b"JFIF\0", 2) => Some(dots * 254 / 100),
        _ => None,
    }
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
    fn dots_are_assumed_where_a_picture_tells_none_that_a_scanner_makes() {
        let png = |chunk: &[u8]| {
            let size = b"\0\0\0\x0dIHDR\0\0\x06\x76\0\0\x09\x23\x08\0\0\0\0....";
            [b"\x89PNG\r\n\x1a\n", &size[..], chunk, b"\0\0\0\0IDAT"].concat()
        };
        let density = |metre: u32, unit: u8| {
            [b"\0\0\0\x09pHYs", &metre.to_be_bytes()[..], &metre.to_be_bytes(), &[unit], b"...."].concat()
        };
        for (chunk, dots) in [
            (Vec::new(), Some(300)),
            (b"\0\0\0\x02tEXtab....".to_vec(), Some(300)),
            (density(11_811, 1), None),
            (density(2_835, 1), Some(300)),
            (density(11_811, 0), Some(300)),
            ([b"\0\0\0\x02tEXtab....".to_vec(), density(7_874, 1)].concat(), None),
            (b"\xff\xff\xff\xfftEXt".to_vec(), Some(300)),
        ] {
            assert_eq!(dots_to_assume(&png(&chunk)), dots, "{chunk:?}");
        }
        let jpeg = |unit: u8, dots: u8| {
            let head =
                [b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01", &[unit, 0, dots, 0, dots, 0, 0][..]].concat();
            [&head[..], b"\xff\xc0\0\x11\x08\x10\x00\x0c\x00"].concat()
        };
        let told =
            [(1, 200), (1, 72), (2, 118), (0, 200)].map(|(unit, dots)| dots_to_assume(&jpeg(unit, dots)));
        assert_eq!(told, [None, Some(350), None, Some(350)]);
        assert_eq!(dots_to_assume(b"GIF89a\xff\xff\x20\0"), Some(600));
        assert_eq!(dots_to_assume(b"GIF89a\x10\0\x20\0"), Some(300));
        assert_eq!(dots_to_assume(b"II*\0\x08\0\0\0\0\0\0\0\0\0"), None);
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
            mark in prop::sample::select(vec![&b"\x89PNG\r\n\x1a\n"[..], b"\xff\xd8", b"\xff\xd8\xff\xe0", b"GIF8", b"BM", b"RIFF....WEBPVP8 ", b"II*\0", b"MM\0*", b"\xff\x4f\xff\x51"]),
            rest in prop::collection::vec(any::<u8>(), 0..200),
        ) {
            let picture = [mark, &rest].concat();
            dimensions(&picture);
            dots_to_assume(&picture);
        }
    }
}
