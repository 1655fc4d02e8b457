//! Each format: text, structure and places; and what cannot be read says why.

use std::path::PathBuf;

use gangway_extract::{
    ChunkOptions, Content, ExtractError, Extractor, ExtractorOptions, Input, Limits, Recognition, Tools,
    WorkerCommand, chunk,
};
use gangway_model::{Document, media};

mod files;

use files::paragraph;

fn extractor(limits: Limits) -> Extractor {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_gangway-extract-worker"));
    Extractor::new(ExtractorOptions {
        worker: WorkerCommand { program, args: Vec::new() },
        workers: 1,
        limits,
        tools: Tools::default(),
        recognition: Recognition::default(),
    })
}

async fn read(bytes: impl Into<Vec<u8>>, name: &str, media_type: &str) -> Result<Document, ExtractError> {
    let content = Content::Bytes(bytes.into().into());
    extractor(Limits::default()).extract(Input { content, name, media_type }).await
}

fn headings(document: &Document) -> Vec<&str> {
    document.sections.iter().map(|section| section.place.heading.as_deref().unwrap_or("-")).collect()
}

#[tokio::test]
async fn text_and_code_and_data_are_read_as_they_are() {
    let document = read("Gr\u{fc}\u{df}e\r\nzweite\u{7} Zeile", "a.txt", "").await.unwrap();
    assert_eq!(document.sections[0].text, "Grüße\nzweite Zeile");
    for (name, text) in [
        ("a.json", "{\"a\": 1}"),
        ("a.xml", "<a>b</a>"),
        ("a.rs", "fn main() {}"),
        ("a.yaml", "a: 1"),
        ("x.ts", "let a = 1;"),
    ] {
        assert_eq!(read(text, name, "").await.unwrap().sections[0].text, text, "{name}");
    }
}

#[tokio::test]
async fn empty_files_are_documents_without_sections() {
    for name in ["a.txt", "a.pdf", "a.docx", "a.csv"] {
        assert_eq!(read("", name, "").await.unwrap(), Document::default(), "{name}");
    }
    assert!(read(" \n\n", "a.md", "").await.unwrap().sections.is_empty());
}

#[tokio::test]
async fn markdown_and_csv_have_places() {
    let document = read("# One\na\n## Two\nb", "a.md", "").await.unwrap();
    assert_eq!(headings(&document), ["One", "One › Two"]);
    let document = read("id;name\n1;Ann\n2;Bob", "a.csv", "text/csv").await.unwrap();
    assert_eq!(document.sections[0].text, "| id | name |\n| --- | --- |\n| 1 | Ann |\n| 2 | Bob |");
    assert_eq!(document.sections[0].place.rows, Some((1, 3)));
}

#[tokio::test]
async fn pdf_pages_are_counted() {
    let bytes = files::pdf("The Title", &["first page about apples", "second page about pears", "third"]);
    let document = read(bytes, "a.pdf", media::PDF).await.unwrap();
    assert_eq!(document.title.as_deref(), Some("The Title"));
    let pages: Vec<_> =
        document.sections.iter().map(|section| (section.place.page, section.text.as_str())).collect();
    assert_eq!(
        pages,
        [(Some(1), "first page about apples"), (Some(2), "second page about pears"), (Some(3), "third")]
    );
}

#[tokio::test]
async fn word_documents_have_headings_and_tables() {
    let cell = |text: &str| format!("<w:tc>{}</w:tc>", paragraph(None, text));
    let row = |cells: [&str; 2]| format!("<w:tr>{}{}</w:tr>", cell(cells[0]), cell(cells[1]));
    let body = [
        paragraph(None, "before"),
        paragraph(Some(1), "Plan"),
        paragraph(None, "the plan"),
        paragraph(Some(2), "Costs"),
        format!("<w:tbl>{}{}</w:tbl>", row(["what", "how much"]), row(["boats", "3 &lt; 4"])),
    ];
    let document = read(files::docx(&body.concat()), "a.docx", "").await.unwrap();
    assert_eq!(headings(&document), ["-", "Plan", "Plan › Costs"]);
    assert_eq!(document.sections[1].text, "# Plan\n\nthe plan");
    assert_eq!(
        document.sections[2].text,
        "## Costs\n\n| what | how much |\n| --- | --- |\n| boats | 3 < 4 |"
    );
}

