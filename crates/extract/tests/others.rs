//! Files as other programs write them: what was missing, in the wrong place or glued together when such files were first
//! read here.

use std::path::PathBuf;

use gangway_extract::{
    Content, ExtractError, Extractor, ExtractorOptions, Input, Limits, Recognition, Tools, WorkerCommand,
};
use gangway_model::Document;

mod files;

async fn read(bytes: impl Into<Vec<u8>>, name: &str) -> Document {
    outcome(bytes, name).await.expect(name)
}

async fn outcome(bytes: impl Into<Vec<u8>>, name: &str) -> Result<Document, ExtractError> {
    outcome_with(Tools::default(), bytes, name).await
}

async fn outcome_with(tools: Tools, bytes: impl Into<Vec<u8>>, name: &str) -> Result<Document, ExtractError> {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_gangway-extract-worker"));
    let extractor = Extractor::new(ExtractorOptions {
        worker: WorkerCommand { program, args: Vec::new() },
        workers: 1,
        limits: Limits::default(),
        tools,
        recognition: Recognition::default(),
    });
    let content = Content::Bytes(bytes.into().into());
    extractor.extract(Input { content, name, media_type: "" }).await
}

fn placed(document: &Document) -> Vec<(String, &str)> {
    document.sections.iter().map(|one| (one.place.to_string(), one.text.as_str())).collect()
}

#[tokio::test]
async fn slides_are_counted_as_they_are_shown() {
    let slides: [(&str, &str, &[&[&str]]); 4] =
        [("One", "apples", &[]), ("Two", "pears", &[]), ("Taken out", "plums", &[]), ("Four", "figs", &[])];
    let document = read(files::pptx_in_order(&slides, &[4, 1, 2]), "a.pptx").await;
    let places: Vec<_> = placed(&document)
        .into_iter()
        .map(|(place, text)| (place, text.rsplit('\n').next().unwrap_or_default()))
        .collect();
    let shown = [("slide 1", "figs"), ("slide 2", "apples"), ("slide 3", "pears")];
    assert_eq!(places, shown.map(|(place, text)| (place.to_owned(), text)));
}

#[tokio::test]
async fn notes_and_comments_stand_on_the_slides_that_lead_to_them() {
    let slides: [(&str, &str, &[&[&str]]); 4] =
        [("One", "apples", &[]), ("Two", "pears", &[]), ("Three", "figs", &[]), ("Four", "plums", &[])];
    let beside = |kind: &str, target: &str| {
        format!(
            r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}" Target="../{target}"/></Relationships>"#
        )
    };
    let notes = |words: &str| {
        format!(
            r#"<?xml version="1.0"?><p:notes xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><p:cSld><p:spTree><p:sp><p:nvSpPr><p:cNvPr id="3" name="Notes"/><p:cNvSpPr/><p:nvPr><p:ph type="body" idx="1"/></p:nvPr></p:nvSpPr><p:txBody><a:p><a:r><a:t>{words}</a:t></a:r></a:p></p:txBody></p:sp></p:spTree></p:cSld></p:notes>"#
        )
    };
    let old = r#"<p:cmLst xmlns:p="p"><p:cm authorId="0" idx="1"><p:pos x="1" y="2"/><p:text>too &lt; ripe</p:text></p:cm></p:cmLst>"#;
    let new = r#"<p188:cmLst xmlns:p188="p" xmlns:a="a"><p188:cm id="1"><p188:replyLst><p188:reply><p188:txBody><a:p><a:r><a:t>says</a:t></a:r><a:r><a:t> who?</a:t></a:r></a:p></p188:txBody></p188:reply></p188:replyLst></p188:cm></p188:cmLst>"#;
    let (first, last) = (notes("talk of jam"), notes("thank them"));
    let parts = [
        ("ppt/slides/_rels/slide1.xml.rels", beside("comments", "comments/modernComment_100_0.xml")),
        ("ppt/slides/_rels/slide2.xml.rels", beside("notesSlide", "notesSlides/notesSlide1.xml")),
        ("ppt/slides/_rels/slide3.xml.rels", beside("comments", "comments/comment1.xml")),
        ("ppt/slides/_rels/slide4.xml.rels", beside("notesSlide", "notesSlides/notesSlide2.xml")),
        ("ppt/notesSlides/notesSlide1.xml", first),
        ("ppt/notesSlides/notesSlide2.xml", last),
        ("ppt/comments/comment1.xml", old.to_owned()),
        ("ppt/comments/modernComment_100_0.xml", new.to_owned()),
    ];
    let parts = parts.each_ref().map(|(name, content)| (*name, content.as_str()));
    // The last slide is shown first.
    let deck = files::with_parts(files::pptx_in_order(&slides, &[4, 1, 2, 3]), &parts);
    let document = read(deck, "a.pptx").await;
    let beside: Vec<_> = placed(&document)
        .into_iter()
        .map(|(place, text)| (place, text.rsplit('\n').next().unwrap_or_default()))
        .collect();
    let shown = [
        ("slide 1", "thank them"),
        ("slide 2", "says who?"),
        ("slide 3", "talk of jam"),
        ("slide 4", "too < ripe"),
    ];
    assert_eq!(beside, shown.map(|(place, text)| (place.to_owned(), text)));
}

