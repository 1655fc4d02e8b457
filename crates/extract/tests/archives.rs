//! Files within files: archives, messages with attachments, and what is left out of them.

use std::path::PathBuf;

use gangway_extract::{
    Content, ExtractError, Extractor, ExtractorOptions, Input, Limits, Recognition, Tools, WorkerCommand,
};
use gangway_model::Document;

mod files;

async fn read(bytes: impl Into<Vec<u8>>, name: &str) -> Result<Document, ExtractError> {
    read_within(Limits::default(), bytes, name).await
}

async fn read_within(
    limits: Limits,
    bytes: impl Into<Vec<u8>>,
    name: &str,
) -> Result<Document, ExtractError> {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_gangway-extract-worker"));
    let extractor = Extractor::new(ExtractorOptions {
        worker: WorkerCommand { program, args: Vec::new() },
        workers: 1,
        limits,
        tools: Tools::default(),
        recognition: Recognition::default(),
    });
    let content = Content::Bytes(bytes.into().into());
    extractor.extract(Input { content, name, media_type: "" }).await
}

fn members(document: &Document) -> Vec<(&str, &str)> {
    let sections = document.sections.iter();
    sections.map(|one| (one.place.member.as_deref().unwrap_or("-"), one.text.as_str())).collect()
}

fn notes(document: &Document) -> Vec<(&str, &str)> {
    let notes = document.notes.iter();
    notes.map(|note| (note.place.member.as_deref().unwrap_or("-"), note.reason.code.as_str())).collect()
}

#[tokio::test]
async fn an_archive_is_a_folder_of_documents() {
    let docx = files::docx(&files::paragraph(Some(1), "Report"));
    let inner = files::zip_of(&[("deep/note.md", b"# Deep\nfound".to_vec())]);
    let archive = files::zip_of(&[
        ("letters/a.docx", docx),
        ("table.csv", b"id,name\n1,Ann".to_vec()),
        ("inner.zip", inner),
        ("../../etc/passwd.txt", b"a name is only a name".to_vec()),
        ("__MACOSX/._a.docx", b"\0\x05\x16\x07".to_vec()),
        ("tool.exe", b"MZ\0\0\x01\x02\0\0".to_vec()),
        ("broken.pdf", b"%PDF-1.4\nnothing".to_vec()),
    ]);
    let document = read(archive, "all.zip").await.unwrap();
    assert_eq!(
        members(&document),
        [
            ("letters/a.docx", "# Report"),
            ("table.csv", "| id | name |\n| --- | --- |\n| 1 | Ann |"),
            ("inner.zip › deep/note.md", "# Deep\nfound"),
            ("etc/passwd.txt", "a name is only a name"),
        ]
    );
    assert_eq!(notes(&document), [("tool.exe", "unsupported_type"), ("broken.pdf", "broken")]);
    assert_eq!(document.sections[1].place.rows, Some((1, 2)));
}

#[tokio::test]
async fn an_archive_of_office_files_is_no_office_file() {
    let archive = files::zip_of(&[("a.docx", files::docx(&files::paragraph(None, "one")))]);
    let document = read(archive.clone(), "a.zip").await.unwrap();
    assert_eq!(members(&document), [("a.docx", "one")]);
    // Nor does a wrong name make it one.
    assert_eq!(members(&read(archive, "a.docx").await.unwrap()), [("a.docx", "one")]);
}

#[tokio::test]
async fn archives_without_end_are_left_out() {
    let mut archive = files::zip_of(&[("core.txt", b"unreachable".to_vec())]);
    for _ in 0..8 {
        archive = files::zip_of(&[("next.zip", archive), ("seen.txt", b"seen".to_vec())]);
    }
    let document = read(archive, "deep.zip").await.unwrap();
    assert_eq!(document.sections.len(), 4, "{:?}", members(&document));
    let notes = notes(&document);
    assert_eq!(notes.len(), 2, "the two members of the fifth archive: {notes:?}");
    assert!(notes.iter().all(|(_, code)| *code == "too_large"));
}

#[tokio::test]
async fn many_members_are_counted_not_listed() {
    let many: Vec<(String, Vec<u8>)> = (0..200).map(|n| (format!("{n}.exe"), b"MZ\0\x01".to_vec())).collect();
    let many: Vec<(&str, Vec<u8>)> =
        many.iter().map(|(name, bytes)| (name.as_str(), bytes.clone())).collect();
    let document = read(files::zip_of(&many), "a.zip").await.unwrap();
    assert_eq!(document.notes.len(), 51);
    assert_eq!(document.notes[50].reason.code, "more_left_out");
    assert!(document.notes[50].reason.message.starts_with("150 "));
}

#[tokio::test]
async fn a_member_that_kills_its_reader_costs_only_itself() {
    let heavy = format!("<table>{}</table>", "<tr><td>cell</td><td>other</td></tr>".repeat(80_000));
    let archive = files::zip_of(&[
        ("first.txt", b"before".to_vec()),
        ("heavy.html", heavy.into_bytes()),
        ("last.txt", b"after".to_vec()),
    ]);
    let limits = Limits { worker_memory_bytes: 96 << 20, ..Limits::default() };
    let document = read_within(limits, archive, "a.zip").await.unwrap();
    assert_eq!(members(&document), [("first.txt", "before"), ("last.txt", "after")]);
    assert_eq!(notes(&document), [("heavy.html", "out_of_memory")]);
}

