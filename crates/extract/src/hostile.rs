//! Any bytes whatsoever: our own parsers come to an end and keep what they promise.

use proptest::prelude::*;

use crate::fuzzing;

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
            b"{\\stylesheet{\\s1 heading 1;}}",
            b"\\s1",
            b"\\bin7 ",
            b"<office:document><office:body>",
            b"<office:binary-data>",
            b"</office:binary-data>",
            b"</office:body></office:document>",
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
            b"ustar\0",
            &[0; 512],
        ])
        .prop_map(<[u8]>::to_vec),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn text_is_decoded_and_every_reader_gives_clean_sections_within_its_limit(
        bytes in bytes(),
        charset in 0_usize..7,
        limit in 1_usize..500,
    ) {
        fuzzing::text(&bytes, charset, limit);
    }

    #[test]
    fn every_file_has_a_type(bytes in bytes(), name in "[a-z]{0,3}(\\.[a-z]{1,5})?", declared in "([a-z]{1,12}/[a-z.+-]{1,12})?") {
        fuzzing::container(&bytes, &name, &declared);
    }

    #[test]
    fn every_archive_comes_to_an_end(bytes in bytes(), room in 0_u64..1000) {
        fuzzing::archive(&bytes, room);
    }

    #[test]
    fn whatever_is_rewritten_comes_to_an_end(bytes in bytes()) {
        fuzzing::rewriting(&bytes);
    }

    #[test]
    fn whatever_comes_over_the_pipe_is_a_message_or_an_error(bytes in bytes()) {
        fuzzing::messages(&bytes);
    }
}