#[tokio::test]
async fn the_text_of_a_document_may_have_any_name() {
    let whole = files::docx(&files::paragraph(None, "the tide is high"));
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(whole)).unwrap();
    let mut out = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for at in 0..archive.len() {
        use std::io::{Read, Write};
        let mut file = archive.by_index(at).unwrap();
        let name = file.name().unwrap().replace("document.xml", "document2.xml");
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        out.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        out.write_all(text.replace("word/document.xml", "/word/document2.xml").as_bytes()).unwrap();
    }
    let document = read(out.finish().unwrap().into_inner(), "a.docx").await;
    assert_eq!(document.sections[0].text, "the tide is high");
}

/// An OpenDocument file of one XML with this in its body.
fn flat(kind: &str, body: &str) -> String {
    format!(
        r#"<?xml version="1.0"?><office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" office:version="1.2" office:mimetype="application/vnd.oasis.opendocument.{kind}"><office:body><office:{kind}>{body}</office:{kind}></office:body></office:document>"#
    )
}

#[tokio::test]
async fn headers_of_lists_and_sections_in_cells_are_read() {
    let wrapped = |name: &str, words: &str| format!("<text:{name}><text:p>{words}</text:p></text:{name}>");
    let below = wrapped("list-item", "below");
    let list = format!(
        "<text:list>{}{}<text:list-header><text:p>new level</text:p><text:list>{below}</text:list></text:list-header></text:list>",
        wrapped("list-header", "not counted"),
        wrapped("list-item", "counted"),
    );
    let section = r#"<text:section text:name="a"><text:p>in a section</text:p></text:section>"#;
    let table = format!(
        r#"<table:table table:name="t"><table:table-row><table:table-cell>{section}</table:table-cell></table:table-row></table:table>"#
    );
    let document = read(flat("text", &format!("{list}{table}{section}")), "a.fodt").await;
    let text = &document.sections[0].text;
    for (words, times) in [("not counted", 1), ("new level", 1), ("below", 1), ("in a section", 2)] {
        assert_eq!(text.matches(words).count(), times, "{words}: {text}");
    }
}

#[tokio::test]
async fn names_of_ranges_cost_no_sheet_of_xml() {
    let cell = |words: &str| {
        format!("<table:table-cell office:value-type=\"string\"><text:p>{words}</text:p></table:table-cell>")
    };
    let sheet = format!(
        "<table:table table:name=\"Tides\"><table:table-row>{}{}</table:table-row></table:table>\n",
        cell("low"),
        cell("high")
    );
    let names = "<table:named-expressions>\n <table:named-range table:name=\"a\" table:cell-range-address=\"$Tides.$A$1\"/>\n <table:named-range table:name=\"b\" table:cell-range-address=\"$Tides.$B$1\"/>\n</table:named-expressions>";
    let document = read(flat("spreadsheet", &format!("{sheet}{names}")), "a.fods").await;
    assert!(document.sections[0].text.starts_with("| low | high |"), "{document:?}");
    assert_eq!(document.sections[0].place.sheet.as_deref(), Some("Tides"));
}

/// A line from right to left as it is drawn, from left to right: letters of a font whose table says what they are, of which one
/// is a ligature.
fn drawn_from_right() -> Vec<u8> {
    use std::io::Write;
    let table = "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n/CMapType 2 def\n1 begincodespacerange\n<00> <FF>\nendcodespacerange\n9 beginbfchar\n<20> <0020>\n<32> <0032>\n<34> <0034>\n<4C> <06440627>\n<61> <0627>\n<6C> <0644>\n<6D> <0645>\n<73> <0633>\n<77> <0648>\nendbfchar\nendcmap\nend\nend\n";
    let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(table.as_bytes()).unwrap();
    let packed = packed.finish().unwrap();
    let head = format!("<< /Length {} /Filter /FlateDecode >>\nstream\n", packed.len());
    let words = "BT /F1 24 Tf 72 700 Td (lwLa 42 mLs) Tj ET";
    let objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        b"<< /Type /Pages /Kids [5 0 R] /Count 1 >>".to_vec(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /ToUnicode 7 0 R >>".to_vec(),
        b"<< /Title (Right) >>".to_vec(),
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> >> /Contents 6 0 R >>".to_vec(),
        format!("<< /Length {} >>\nstream\n{words}\nendstream", words.len()).into_bytes(),
        [head.as_bytes(), &packed, b"\nendstream"].concat(),
    ];
    files::pdf_of(&objects)
}