#[tokio::test]
async fn another_member_of_the_same_name_is_read() {
    let heavy = format!("<table>{}</table>", "<tr><td>cell</td><td>other</td></tr>".repeat(80_000));
    // A tape may hold a name twice.
    let archive = files::tar(&[
        ("a.zip", files::zip_of(&[("page.html", heavy.into_bytes())])),
        ("a.zip", files::zip_of(&[("page.html", b"<p>light".to_vec())])),
    ]);
    let limits = Limits { worker_memory_bytes: 96 << 20, ..Limits::default() };
    let document = read_within(limits, archive, "a.tar").await.unwrap();
    assert_eq!(members(&document), [("a.zip › page.html", "light")]);
    assert_eq!(notes(&document), [("a.zip › page.html", "out_of_memory")]);
}

#[tokio::test]
async fn messages_have_heads_text_and_attachments() {
    let message = "From: Ann Example <ann@example.com>\r\nTo: bob@example.com\r\nSubject: =?utf-8?Q?Caf=C3=A9_plan?=\r\n\
        Date: Wed, 31 Jan 2024 12:00:00 +0000\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
        --b\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: 8bit\r\n\r\nGr\u{fc}sse\r\n\
        --b\r\nContent-Type: text/csv; name=\"list.csv\"\r\nContent-Disposition: attachment; filename=\"list.csv\"\r\n\r\na,b\r\n1,2\r\n\
        --b\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\nFrom: x@example.com\r\n\r\nforwarded words\r\n\
        --b--\r\n";
    // The body is written in Latin-1, as it says.
    let bytes: Vec<u8> = message.chars().map(|c| c as u8).collect();
    let document = read(bytes, "mail.eml").await.unwrap();
    assert_eq!(document.title.as_deref(), Some("Café plan"));
    assert_eq!(document.authors, ["Ann Example <ann@example.com>"]);
    assert_eq!(document.created_at, "2024-01-31T12:00:00Z".parse().ok());
    let members = members(&document);
    assert_eq!(members.iter().map(|(member, _)| *member).collect::<Vec<_>>(), ["-", "list.csv", "inner"]);
    assert!(members[0].1.contains("To: bob@example.com") && members[0].1.ends_with("Grüsse"), "{members:?}");
    assert_eq!(members[1].1, "| a | b |\n| --- | --- |\n| 1 | 2 |");
    assert!(members[2].1.ends_with("forwarded words"));
}

#[tokio::test]
async fn a_message_of_html_alone_is_read() {
    let message = "From: a@example.com\r\nSubject: s\r\nContent-Type: text/html\r\n\r\n<p>only <b>html</b></p><a href=\"https://example.com/x\">there</a>\r\n";
    let text = read(message, "mail.eml").await.unwrap().sections.remove(0).text;
    assert!(text.contains("only html") && text.contains("there <https://example.com/x>"), "{text}");
}

#[tokio::test]
async fn an_archive_without_files_is_not_sealed() {
    let litter = files::zip_of(&[("__MACOSX/._a.docx", b"\0\x05".to_vec()), (".DS_Store", b"\0".to_vec())]);
    let document = read(litter, "litter.zip").await.unwrap();
    assert!(document.sections.is_empty() && document.notes.is_empty(), "{document:?}");
}

#[tokio::test]
async fn a_folder_with_the_name_of_a_part_makes_no_office_file() {
    let backup = files::zip_of(&[
        ("word/notes.txt", b"the ibis wades".to_vec()),
        ("xl/more.md", b"so does the egret".to_vec()),
    ]);
    let document = read(backup, "backup.zip").await.unwrap();
    assert_eq!(
        members(&document),
        [("word/notes.txt", "the ibis wades"), ("xl/more.md", "so does the egret")]
    );
}

#[tokio::test]
async fn sealed_archives_say_so() {
    // Flag bit 0 in both headers: encrypted.
    let mut archive = files::zip_of(&[("a.txt", b"sealed".to_vec())]);
    archive[6] |= 1;
    let directory = archive.windows(4).position(|four| four == b"PK\x01\x02").unwrap();
    archive[directory + 8] |= 1;
    assert_eq!(read(archive, "a.zip").await, Err(ExtractError::Encrypted));
}

#[tokio::test]
async fn bombs_cost_one_file() {
    let bomb = files::deflated_zip(&["zeros.txt"], 150 << 20);
    assert!(bomb.len() < 1_000_000);
    let document = read(bomb, "bomb.zip").await.unwrap();
    assert_eq!(notes(&document), [("zeros.txt", "too_large")]);
}