#[tokio::test]
async fn sheets_have_names_and_rows() {
    let rows = |count: usize| -> Vec<Vec<String>> {
        let row =
            |n: usize| vec![format!("item {n}"), format!("a rather long description of item number {n}")];
        std::iter::once(vec!["name".to_owned(), "what it is".to_owned()])
            .chain((1..=count).map(row))
            .collect()
    };
    let bytes = files::xlsx(&[("First", 1, rows(60)), ("Q3 Figures", 1, rows(2))]);
    let document = read(bytes, "a.xlsx", "").await.unwrap();
    let with_40 = document.sections.iter().find(|section| section.text.contains("| item 40 |")).unwrap();
    let (first, last) = with_40.place.rows.unwrap();
    assert!(first <= 41 && 41 <= last && first > 2, "{:?}", with_40.place);
    assert!(with_40.text.starts_with("| name | what it is |"), "the header is repeated");
    let last = document.sections.last().unwrap();
    assert_eq!((last.place.sheet.as_deref(), last.place.rows), (Some("Q3 Figures"), Some((1, 3))));
}

#[tokio::test]
async fn rows_are_counted_from_the_top_of_the_sheet() {
    let rows = vec![vec!["name".to_owned()], vec!["Ann".to_owned()]];
    let document = read(files::xlsx(&[("Low", 40, rows)]), "a.xlsx", "").await.unwrap();
    assert_eq!(document.sections[0].place.to_string(), "sheet Low, rows 40–41");
}

