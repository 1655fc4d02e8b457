//! What one step further finds: headings that only a style tells, documents that are not packed.

use std::path::PathBuf;

use gangway_extract::{
    Content, ExtractError, Extractor, ExtractorOptions, Input, Limits, Recognition, Tools, WorkerCommand,
};
use gangway_model::Document;

mod files;

fn extractor(tools: Tools) -> Extractor {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_gangway-extract-worker"));
    Extractor::new(ExtractorOptions {
        worker: WorkerCommand { program, args: Vec::new() },
        workers: 1,
        limits: Limits::default(),
        tools,
        recognition: Recognition::default(),
    })
}

async fn outcome(bytes: impl Into<Vec<u8>>, name: &str) -> Result<Document, ExtractError> {
    let content = Content::Bytes(bytes.into().into());
    extractor(Tools::default()).extract(Input { content, name, media_type: "" }).await
}

async fn read(bytes: impl Into<Vec<u8>>, name: &str) -> Document {
    outcome(bytes, name).await.expect(name)
}

fn placed(document: &Document) -> Vec<(String, &str)> {
    document.sections.iter().map(|one| (one.place.to_string(), one.text.as_str())).collect()
}

#[tokio::test]
async fn headings_of_rtf_are_places_where_only_a_style_tells_them() {
    let styles =
        r"{\stylesheet{\s0\snext0 Normal;}{\s1\sbasedon0\snext0\b heading 1;}{\s2\sbasedon0 Heading 2;}}";
    let body = r"\pard\plain \s0 before\par \pard\plain \s1\b Plan\par \pard\plain \s0 the plan\par \pard\plain \s2 Costs\par \pard\plain \s0 three boats\par \trowd\cellx100\cellx200\pard\plain \s0\intbl what\cell how much\cell\row \trowd\cellx100\cellx200\pard\plain \s0\intbl boats\cell 3\cell\row \pard\plain \s0 end\par";
    let document = read(format!("{{\\rtf1\\ansi{styles}{body}}}"), "a.rtf").await;
    let found = placed(&document);
    let places: Vec<&str> = found.iter().map(|(place, _)| place.as_str()).collect();
    assert_eq!(places, ["", "Plan", "Plan › Costs"], "{found:?}");
    assert_eq!(found[1].1, "# Plan\n\nthe plan");
    assert!(found[2].1.starts_with("## Costs\n\nthree boats\n\n| what | how much |"), "{found:?}");
    assert!(found[2].1.ends_with("| boats | 3 |\n\nend"), "{found:?}");
}

/// OpenDocument in one file: so much of a document of this kind, with this XML in its body.
fn flat(kind: &str, element: &str, body: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0" xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" xmlns:presentation="urn:oasis:names:tc:opendocument:xmlns:presentation:1.0" xmlns:dc="http://purl.org/dc/elements/1.1/" office:version="1.3" office:mimetype="application/vnd.oasis.opendocument.{kind}"><office:meta><dc:title>The harbour</dc:title><dc:creator>Ann</dc:creator></office:meta><office:automatic-styles><style:style style:name="P1"><style:background-image><office:binary-data>AAAA</office:binary-data></style:background-image></style:style></office:automatic-styles><office:master-styles/><office:body><office:{element}>{body}</office:{element}></office:body></office:document>"#
    )
}

#[tokio::test]
async fn open_document_that_is_not_packed_is_read_like_packed() {
    let chart = r#"<draw:frame><draw:object><office:document><office:body><office:chart><table:table table:name="local-table"/></office:chart></office:body></office:document></draw:object></draw:frame>"#;
    let text = r#"<text:p>before</text:p><text:h text:outline-level="1">Plan</text:h><text:p>boats &lt; ships</text:p>"#;
    let document = read(flat("text", "text", &format!("{text}<text:p>{chart}</text:p>")), "a.fodt").await;
    assert_eq!(
        placed(&document),
        [(String::new(), "before"), ("Plan".to_owned(), "# Plan\n\nboats < ships")],
        "{document:?}"
    );
    assert_eq!(
        (document.title.as_deref(), document.authors.as_slice()),
        (Some("The harbour"), &["Ann".to_owned()][..])
    );

    let cell = |text: &str| {
        format!(
            r#"<table:table-cell office:value-type="string"><office:annotation><text:p>about {text}</text:p></office:annotation><text:p>{text}</text:p></table:table-cell>"#
        )
    };
    let rows = format!(
        r#"<table:table table:name="Low"><table:shapes>{chart}</table:shapes><table:table-row table:number-rows-repeated="39"><table:table-cell/></table:table-row><table:table-row>{}</table:table-row><table:table-row>{}</table:table-row></table:table>"#,
        cell("name"),
        cell("Ann")
    );
    // Whatever it is called.
    for name in ["a.fods", "a.xml", "export"] {
        let document = read(flat("spreadsheet", "spreadsheet", &rows), name).await;
        let found = placed(&document);
        let places: Vec<&str> = found.iter().map(|(place, _)| place.as_str()).collect();
        assert_eq!(places, ["sheet Low, rows 40–41", "sheet Low, row 40", "sheet Low, row 41"], "{name}");
        assert_eq!(found[2].1, "about Ann");
    }

    let page = |words: &str| {
        format!(
            r#"<draw:page draw:name="p"><draw:frame><draw:text-box><text:p>{words}</text:p></draw:text-box></draw:frame><draw:rect><text:p>beside {words}</text:p></draw:rect></draw:page>"#
        )
    };
    let pages = flat("presentation", "presentation", &[page("one"), page("two")].concat());
    let document = read(pages, "a.fodp").await;
    let slides = [("slide 1", "one\n\n\nbeside one"), ("slide 2", "two\n\n\nbeside two")];
    assert_eq!(placed(&document), slides.map(|(place, text)| (place.to_owned(), text)));
}

#[tokio::test]
async fn broken_and_hostile_files_of_xml_say_what_they_are() {
    let code = async |bytes: String| outcome(bytes, "a.fodt").await.map_err(|error| error.code().to_owned());
    let whole = flat("text", "text", "<text:p>words</text:p>");
    assert!(code(whole.clone()).await.is_ok());
    let at = |mark: &str| whole.find(mark).unwrap();
    for broken in [
        whole[..at("</office:document>")].to_owned(),
        whole[..at("words")].to_owned(),
        whole.replace("</text:p>", "</text:q>"),
        [&whole[..at("<office:body>")], "</office:document>"].concat(),
        whole.replace("words", "&undefined;"),
    ] {
        assert_eq!(code(broken).await, Err("broken".to_owned()));
    }
    let deep = |levels: usize| {
        let (open, close) = ("<text:section>".repeat(levels), "</text:section>".repeat(levels));
        flat("text", "text", &format!("{open}<text:p>deep</text:p>{close}"))
    };
    assert!(["broken", "too_large"].contains(&code(deep(100_000)).await.unwrap_err().as_str()));
    let bomb =
        whole.replace("<office:document ", "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\">]><office:document ");
    assert!(!code(bomb).await.is_ok_and(|document| document.sections.is_empty()));
}