#[tokio::test]
async fn arabic_is_read_letter_by_letter_with_its_numbers_apart() {
    let tools = Tools { pdftotext: Tools::find().pdftotext, ..Tools::default() };
    if tools.pdftotext.is_none() {
        eprintln!("skipped: pdftotext is not installed");
        return;
    }
    let document = outcome_with(tools, drawn_from_right(), "a.pdf").await.unwrap();
    assert_eq!(document.sections[0].text.trim(), "سلام 42 الاول");
}

#[tokio::test]
async fn titles_of_old_slides_are_read() {
    let document =
        read(files::ppt(&[&["The harbour", "boats"], &["The lighthouse", "lamps"]]), "a.ppt").await;
    let slides = [("slide 1", "# The harbour\n\nboats"), ("slide 2", "# The lighthouse\n\nlamps")];
    assert_eq!(placed(&document), slides.map(|(place, text)| (place.to_owned(), text)));
}

#[tokio::test]
async fn shapes_on_open_document_slides_are_read_once() {
    let shape = |words: &str| format!("<draw:custom-shape><text:p>{words}</text:p></draw:custom-shape>");
    let framed = |words: &str| {
        format!("<draw:frame><draw:text-box><text:p>{words}</text:p></draw:text-box></draw:frame>")
    };
    let pages = [
        framed("in a frame"),
        format!("{}<draw:g>{}</draw:g>", shape("loose &amp; <text:span>free</text:span>"), shape("grouped")),
        format!("{}{}", framed("title"), shape("beside")),
        "<draw:line/>".to_owned(),
    ];
    let pages: Vec<&str> = pages.iter().map(String::as_str).collect();
    let document = read(files::odp(&pages), "a.odp").await;
    let found = placed(&document);
    let places: Vec<&str> = found.iter().map(|(place, _)| place.as_str()).collect();
    assert_eq!(places, ["slide 1", "slide 2", "slide 3"], "{found:?}");
    for (at, words) in [(0, "in a frame"), (1, "loose & free"), (1, "grouped"), (2, "title"), (2, "beside")] {
        assert_eq!(found[at].1.matches(words).count(), 1, "{words}: {found:?}");
    }
}

#[tokio::test]
async fn remarks_beside_cells_are_found_at_their_rows() {
    let relations = r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/comments" Target="../comments1.xml"/><Relationship Id="rId2" Type="http://schemas.microsoft.com/office/2017/10/relationships/threadedComment" Target="/xl/threadedComments/threadedComment1.xml"/></Relationships>"#;
    let notes = r#"<?xml version="1.0"?><comments xmlns="x"><authors><author>Ann</author></authors><commentList><comment ref="B2" authorId="0"><text><r><t>Ann:</t></r><r><t xml:space="preserve"> too &lt; low</t></r></text></comment><comment ref="A3" authorId="0"><text><t>[Threaded comment] Your version cannot show it</t></text></comment></commentList></comments>"#;
    let threads = r#"<?xml version="1.0"?><ThreadedComments xmlns="x"><threadedComment ref="A3" id="1"><text>who checked this?</text></threadedComment></ThreadedComments>"#;
    let row = |cells: [&str; 2]| cells.map(str::to_owned).to_vec();
    let rows = vec![row(["name", "sum"]), row(["Ann", "1"]), row(["Bob", "2"])];
    let more = [
        ("xl/worksheets/_rels/sheet1.xml.rels", relations),
        ("xl/comments1.xml", notes),
        ("xl/threadedComments/threadedComment1.xml", threads),
    ];
    let sheets = [("Sums", 1, rows.clone()), ("Other", 1, rows)];
    let document = read(files::xlsx_with(&sheets, &more), "a.xlsx").await;
    let found = placed(&document);
    assert_eq!(found.len(), 4, "{found:?}");
    assert_eq!(found[1], ("sheet Sums, row 2".to_owned(), "B2: Ann: too < low"));
    assert_eq!(found[2], ("sheet Sums, row 3".to_owned(), "A3: who checked this?"));
    assert_eq!(found[3].0, "sheet Other, rows 1–3");
}

