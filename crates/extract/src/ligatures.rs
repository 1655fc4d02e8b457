//! Ligatures of Arabic in PDF: one sign stands for two letters, and the program of the system turns them around with the line
//! that they stand in, so that every `لا` becomes `ال`. Here the file is made to say them the other way round.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;

use crate::protocol::MAX_PICTURE_BYTES;

/// Files that are looked through, in bytes.
pub(crate) const FILE_BYTES: u64 = MAX_PICTURE_BYTES;
/// Streams of one file that are rewritten, and bytes of one.
const STREAMS: usize = 5_000;
const STREAM_BYTES: u64 = 8 << 20;
/// Bytes that all streams of a file are unpacked to, to see what they are.
const UNPACKED_BYTES: u64 = 256 << 20;
/// Bytes by which a picture or a font is known, which are no text.
const HEAD_BYTES: u64 = 2048;
/// Letters that are said of one sign, or of a few.
const LETTERS: usize = 64;

/// Whether words of a text show that ligatures were turned around: no word has one alef after the other, and the article does
/// not stand alone.
pub(crate) fn are_turned(text: &str) -> bool {
    const SIGNS: [&str; 5] = ["اال", "األ", "اإل", "اآل", "\u{654}ه"];
    SIGNS.iter().any(|sign| text.contains(sign))
        || text.split_whitespace().any(|word| matches!(word, "ال" | "وال" | "إال"))
}

/// The same PDF with the letters of its ligatures the other way round. `None` where it names none, or where what is to be
/// written has no room in the place of what was there.
pub(crate) fn turned(pdf: &[u8]) -> Option<Vec<u8>> {
    let mut out: Option<Vec<u8>> = None;
    let (mut at, mut streams, mut left) = (0, 0, UNPACKED_BYTES);
    while let Some(start) = next_stream(pdf, at).filter(|_| left > 0 && streams < STREAMS) {
        at = start;
        let Some(stream) = unpacked(&pdf[start..], &mut left) else { continue };
        let Some(turned) = with_turned_letters(&stream.text) else { continue };
        let out = out.get_or_insert_with(|| pdf.to_vec());
        put(&mut out[start..start + stream.packed_bytes], &turned);
        at += stream.packed_bytes;
        streams += 1;
    }
    out.filter(|out| out != pdf)
}

/// Where the next stream begins that zlib may have packed.
fn next_stream(pdf: &[u8], from: usize) -> Option<usize> {
    const WORD: &[u8] = b"stream";
    let mut at = from;
    loop {
        at += pdf.get(at..)?.windows(WORD.len()).position(|window| window == WORD)? + WORD.len();
        let line_end = match pdf.get(at..)? {
            [b'\r', b'\n', ..] => 2,
            [b'\n' | b'\r', ..] => 1,
            _ => continue,
        };
        if pdf.get(at + line_end).is_some_and(|byte| byte & 0x0f == 8) {
            return Some(at + line_end);
        }
    }
}

struct Stream {
    text: Vec<u8>,
    packed_bytes: usize,
}

/// The stream that begins here, if it is text: a table of signs, or what is drawn on a page.
fn unpacked(packed: &[u8], left: &mut u64) -> Option<Stream> {
    let mut decoder = ZlibDecoder::new(packed);
    let mut text = Vec::new();
    decoder.by_ref().take(HEAD_BYTES.min(*left)).read_to_end(&mut text).ok()?;
    let is_text = text.is_ascii();
    let rest = is_text.then(|| decoder.by_ref().take(STREAM_BYTES.min(*left)).read_to_end(&mut text));
    *left = left.saturating_sub(text.len() as u64);
    rest?.ok()?;
    // A stream that is longer has not ended here.
    let is_whole = matches!(decoder.read(&mut [0]), Ok(0));
    is_whole.then(|| Stream { packed_bytes: decoder.total_in() as usize, text })
}

/// Turns the letters around of each sign that stands for several Arabic or Hebrew ones: numbers of four digits each, within
/// `<>`, in a table of signs; and behind their mark where a page says of a sign what it stands for. `None` where there is none.
fn with_turned_letters(text: &[u8]) -> Option<Vec<u8>> {
    const MARK: &[u8] = b"FEFF";
    let is_table = contains(text, b"begincmap");
    if !is_table && !contains(text, b"/ActualText") {
        return None;
    }
    let mut out = text.to_vec();
    let (mut at, mut found) = (0, false);
    while let Some(open) = out[at..].iter().position(|byte| *byte == b'<').map(|open| at + open + 1) {
        at = open;
        let Some(close) = out[open..].iter().position(|byte| matches!(byte, b'>' | b'<')) else { break };
        let digits = &mut out[open..open + close];
        let is_marked = digits.len() > 4 && digits[..4].eq_ignore_ascii_case(MARK);
        let digits = &mut digits[if is_marked { 4 } else { 0 }..];
        let is_said = is_marked || is_table;
        if is_said && (8..=LETTERS * 4).contains(&digits.len()) && digits.chunks(4).all(is_from_right) {
            digits.reverse();
            digits.chunks_mut(4).for_each(<[u8]>::reverse);
            found = true;
        }
    }
    found.then_some(out)
}

