//! Any bytes whatsoever: our own parsers come to an end and keep what they promise.

use gangway_model::Document;
use proptest::prelude::*;

use crate::media_type::{Reader, detect_media_type};
use crate::protocol::{receive_greeting, receive_job, receive_reply};
use crate::read_text::read_text;
use crate::text::{clean, decode};
use crate::worker::look_into;
use crate::{ChunkOptions, chunk};

/// Bytes that look like something more often than chance would have it.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..40),
        "[ -~\n\t]{0,40}".prop_map(String::into_bytes),
        "\\PC{0,20}".prop_map(String::into_bytes),
        prop::sample::select(vec![
            &b"PK\x03\x04"[..],
            b"PK\x01\x02",
            b"PK\x05\x06",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
            b"%PDF-1.7\n",
            b"{\\rtf1",
            b"\xff\xfe",
            b"\xfe\xff",
            b"\xef\xbb\xbf",
            b"---\ntitle: x\n---\n",
            b"# ",
            b"```\n",
            b"\n===\n",
            b"a,\"b\n",
            b"| a | b |\n",
            b"\x1b$B",
            b"\0\0\0\x02{}",
            b"worker2LS\n",
        ])
        .prop_map(<[u8]>::to_vec),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

fn is_clean(document: &Document) -> bool {
    document.sections.iter().all(|one| !one.text.is_empty() && clean(&one.text) == one.text)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn text_is_decoded_cut_or_whole(
        bytes in bytes(),
        charset in prop::option::of(prop::sample::select(vec!["utf-8", "utf-16", "shift_jis", "iso-2022-jp", "x", ""])),
        cut in any::<bool>(),
    ) {
        let text = decode(&bytes, charset, cut);
        prop_assert!(!cut || text.len() <= bytes.len().saturating_mul(3));
        let once = clean(&text);
        prop_assert_eq!(clean(&once), once.clone());
        prop_assert!(once.chars().all(|c| !c.is_control() || c == '\n' || c == '\t'));
    }

    #[test]
    fn every_reader_of_text_gives_clean_sections_within_its_limit(
        bytes in bytes(),
        reader in prop::sample::select(vec![Reader::Plain, Reader::Markdown, Reader::Rows]),
        limit in 1_usize..500,
    ) {
        let document = read_text(&bytes, false, reader, None, limit);
        prop_assert!(is_clean(&document), "{document:?}");
        prop_assert!(document.text_len() <= limit);
        let pieces = chunk(&document, &ChunkOptions { target_chars: 40, max_chars: 80 });
        prop_assert!(pieces.iter().all(|piece| !piece.text.trim().is_empty()));
    }

    #[test]
    fn every_file_has_a_type(bytes in bytes(), name in "[a-z]{0,3}(\\.[a-z]{1,5})?", declared in "([a-z]{1,12}/[a-z.+-]{1,12})?") {
        let media_type = detect_media_type(&bytes, &name, &declared);
        prop_assert!(!media_type.contains(char::is_uppercase));
        prop_assert_eq!(detect_media_type(&bytes, &name, &declared), media_type.clone());
        look_into(&bytes, &media_type);
    }

    #[test]
    fn whatever_comes_over_the_pipe_is_a_message_or_an_error(bytes in bytes()) {
        let _ = receive_job(&mut bytes.as_slice());
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let _ = receive_greeting(&mut bytes.as_slice()).await;
            let _ = receive_reply(&mut bytes.as_slice(), 1 << 20).await;
        });
    }
}