#[tokio::test]
async fn remarks_in_open_document_sheets_are_found_too() {
    let cell = |text: &str, remark: &str| {
        format!(
            r#"<table:table-row><table:table-cell office:value-type="string">{remark}<text:p>{text}</text:p></table:table-cell></table:table-row>"#
        )
    };
    let remark = "<office:annotation><text:p>too low</text:p><text:p>ask <text:span>Ann</text:span> &amp; Bob</text:p></office:annotation>";
    let empty = r#"<table:table-row table:number-rows-repeated="8"><table:table-cell/></table:table-row>"#;
    let sheets = format!(
        r#"<table:table table:name="Sums">{}{empty}{}</table:table>"#,
        cell("name", ""),
        cell("Ann", remark)
    );
    let document = read(files::ods(&sheets), "a.ods").await;
    let last = placed(&document).pop().unwrap();
    assert_eq!(last, ("sheet Sums, row 10".to_owned(), "too low\nask Ann & Bob"), "{document:?}");
    assert!(!document.sections[0].text.contains("too low"), "{document:?}");
}

#[tokio::test]
async fn a_mailbox_is_its_messages() {
    let message = |number: u32, body: &str| {
        format!(
            "From ann@example.com Thu Jul  4 10:0{number}:00 2024\nFrom: Ann <ann@example.com>\nSubject: Letter {number}\n\
             Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n{body}\n\n"
        )
    };
    let mailbox = [message(1, "caf=C3=A9"), message(2, ">From here on"), message(3, "last")].concat();
    for name in ["all.mbox", "Inbox"] {
        let document = read(mailbox.as_str(), name).await;
        let found = placed(&document);
        let places: Vec<&str> = found.iter().map(|(place, _)| place.as_str()).collect();
        assert_eq!(places, ["Letter 1", "Letter 2", "Letter 3"], "{name}");
        assert!(found[0].1.ends_with("café") && found[1].1.ends_with("\nFrom here on"), "{found:?}");
    }
    let document = read("From now on: no mailbox at all", "notes.mbox").await;
    assert_eq!(placed(&document), [(String::new(), "From now on: no mailbox at all")]);
}

#[tokio::test]
async fn a_mailbox_of_more_messages_than_are_read_says_so() {
    let message = "From a@example.com Thu Jul  4 10:00:00 2024\nSubject: s\n\nx\n\n";
    let document = read(message.repeat(5_010), "all.mbox").await;
    assert_eq!(document.sections.len(), 5_000);
    let notes: Vec<_> =
        document.notes.iter().map(|note| (note.place.to_string(), note.reason.code.as_str())).collect();
    assert_eq!(notes, [("10 more messages".to_owned(), "too_large")]);
}

#[tokio::test]
async fn a_message_that_does_not_say_how_it_is_written_is_read() {
    let message =
        b"From: ann@example.com\r\nSubject: s\r\n\r\nGr\xfc\xdfe aus K\xf6ln, sch\xf6ne\r\n".to_vec();
    let document = read(message, "a.eml").await;
    assert!(document.sections[0].text.ends_with("Grüße aus Köln, schöne"), "{document:?}");
}