/// Whether four digits name a Hebrew or an Arabic letter or a mark on one.
fn is_from_right(digits: &[u8]) -> bool {
    let digits = std::str::from_utf8(digits).ok().filter(|digits| digits.len() == 4);
    let unit = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
    unit.is_some_and(|unit| matches!(unit, 0x0590..=0x065f | 0x066e..=0x06ef | 0x06fa..=0x08ff))
}

/// Packs a stream into the place of another. Nobody looks at what follows its end. One that has no room is left as it was.
fn put(place: &mut [u8], text: &[u8]) {
    let packed = |text: &[u8]| {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(text).ok()?;
        encoder.finish().ok().filter(|packed| packed.len() <= place.len())
    };
    // Words that say for whom a table was made take room, and tell nothing of signs.
    let short = || {
        let signs = position(text, b" begincodespacerange").filter(|_| contains(text, b"begincmap"))?;
        packed(&[b"begincmap\n", &text[signs.saturating_sub(1)..]].concat())
    };
    if let Some(packed) = packed(text).or_else(short) {
        let (head, rest) = place.split_at_mut(packed.len());
        head.copy_from_slice(&packed);
        rest.fill(b'\n');
    }
}

fn position(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

fn contains(bytes: &[u8], what: &[u8]) -> bool {
    position(bytes, what).is_some()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TABLE: &str = "/CIDInit/ProcSet findresource begin\n12 dict begin\nbegincmap\n/CIDSystemInfo<<\n/Registry (Adobe)\n/Ordering (UCS)\n/Supplement 0\n>> def\n1 begincodespacerange\n<00> <FF>\nendcodespacerange\n3 beginbfchar\n<01> <06440627>\n<02> <0628>\n<03> <00660069>\nendbfchar\nendcmap";

    fn packed(text: &[u8], level: u32) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::new(level));
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn pdf(streams: &[Vec<u8>]) -> Vec<u8> {
        let stream = |bytes: &Vec<u8>| [b"1 0 obj\n<<>>\nstream\r\n", &bytes[..], b"\nendstream\n"].concat();
        [b"%PDF-1.4\n".to_vec(), streams.iter().flat_map(stream).collect()].concat()
    }

    fn tables(pdf: &[u8]) -> Vec<String> {
        let (mut at, mut found) = (0, Vec::new());
        while let Some(start) = next_stream(pdf, at) {
            at = start;
            let text = unpacked(&pdf[start..], &mut UNPACKED_BYTES.clone()).map(|stream| stream.text);
            found.extend(text.map(|text| String::from_utf8(text).unwrap()));
        }
        found
    }

    #[test]
    fn letters_of_a_ligature_are_turned_in_their_place() {
        let page = packed(b"BT <06440627> Tj ET \xff", 6);
        for level in [0, 1, 6, 9] {
            let file = pdf(&[page.clone(), packed(TABLE.as_bytes(), level), packed(TABLE.as_bytes(), 6)]);
            let turned = turned(&file).unwrap();
            assert_eq!(turned.len(), file.len());
            let tables = tables(&turned);
            assert_eq!(tables.len(), 2);
            for table in tables {
                assert!(table.contains("<01> <06270644>\n<02> <0628>\n<03> <00660069>"), "{table}");
            }
        }
    }

    #[test]
    fn what_a_page_says_of_a_sign_is_turned_and_its_signs_are_not() {
        let page = "BT <06440627> Tj /Span<</ActualText <FEFF06440627> >> BDC <14A8> Tj EMC <feff05D005D1> <FEFF00660069>";
        let turned = turned(&pdf(&[packed(page.as_bytes(), 6)])).unwrap();
        let wanted = page.replace("FEFF06440627", "FEFF06270644").replace("05D005D1", "05D105D0");
        assert_eq!(tables(&turned), [wanted]);
    }

    #[test]
    fn files_without_ligatures_of_arabic_stay_as_they_are() {
        let latin = TABLE.replace("06440627", "00660066");
        for file in
            [pdf(&[packed(latin.as_bytes(), 6)]), pdf(&[packed(b"<06440627>", 6)]), pdf(&[]), Vec::new()]
        {
            assert_eq!(turned(&file), None);
        }
        let mut broken = packed(TABLE.as_bytes(), 6);
        broken.truncate(60);
        assert_eq!(turned(&pdf(&[broken])), None);
    }

    #[test]
    fn words_show_whether_they_were_turned() {
        for text in ["صباح االثنين", "اإلدارة", "هذا ال شيء", "وزیر اسکل\u{654}ه"]
        {
            assert!(are_turned(text), "{text}");
        }
        for text in ["صباح الاثنين", "الإدارة ولا شيء", "ألف", "إلى", "dull", ""]
        {
            assert!(!are_turned(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_end_it(bytes in prop::collection::vec(any::<u8>(), 0..300), text in "[<>0-9 a-z]{0,200}") {
            turned(&bytes);
            turned(&pdf(&[packed(format!("begincmap {text}").as_bytes(), 6), bytes.clone()]));
        }
    }
}
