//! Guesses of the encoding of text that does not say how it is written.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{
    Encoding, IBM866, ISO_8859_2, ISO_8859_5, KOI8_U, MACINTOSH, UTF_16BE, UTF_16LE, WINDOWS_1250,
    WINDOWS_1251, WINDOWS_1252, WINDOWS_1254, WINDOWS_1257, WINDOWS_1258, X_MAC_CYRILLIC,
};

/// Bytes that a guess looks at, and bytes beyond ASCII below which there is nothing to look at.
const GUESSED_BYTES: usize = 256 * 1024;
const GUESSABLE: usize = 4;
/// Bytes from which text of any script is told from other content.
const TOLD_BYTES: usize = 16;

/// Guesses an encoding from before Unicode. Few bytes beyond ASCII say nothing: they are taken for windows-1252.
pub(crate) fn guess_legacy(bytes: &[u8]) -> &'static Encoding {
    let sample = &bytes[..bytes.len().min(GUESSED_BYTES)];
    let guess = match sample.iter().filter(|byte| !byte.is_ascii()).count() < GUESSABLE {
        true => WINDOWS_1252,
        false => {
            let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
            detector.feed(sample, sample.len() == bytes.len());
            detector.guess(None, Utf8Detection::Deny)
        }
    };
    of_old_mac(sample, guess).unwrap_or(guess)
}

/// The encoding of an old Mac, which the detector does not know: where lines end as only there, and more of what is beyond
/// ASCII is what people write than by the guess.
fn of_old_mac(sample: &[u8], guess: &'static Encoding) -> Option<&'static Encoding> {
    const MISTAKEN: [&Encoding; 10] = [
        WINDOWS_1250,
        WINDOWS_1251,
        WINDOWS_1252,
        WINDOWS_1254,
        WINDOWS_1257,
        WINDOWS_1258,
        ISO_8859_2,
        ISO_8859_5,
        IBM866,
        KOI8_U,
    ];
    const WRITTEN: &str = "äöüßÄÖÜéèêëàâçîïôûùœñáíóúãõåøæÅØÆÉ’“”‘„–—…«»ěščřžýůďťňąćęłńśźżőűăğış";
    if !sample.contains(&b'\r') || sample.contains(&b'\n') || !MISTAKEN.contains(&guess) {
        return None;
    }
    let is_written = |c: &char| matches!(c, 'А'..='я' | 'ё' | 'Ё') || WRITTEN.contains(*c);
    let written = |encoding: &'static Encoding| {
        let (text, _) = encoding.decode_without_bom_handling(sample);
        text.chars().filter(|c| !c.is_ascii() && is_written(c)).count()
    };
    let (by_guess, best) = (written(guess), [MACINTOSH, X_MAC_CYRILLIC].map(|mac| (written(mac), mac)));
    let (most, mac) = if best[0].0 >= best[1].0 { best[0] } else { best[1] };
    (most > by_guess).then_some(mac)
}

/// UTF-16 without a mark of its order: text in the Latin script has a zero in every other byte, and text of any script has
/// blanks or ends of lines, which have one. Text of another encoding has none.
pub(crate) fn guess_utf16(bytes: &[u8]) -> Option<&'static Encoding> {
    const ORDERS: [(usize, &Encoding); 2] = [(1, UTF_16LE), (0, UTF_16BE)];
    let head = &bytes[..bytes.len().min(4096) & !1];
    if head.len() < 4 || !head.contains(&0) {
        return None;
    }
    let latin = ORDERS.iter().find(|(high, _)| is_latin(head, *high));
    let any = || match ORDERS.map(|(high, _)| is_any_script(head, high)) {
        [true, false] => Some(&ORDERS[0]),
        [false, true] => Some(&ORDERS[1]),
        _ => None,
    };
    latin.or_else(any).map(|(_, encoding)| *encoding)
}

/// Real text has no zero characters. Zeros in one half of the pairs; the other half of such a pair is a Latin character.
fn is_latin(head: &[u8], high: usize) -> bool {
    let pairs = head.len() / 2;
    let latin = head.chunks_exact(2).filter(|pair| pair[high] == 0);
    latin.clone().all(|pair| matches!(pair[1 - high], b'\t' | b'\n' | b'\r' | 0x20..))
        && latin.count() * 10 >= pairs * 3
        && head.chunks_exact(2).all(|pair| pair[1 - high] != 0)
}

/// Whether nearly every character is of a script that people write, with a blank or an end of line among them, and none is one
/// that no text has.
fn is_any_script(head: &[u8], high: usize) -> bool {
    if head.len() < TOLD_BYTES {
        return false;
    }
    let units = head.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[high], pair[1 - high]]));
    let (mut all, mut known, mut blanks) = (0_usize, 0_usize, 0_usize);
    for unit in char::decode_utf16(units) {
        all += 1;
        match unit {
            Ok('\t' | '\n' | '\r' | ' ') => blanks += 1,
            Ok(c) if c.is_control() || (c as u32) & 0xfffe == 0xfffe => return false,
            Ok(c) => known += usize::from(is_of_a_script(c)),
            // Half a character may stand at the end of what is looked at.
            Err(_) if all * 2 >= head.len() - 2 => {}
            Err(_) => return false,
        }
    }
    blanks > 0 && known > 0 && (known + blanks) * 20 >= all * 19
}

