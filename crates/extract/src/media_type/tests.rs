//! What detection says about names, claims and bytes that disagree.

use super::*;

fn detect(head: &[u8], name: &str, declared: &str) -> String {
    detect_media_type(head, name, declared)
}

#[test]
fn signatures_win_over_names_and_claims() {
    assert_eq!(detect(b"%PDF-1.7\n", "notes.txt", "text/plain"), media::PDF);
    assert_eq!(detect(b"junk\n%PDF-1.4", "a.bin", ""), media::PDF);
    assert_eq!(detect(b"\x89PNG\r\n\x1a\n", "report.pdf", media::PDF), "image/png");
    assert_eq!(detect(b"{\\rtf1 hi}", "a.doc", DOC), RTF);
    assert_eq!(detect(b"\0\0\0\x0cjP  \r\n\x87\n\0\0\0\x14ftypjpx ", "a", ""), "image/jp2");
    assert_eq!(detect(b"\xff\x4f\xff\x51\0\x29\0\0", "a.j2k", ""), "image/jp2");
}

#[test]
fn containers_are_told_apart_by_their_parts_then_by_claims() {
    let with_part = |part: &[u8]| {
        let mut zip = b"PK\x03\x04".to_vec();
        zip.extend([0; 26]);
        zip[26] = if part.starts_with(b"mimetype") { 8 } else { part.len() as u8 };
        [zip.as_slice(), part].concat()
    };
    assert_eq!(detect(&with_part(b"word/document.xml"), "x.zip", ""), media::DOCX);
    assert_eq!(detect(&with_part(b"xl/workbook.xml"), "x.docx", ""), media::XLSX);
    assert_eq!(detect(&with_part(b"[Content_Types].xml"), "x.pptx", ""), media::PPTX);
    assert_eq!(detect(&with_part(b"[Content_Types].xml"), "x", media::DOCX), media::DOCX);
    assert_eq!(detect(&with_part(b"photo.jpg"), "x.zip", "application/zip"), ZIP);
    assert_eq!(detect(&with_part(b"mimetypeapplication/vnd.oasis.opendocument.textPK"), "x", ""), ODT);
    assert_eq!(detect(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "x.xls", ""), XLS);
}

#[test]
fn text_follows_a_specific_claim_then_the_extension_then_its_look() {
    assert_eq!(detect(b"# Hi", "x.txt", "text/markdown; charset=utf-8"), media::MARKDOWN);
    assert_eq!(detect(b"a,b\n1,2", "x.csv", "application/vnd.ms-excel"), media::CSV);
    assert_eq!(detect(b"a,b\n1,2", "x.csv", "text/plain"), media::CSV);
    assert_eq!(detect(b"let x = 1;", "x.ts", "video/mp2t"), media::PLAIN);
    assert_eq!(detect(b"{}", "x.json", ""), "application/json");
    assert_eq!(detect(b"  <!DOCTYPE HTML><p>", "page", ""), media::HTML);
    assert_eq!(detect(b"hello", "README", media::OCTET_STREAM), media::PLAIN);
    assert_eq!(detect(b"not a document", "x.docx", media::DOCX), media::PLAIN);
}

#[test]
fn binary_content_is_never_text() {
    assert_eq!(detect(b"\0\x01\x02\x03\xff\x80", "x.txt", "text/plain"), media::OCTET_STREAM);
    assert_eq!(detect(b"\0\x01\x02\x03\xff\x80", "x.mp3", ""), "audio/mpeg");
    assert_eq!(detect(b"h\0e\0l\0l\0o\0", "x.txt", ""), media::PLAIN);
}

#[test]
fn empty_files_keep_their_name() {
    assert_eq!(detect(b"", "x.pdf", ""), media::PDF);
    assert_eq!(detect(b"", "x", media::DOCX), media::DOCX);
}

#[test]
fn what_lies_within_a_part_is_no_part() {
    let docx =
        b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x11\0\0\0word/document.xml".to_vec();
    let mut archive = b"PK\x03\x04".to_vec();
    archive.extend([0; 26]);
    archive[18] = docx.len() as u8;
    archive[26] = 6;
    archive.extend(b"a.docx");
    archive.extend(&docx);
    assert_eq!(detect(&archive, "letters.zip", ""), ZIP);
}

#[test]
fn two_letters_are_no_picture() {
    assert_eq!(detect(b"BMW and others build cars", "x.txt", ""), media::PLAIN);
    assert_eq!(detect(b"BM\x46\0\0\0\0\0\0\0\x36\0\0\0", "x", ""), "image/bmp");
}

#[test]
fn names_of_types_are_lower_case_whoever_tells_them() {
    let ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";
    let (zip, binary) = (b"PK\x03\x04".as_slice(), b"\0\x01\x02\x03".as_slice());
    assert_eq!(detect(zip, "a.xlsb", ""), XLSB);
    assert_eq!(detect(zip, "a", "application/vnd.ms-excel.sheet.binary.macroEnabled.12"), XLSB);
    for name in ["a.docm", "a.xlsm", "a.pptm", "a.potm", "a.xlam"] {
        for head in [ole.as_slice(), zip, binary, b""] {
            let kind = detect(head, name, "");
            assert_eq!(kind, kind.to_ascii_lowercase(), "{name}");
        }
    }
}

#[test]
fn open_document_in_one_file_of_xml_is_known_by_its_root() {
    let file = |root: &str| {
        format!("<?xml version=\"1.0\"?>\n<!-- kept > by hand --><!DOCTYPE x>\n{root}<office:body/>")
    };
    let root = |kind: &str| {
        file(&format!(
            "<office:document xmlns:office=\"x\" office:version='1.2' office:mimetype=\"application/vnd.oasis.opendocument.{kind}\">"
        ))
    };
    for (kind, flat) in
        [("text", FODT), ("text-template", FODT), ("spreadsheet", FODS), ("presentation", FODP)]
    {
        for (name, declared) in
            [("a.fodt", ""), ("a.xml", "text/xml"), ("a", "application/xml"), ("a.txt", "text/plain")]
        {
            assert_eq!(detect(root(kind).as_bytes(), name, declared), flat, "{kind} {name}");
        }
    }
    assert_eq!(detect(root("graphics").as_bytes(), "a.xml", ""), "text/xml");
    let within = file("<a><office:document office:mimetype=\"application/vnd.oasis.opendocument.text\">");
    assert_eq!(detect(within.as_bytes(), "a.xml", ""), "text/xml");
    let longer =
        file("<office:document-content office:mimetype=\"application/vnd.oasis.opendocument.text\">");
    assert_eq!(detect(longer.as_bytes(), "a.xml", ""), "text/xml");
    assert_eq!(detect(b"only words", "a.fodt", FODT), media::PLAIN);
    assert_eq!(detect(b"<!-- <office:document", "a.fodt", ""), media::PLAIN);
    assert_eq!(detect(b"", "a.fods", ""), FODS);
}