#[tokio::test]
async fn calendars_cards_notebooks_and_data_are_read_as_people_see_them() {
    let calendar = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:Meeting of the \r\n keepers\\, all\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
    let document = read(calendar, "a.ics").await;
    let event = ("Meeting of the keepers, all".to_owned(), "SUMMARY: Meeting of the keepers, all");
    assert_eq!(placed(&document), [event]);
    let card = "BEGIN:VCARD\nFN;ENCODING=QUOTED-PRINTABLE:J=C3=BCrgen\nPHOTO;ENCODING=b:AAAA\nEND:VCARD\n";
    assert_eq!(placed(&read(card, "a.vcf").await), [("Jürgen".to_owned(), "FN: Jürgen")]);
    let notebook = r##"{"cells":[{"cell_type":"markdown","source":["# Tides\n","high water"]},{"cell_type":"code","source":"x","outputs":[{"data":{"image/png":"AAAA"}}]}],"nbformat":4}"##;
    let document = read(notebook, "a.ipynb").await;
    assert_eq!(placed(&document), [("Tides".to_owned(), "# Tides\nhigh water\n\n```\nx\n```")]);
    let data = read(r#"{"name":"caf\u00e9"}"#, "a.json").await;
    assert_eq!(data.sections[0].text, r#"{"name":"café"}"#);
}

#[tokio::test]
async fn a_saved_page_without_a_name_is_a_page() {
    let page = "<!-- saved from\nsomewhere -->\n<!DOCTYPE html><html><body><p>words</p></body></html>";
    assert_eq!(placed(&read(page, "page").await), [(String::new(), "words")]);
}

#[tokio::test]
async fn files_that_open_only_with_a_password_say_so() {
    let manifest = r#"<manifest:file-entry manifest:full-path="content.xml"><manifest:encryption-data manifest:checksum="x"/></manifest:file-entry>"#;
    let odt = files::zip(&[
        ("mimetype", "application/vnd.oasis.opendocument.text"),
        ("content.xml", "\u{1}\u{2}sealed"),
        ("META-INF/manifest.xml", manifest),
    ]);
    let locked = r#"<EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#aes128-cbc"/>"#;
    let book = |method: &str| {
        files::zip(&[
            ("mimetype", "application/epub+zip"),
            ("META-INF/encryption.xml", method),
            ("META-INF/container.xml", "<container/>"),
        ])
    };
    for (bytes, name) in [(odt, "a.odt"), (book(locked), "a.epub")] {
        assert_eq!(outcome(bytes, name).await, Err(ExtractError::Encrypted), "{name}");
    }
    // Only its fonts are disguised.
    let open = book(r#"<EncryptionMethod Algorithm="http://www.idpf.org/2008/embedding"/>"#);
    assert_ne!(outcome(open, "a.epub").await, Err(ExtractError::Encrypted));
}

#[tokio::test]
async fn a_page_of_parts_within_parts_keeps_its_words() {
    let page = format!("{}deep words{}", "<div>".repeat(5_000), "</div>".repeat(5_000));
    assert_eq!(placed(&read(page, "a.html").await), [(String::new(), "deep words")]);
    let shell = "<html><head><title>App</title></head><body><div id=root></div><script>start()</script></body></html>";
    assert_eq!(placed(&read(shell, "a.html").await), []);
}

#[tokio::test]
async fn words_parted_on_paper_are_whole() {
    let lines = "BT /F1 12 Tf 72 700 Td (the mis-) Tj 0 -14 Td (understood) Tj ET";
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [5 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
        "<< /Title (Log) >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> >> /Contents 6 0 R >>".to_owned(),
        format!("<< /Length {} >>\nstream\n{lines}\nendstream", lines.len()),
    ];
    let paper = files::pdf_of(&objects.map(String::into_bytes));
    assert_eq!(placed(&read(paper, "a.pdf").await), [("page 1".to_owned(), "the misunderstood")]);
}

#[tokio::test]
async fn what_outlook_packs_is_unpacked() {
    let attribute = |level: u8, id: u32, value: &[u8]| {
        let sum = value.iter().fold(0_u16, |sum, byte| sum.wrapping_add((*byte).into()));
        let head = [&[level][..], &id.to_le_bytes(), &(value.len() as u32).to_le_bytes()].concat();
        [head, value.to_vec(), sum.to_le_bytes().to_vec()].concat()
    };
    let packed = [
        b"\x78\x9f\x3e\x22\x01\0".to_vec(),
        attribute(1, 0x0008_9006, &[0, 0, 1, 0]),
        attribute(1, 0x0002_800c, b"see the list\0"),
        attribute(2, 0x0006_9002, &[0; 14]),
        attribute(2, 0x0001_8010, b"list.csv\0"),
        attribute(2, 0x0006_800f, b"name,sum\nAnn,7\n"),
        attribute(2, 0x0006_9002, &[0; 14]),
        attribute(2, 0x0006_800f, b"nameless words"),
    ];
    let all = [
        (String::new(), "see the list"),
        ("list.csv, rows 1–2".to_owned(), "| name | sum |\n| --- | --- |\n| Ann | 7 |"),
        ("attachment 2".to_owned(), "nameless words"),
    ];
    let whole = packed.concat();
    let document = read(whole.as_slice(), "winmail.dat").await;
    assert_eq!(placed(&document), all);
    assert_eq!(document.notes, []);
    let cut = read(&whole[..whole.len() - 9], "winmail.dat").await;
    assert_eq!(placed(&cut), all[..2]);
    assert_eq!(cut.notes.iter().map(|note| note.reason.code.as_str()).collect::<Vec<_>>(), ["broken"]);
}