#[tokio::test]
async fn what_all_members_unpack_to_is_bounded() {
    const EACH: u64 = 90 << 20;
    let names: Vec<String> = (0..7).map(|number| format!("{number}.bin")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let limits = Limits { time_per_file: std::time::Duration::from_secs(300), ..Limits::default() };
    let document = read_within(limits, files::deflated_zip(&names, EACH), "bomb.zip").await.unwrap();
    let codes: Vec<&str> = notes(&document).iter().map(|(_, code)| *code).collect();
    assert_eq!(codes[..5], ["unsupported_type"; 5], "each of them is small enough");
    assert_eq!(codes[5..], ["too_large"; 2], "together they are not");
}

#[tokio::test]
async fn tape_archives_are_folders_too() {
    let docx = files::docx(&files::paragraph(Some(1), "Report"));
    let inner = files::zip_of(&[("deep/note.md", b"# Deep\nfound".to_vec())]);
    let tar = files::tar(&[
        ("letters/a.docx", docx),
        ("../../etc/passwd.txt", b"a name is only a name".to_vec()),
        ("letters/._a.docx", b"\0\x05\x16\x07".to_vec()),
        ("inner.zip", inner),
        ("broken.pdf", b"%PDF-1.4\nnothing".to_vec()),
    ]);
    let expected = [
        ("letters/a.docx", "# Report"),
        ("etc/passwd.txt", "a name is only a name"),
        ("inner.zip › deep/note.md", "# Deep\nfound"),
    ];
    for (name, bytes) in [("a.tar", tar.clone()), ("a.tar.gz", files::gzip(None, &tar)), ("a", tar.clone())] {
        let document = read(bytes, name).await.unwrap();
        assert_eq!(members(&document), expected, "{name}");
        assert_eq!(notes(&document), [("broken.pdf", "broken")], "{name}");
    }
    // Cut off in the last header: what came before is here, and what is missing is told.
    let document = read(tar[..tar.len() - 1024 - 512 - 100].to_vec(), "cut.tar").await.unwrap();
    assert_eq!(members(&document), expected);
    assert_eq!(notes(&document), [("the rest of the archive", "broken")]);
    let packed = files::gzip(None, &tar);
    let document = read(packed[..packed.len() - 40].to_vec(), "cut.tgz").await.unwrap();
    assert_eq!(members(&document)[0], ("letters/a.docx", "# Report"));
}

#[tokio::test]
async fn a_single_packed_file_is_read() {
    let packed = files::gzip(Some("notes.md"), b"# Notes\nof the day");
    assert_eq!(members(&read(packed, "a.gz").await.unwrap()), [("notes.md", "# Notes\nof the day")]);
    let packed = files::gzip(None, b"words without a name");
    assert_eq!(members(&read(packed, "a.gz").await.unwrap()), [("content", "words without a name")]);
    let broken = b"\x1f\x8b\x08\0\0\0\0\0\0\x03".to_vec();
    assert_eq!(read(broken, "a.gz").await.unwrap_err().code(), "broken");
}

#[tokio::test]
async fn packed_bombs_cost_one_file() {
    // Packed pieces in a row are one content.
    const MEBIBYTES: usize = 110;
    let zeros = files::gzip(Some("zeros.txt"), &vec![0; 1 << 20]).repeat(MEBIBYTES);
    assert!(zeros.len() < MEBIBYTES << 14);
    let document = read(zeros.clone(), "bomb.gz").await.unwrap();
    assert_eq!(notes(&document), [("zeros.txt", "too_large")]);
    let head = files::tar(&[("zeros.txt", vec![0; MEBIBYTES << 20])])[..512].to_vec();
    let rest = files::tar(&[("last.txt", b"after".to_vec())]);
    let bomb = [files::gzip(None, &head), zeros, files::gzip(None, &rest)].concat();
    let document = read(bomb, "bomb.tgz").await.unwrap();
    assert_eq!(members(&document), [("last.txt", "after")]);
    assert_eq!(notes(&document), [("zeros.txt", "too_large")]);
}

#[tokio::test]
async fn what_is_not_unpacked_says_what_to_do() {
    let iwork =
        files::zip(&[("Index/Document.iwa", "x"), ("preview.jpg", "x"), ("Metadata/Properties.plist", "x")]);
    for (bytes, name, advice) in [
        (b"7z\xbc\xaf\x27\x1c\0\x04".to_vec(), "a.7z", "ZIP or tar.gz"),
        (b"\xdb\xa5\x2d\0\x31\x40\x09\x04".to_vec(), "a.doc", "DOCX or PPTX"),
        (b"\xed\xde\xad\x0b\x03\0\0\0".to_vec(), "a.ppt", "DOCX or PPTX"),
        (b"Rar!\x1a\x07\x01\0".to_vec(), "a.rar", "ZIP or tar.gz"),
        (b"\0\0\0\x18ftypheic\0\0\0\0".to_vec(), "a.heic", "JPEG or PNG"),
        (iwork, "a.pages", "Pages, Numbers or Keynote"),
    ] {
        let error = read(bytes, name).await.unwrap_err();
        assert_eq!(error.code(), "unsupported_type", "{name}");
        assert!(error.to_string().contains(advice), "{name}: {error}");
    }
}