fn is_of_a_script(c: char) -> bool {
    matches!(u32::from(c),
        0x21..=0x6ff | 0x900..=0xe7f | 0x1e00..=0x206f | 0x20a0..=0x22ff | 0x2460..=0x27bf | 0x3000..=0x33ff
        | 0x4e00..=0x9fff | 0xac00..=0xd7a3 | 0xff00..=0xffef | 0x1f300..=0x1faff | 0x20000..=0x2ffff)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::decode;

    #[test]
    fn legacy_encodings_are_guessed() {
        for (charset, text) in [
            ("windows-1251", "Годовой отчёт показывает, что доход вырос на двенадцать процентов."),
            ("shift_jis", "日本語のテスト文書です。年次報告書の内容を確認してください。"),
            ("euc-kr", "한국어 시험 문서입니다. 연간 보고서를 확인하십시오."),
            ("gbk", "今天天气很好，我们去公园散步。年度报告显示收入增长了。"),
            ("windows-1256", "مرحبا بالعالم هذا نص عربي للاختبار في التقرير السنوي"),
            ("windows-1255", "שלום עולם זהו טקסט בעברית לבדיקה בדוח השנתי"),
            ("iso-8859-7", "Η ετήσια έκθεση δείχνει ότι τα έσοδα αυξήθηκαν."),
        ] {
            let (bytes, ..) = Encoding::for_label(charset.as_bytes()).unwrap().encode(text);
            assert_eq!(decode(&bytes, None, false), text, "{charset}");
        }
    }

    #[test]
    fn text_of_any_script_is_told_without_a_mark_of_its_order() {
        for text in [
            "年次報告書の内容を確認してください。\n一 二\n",
            "今天天气很好，我们去公园散步。\r\n一一一",
            "한국어 시험 문서입니다. 연간 보고서",
            "Годовой отчёт показывает, что доход вырос",
            "ετήσια έκθεση\nκαι 𝒳 😀",
            "שלום עולם זהו טקסט",
        ] {
            for big in [true, false] {
                let bytes: Vec<u8> = text
                    .encode_utf16()
                    .flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() })
                    .collect();
                assert_eq!(decode(&bytes, None, false), text);
            }
        }
    }

    #[test]
    fn other_content_is_not_taken_for_it() {
        let numbers: Vec<u8> = (0_u32..600).flat_map(|number| (number * 37).to_le_bytes()).collect();
        let sound: Vec<u8> =
            (0_i32..600).flat_map(|at| (((at * 7919) % 4001 - 2000) as i16).to_le_bytes()).collect();
        let words = b"plain words with one zero\0 among them, as programs write".to_vec();
        for bytes in [numbers, sound, words, b"Bush hid the facts".to_vec(), vec![0; 64]] {
            assert_eq!(guess_utf16(&bytes), None, "{bytes:?}");
        }
        // Other encodings have no zeros, whatever their bytes would mean.
        for (charset, text) in
            [("gbk", "今天天气很好，我们去公园散步。"), ("euc-kr", "한국어 시험 문서입니다.\n")]
        {
            let (bytes, ..) = Encoding::for_label(charset.as_bytes()).unwrap().encode(text);
            assert_eq!(guess_utf16(&bytes), None);
        }
    }

    #[test]
    fn text_of_old_macs_is_told_by_its_ends_of_lines() {
        let russian = "Годовой отчёт.\rДоход вырос на двенадцать процентов";
        for (encoding, text) in [
            ("macintosh", "Grüße aus Köln,\rschöne Straßen"),
            ("macintosh", "L’été\rà la plage"),
            ("x-mac-cyrillic", russian),
            ("windows-1251", russian),
            ("windows-1252", "Grüße aus Köln,\rschöne “Straßen”"),
            ("windows-1252", "it’s a return\rcafé"),
            ("windows-1250", "Příliš žluťoučký kůň\rúpěl ďábelské ódy"),
            ("iso-8859-7", "Η ετήσια έκθεση\rδείχνει ότι τα έσοδα αυξήθηκαν."),
        ] {
            let encoding = Encoding::for_label(encoding.as_bytes()).unwrap();
            let bytes: Vec<u8> = text
                .chars()
                .map(|c| {
                    (0..=255)
                        .find(|byte| encoding.decode_without_bom_handling(&[*byte]).0.starts_with(c))
                        .unwrap()
                })
                .collect();
            assert_eq!(decode(&bytes, None, false), text, "{}", encoding.name());
        }
        // Lines that end as everywhere are no sign.
        assert_eq!(decode(b"caf\xe9 \x8a\r\n", None, false), "café Š\r\n");
    }
}