#[tokio::test]
async fn rows_of_open_document_sheets_are_counted_from_the_top_too() {
    let cell = |text: &str| {
        format!(r#"<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>"#)
    };
    let row = |text: &str| format!("<table:table-row>{}</table:table-row>", cell(text));
    let empty = r#"<table:table-row table:number-rows-repeated="39"><table:table-cell/></table:table-row>"#;
    let sheets = format!(
        r#"<table:table table:name="Low">{empty}{}{}</table:table><table:table table:name="Top">{}</table:table>"#,
        row("name"),
        row("Ann"),
        row("first")
    );
    let document = read(files::ods(&sheets), "a.ods", "").await.unwrap();
    let places: Vec<_> = document.sections.iter().map(|one| one.place.to_string()).collect();
    assert_eq!(places, ["sheet Low, rows 40–41", "sheet Top, row 1"]);
}

#[tokio::test]
async fn tables_on_slides_are_tables() {
    let rows: &[&[&str]] = &[&["what", "how much"], &["apples", "3"], &["pears", "12"]];
    let bytes = files::pptx_with_tables(&[("Welcome", "to the show", &[]), ("Numbers", "of the year", rows)]);
    let document = read(bytes, "a.pptx", "").await.unwrap();
    let text = &document.sections[1].text;
    assert!(text.contains("| what | how much |\n| --- | --- |\n| apples | 3 |\n| pears | 12 |"), "{text}");
    assert!(text.contains("Numbers") && text.contains("of the year"), "{text}");
}

#[tokio::test]
async fn slides_are_counted() {
    let bytes = files::pptx(&[("Welcome", "to the show"), ("Numbers", "apples and pears")]);
    let document = read(bytes, "a.pptx", "").await.unwrap();
    assert_eq!(document.sections.len(), 2, "{document:?}");
    assert_eq!(document.sections[1].place.slide, Some(2));
    assert!(
        document.sections[1].text.contains("Numbers")
            && document.sections[1].text.contains("apples and pears")
    );
}

#[tokio::test]
async fn html_is_its_visible_text() {
    let html = "<html><head><title>The Title</title><style>p { x: y }</style><script>alert(1)</script></head><body><h1>Intro</h1><p>one &amp; <b>two</b></p><h2>More</h2><ul><li>a</li><li>b</li></ul><table><tr><th>x</th></tr><tr><td>1</td></tr></table></body></html>";
    let document = read(html, "a.html", "").await.unwrap();
    assert_eq!(document.title.as_deref(), Some("The Title"));
    assert_eq!(headings(&document), ["Intro", "Intro › More"]);
    assert_eq!(document.sections[0].text, "# Intro\n\none & two");
    assert!(document.sections[1].text.contains("- a\n- b"), "{}", document.sections[1].text);
    let text = format!("{document:?}");
    assert!(!text.contains("alert") && !text.contains("x: y"));
}

#[tokio::test]
async fn html_is_read_in_its_own_encoding() {
    let latin = b"<html><head><meta charset=iso-8859-1></head><body>gr\xfc\xdfe</body></html>".to_vec();
    assert_eq!(read(latin, "a.html", "").await.unwrap().sections[0].text, "grüße");
    let utf16: Vec<u8> = "\u{feff}<p>größe</p>".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(read(utf16, "a.html", "").await.unwrap().sections[0].text, "größe");
}

#[tokio::test]
async fn what_cannot_be_read_says_why() {
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\0".to_vec();
    let cases: [(Vec<u8>, &str, &str); 6] = [
        // A picture whatever its name says, and one without a size.
        (png, "scan.pdf", "broken"),
        (b"\x1f\x8b\x08\0\0\0\0\0".to_vec(), "a.tar.gz", "broken"),
        (b"%PDF-1.4\nnothing follows".to_vec(), "a.pdf", "broken"),
        (files::docx("x")[..300].to_vec(), "a.docx", "broken"),
        (files::zip(&[("word/document.xml", "<w:document"), ("word/x", "")]), "a.docx", "broken"),
        (b"\0\x01\x02\x03\x04".to_vec(), "a.bin", "unsupported_type"),
    ];
    for (bytes, name, code) in cases {
        match read(bytes, name, "").await {
            Err(error) => assert_eq!(error.code(), code, "{name}: {error}"),
            Ok(document) => {
                assert!(document.sections.is_empty(), "{name} gave text from nowhere: {document:?}")
            }
        }
    }
}

#[tokio::test]
async fn limits_are_kept() {
    let limits = Limits { input_bytes: 2000, text_bytes: 50, ..Limits::default() };
    let extractor = extractor(limits);
    let read = async |bytes: Vec<u8>, name: &str| {
        let content = Content::Bytes(bytes.into());
        extractor.extract(Input { content, name, media_type: "" }).await
    };
    assert_eq!(read(vec![b'a'; 3000], "a.txt").await.unwrap_err().code(), "too_large");
    for (bytes, name) in [
        ("ö ".repeat(100).into_bytes(), "a.txt"),
        (format!("<p>{}", "ö ".repeat(100)).into_bytes(), "a.html"),
    ] {
        let document = read(bytes, name).await.unwrap();
        assert!(
            document.truncated && document.text_len() <= 50 && document.text_len() > 40,
            "{name} {document:?}"
        );
    }
}

#[tokio::test]
async fn entities_neither_grow_nor_fetch() {
    let mut entities =
        String::from("<!ENTITY e0 \"laughter \"><!ENTITY local SYSTEM \"file:///etc/passwd\">");
    for level in 1..10 {
        let before = format!("&e{};", level - 1).repeat(10);
        entities.push_str(&format!("<!ENTITY e{level} \"{before}\">"));
    }
    let body =
        |root: &str, words: &str| format!("<?xml version=\"1.0\"?><!DOCTYPE {root} [{entities}]>{words}");
    let word = body(
        "w:document",
        "<w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><w:body>\
         <w:p><w:r><w:t>before &e9; &local; after</w:t></w:r></w:p></w:body></w:document>",
    );
    let drawing =
        body("svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"><text>before &e9; &local; after</text></svg>");
    let page = body(
        "html",
        "<html xmlns=\"http://www.w3.org/1999/xhtml\"><body><p>before &e9; &local; after</p></body></html>",
    );
    for (bytes, name) in [
        (files::zip(&[("[Content_Types].xml", "<Types/>"), ("word/document.xml", &word)]), "a.docx"),
        (drawing.into_bytes(), "a.svg"),
        (page.into_bytes(), "a.xhtml"),
    ] {
        // Read without them, or not at all.
        match read(bytes, name, "").await {
            Ok(document) => {
                let text = format!("{document:?}");
                assert!(text.matches("laughter").count() <= 2 && text.len() < 5000, "{name}: {text:.500}");
                assert!(!text.contains("root:"), "{name}");
            }
            Err(error) => assert!(matches!(error.code(), "broken" | "too_large"), "{name}: {error}"),
        }
    }
}

#[tokio::test]
async fn chunks_carry_places_from_end_to_end() {
    let document = read(files::pdf("t", &["one", "two"]), "a.pdf", "").await.unwrap();
    let chunks = chunk(&document, &ChunkOptions::default());
    assert_eq!(
        chunks.iter().map(|chunk| (chunk.number, chunk.place.page)).collect::<Vec<_>>(),
        [(0, Some(1)), (1, Some(2))]
    );
}
