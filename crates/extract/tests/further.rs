//! What one step further finds: headings that only a style tells, documents that are not packed, what people
//! wrote on the pages of a PDF, tables of old documents, charts,
//! JPEG 2000.

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

/// A PDF of two pages with these objects from number 20 on, of which each page has the marks it names, in a tree of these
/// nodes.
fn pdf_with(kids: &str, marks: [&str; 2], objects: &[&str]) -> Vec<u8> {
    let page = |number: u32, marks: &str| {
        format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> >> /Contents {number} 0 R /Annots {marks} >>"
        )
    };
    let words = |words: &str| {
        let words = format!("BT /F1 12 Tf 72 700 Td ({words}) Tj ET");
        format!("<< /Length {} >>\nstream\n{words}\nendstream", words.len())
    };
    let mut all = vec![
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        format!("<< /Type /Pages /Kids {kids} /Count 2 >>"),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
        "<< /Title (Log) >>".to_owned(),
        page(7, marks[0]),
        page(8, marks[1]),
        words("the tide is high"),
        words("the boats are in the harbour"),
    ];
    all.resize(19, "null".to_owned());
    all.extend(objects.iter().map(|object| (*object).to_owned()));
    files::pdf_of(&all.into_iter().map(String::into_bytes).collect::<Vec<_>>())
}

/// With the system's program for the text of PDFs, where it is installed, and without.
fn readers_of_pdf() -> Vec<Tools> {
    let pdftotext = Tools::find().pdftotext;
    if pdftotext.is_none() {
        eprintln!("skipped in part: pdftotext is not installed");
    }
    let with_it = pdftotext.map(|program| Tools { pdftotext: Some(program), ..Tools::default() });
    with_it.into_iter().chain([Tools::default()]).collect()
}

#[tokio::test]
async fn what_people_wrote_on_pages_is_found_there() {
    let mark =
        |kind: &str, more: &str| format!("<< /Type /Annot /Subtype /{kind} /Rect [9 9 99 99] {more} >>");
    let objects = [
        mark("Text", "/Contents <FEFF00570068006F00200061006E0063006800F600720073003F> /T (Ann)"),
        mark("Popup", "/Contents (a pop-up shows what stands elsewhere) /Parent 20 0 R"),
        mark("Link", "/Contents (a link)"),
        mark("FreeText", "/Contents (The boats are\\rnot far) /DA (/F1 9 Tf)"),
        mark("Highlight", "/Contents 25 0 R"),
        "(ask B\\366b \\205 twice)".to_owned(),
        "[20 0 R 21 0 R 22 0 R 99 0 R 7 0 R 3 null << /Subtype /Square /Contents (too high\\)) >>]"
            .to_owned(),
        mark("Stamp", "/Contents (harbour)"),
    ];
    let objects: Vec<&str> = objects.iter().map(String::as_str).collect();
    let bytes = pdf_with("[5 0 R 6 0 R]", ["26 0 R", "[23 0 R 24 0 R 27 0 R]"], &objects);
    for tools in readers_of_pdf() {
        let content = Content::Bytes(bytes.clone().into());
        let input = Input { content, name: "a.pdf", media_type: "" };
        let document = extractor(tools).extract(input).await.unwrap();
        let on = |page: u32| {
            let sections = document.sections.iter().filter(|section| section.place.page == Some(page));
            sections.map(|section| section.text.as_str()).collect::<Vec<_>>().join("\n\n")
        };
        assert_eq!(on(1), "the tide is high\n\nWho anchörs?\n\ntoo high)");
        // Text boxes are part of the page to some readers, and said once.
        assert_eq!(on(2), "the boats are in the harbour\n\nThe boats are\nnot far\n\nask Böb – twice");
        assert_eq!(document.notes, []);
    }
}

#[tokio::test]
async fn pages_that_lead_in_circles_and_marks_without_end_cost_little() {
    let many = format!("[{}]", "20 0 R ".repeat(10_000));
    let circle = "<< /Type /Pages /Kids [2 0 R 20 0 R 5 0 R] /Parent 2 0 R >>";
    let (itself, once) = ("<< /Subtype /Text /Contents 20 0 R >>", "<< /Subtype /Text /Contents (once) >>");
    let pages = "[5 0 R 6 0 R]";
    for (kids, marks, objects, remarks) in [
        (pages, ["20 0 R", "[20 0 R]"], [itself, "null"], 0),
        (pages, [many.as_str(), "null"], [once, "null"], 1),
        ("[5 0 R 20 0 R 2 0 R]", ["[21 0 R]", "null"], [circle, once], 1),
    ] {
        for tools in readers_of_pdf() {
            let content = Content::Bytes(pdf_with(kids, marks, &objects).into());
            let input = Input { content, name: "a.pdf", media_type: "" };
            let document = extractor(tools).extract(input).await.unwrap();
            let found = document.sections.iter().filter(|section| section.text == "once").count();
            assert_eq!(found, remarks, "{:?}", document.sections);
            assert!(document.sections[0].text.starts_with("the tide"), "{:?}", document.sections);
        }
    }
}

#[tokio::test]
async fn tables_of_old_documents_are_rows_and_not_part_of_what_follows() {
    let narrow = "These are sums.\rwhat\u{7}how much\u{7}\u{7}boats\u{7}3\u{7}\u{7}After it,\ta tab\r";
    let document = read(files::doc(narrow, "Gr\u{fc}\u{df}e\u{7}\u{5b57}\u{7}\u{7}"), "a.doc").await;
    let table = "| what | how much |\n| --- | --- |\n| boats | 3 |";
    let text = format!("These are sums.\n\n{table}\n\nAfter it,\ta tab\n\n| Gr\u{fc}\u{df}e | \u{5b57} |");
    assert_eq!(placed(&document), [(String::new(), text.as_str())]);
    let document = read(files::doc("no table\r", "here\r"), "a.doc").await;
    assert_eq!(placed(&document), [(String::new(), "no table\n\nhere")]);
}

/// A chart with this title, of two series over the same categories.
fn chart(title: &str) -> String {
    let points = |names: [&str; 2]| {
        let points =
            names.iter().enumerate().map(|(at, name)| format!("<c:pt idx=\"{at}\"><c:v>{name}</c:v></c:pt>"));
        points.collect::<String>()
    };
    let series = |name: &str| {
        format!(
            "<c:ser><c:tx><c:strRef><c:f>S!$A$1</c:f><c:strCache><c:pt idx=\"0\"><c:v>{name}</c:v></c:pt></c:strCache></c:strRef></c:tx><c:cat><c:strRef><c:strCache>{}</c:strCache></c:strRef></c:cat><c:val><c:numRef><c:numCache>{}</c:numCache></c:numRef></c:val></c:ser>",
            points(["spring", "autumn"]),
            points(["4711", "4712"])
        )
    };
    let words = |words: &str| {
        let (start, end) = words.split_at(2);
        format!(
            "<c:title><c:tx><c:rich><a:p><a:r><a:t>{start}</a:t></a:r><a:r><a:t>{end}</a:t></a:r></a:p></c:rich></c:tx></c:title>"
        )
    };
    format!(
        r#"<?xml version="1.0"?><c:chartSpace xmlns:c="c" xmlns:a="a"><c:chart>{}<c:plotArea><c:barChart>{}{}</c:barChart><c:valAx>{}</c:valAx></c:plotArea></c:chart></c:chartSpace>"#,
        words(title),
        series("boats &amp; ships"),
        series("rafts"),
        words("how many")
    )
}

#[tokio::test]
async fn charts_and_diagrams_of_texts_are_read_in_their_section() {
    let shown = |tag: &str| {
        format!("<w:p><w:r><w:drawing><a:graphicData>{tag}</a:graphicData></w:drawing></w:r></w:p>")
    };
    let body = [
        files::paragraph(Some(1), "Traffic"),
        files::paragraph(None, "as counted"),
        files::paragraph(Some(1), "Costs"),
        files::paragraph(None, "as counted"),
        shown(r#"<c:chart r:id="rId1"/>"#),
        files::paragraph(None, "after the chart"),
        files::paragraph(Some(1), "Who decides"),
        shown(r#"<dgm:relIds r:dm="rId2"/>"#),
        shown(r#"<c:chart r:id="rId1"/><c:chart r:id="rId9"/>"#),
    ];
    let diagram = r#"<dgm:dataModel xmlns:dgm="d" xmlns:a="a"><dgm:ptLst><dgm:pt><dgm:t><a:p><a:r><a:t>the har</a:t></a:r><a:r><a:t>bour</a:t></a:r></a:p></dgm:t></dgm:pt><dgm:pt><dgm:t><a:p><a:r><a:t>its master</a:t></a:r></a:p></dgm:t></dgm:pt></dgm:ptLst></dgm:dataModel>"#;
    let bytes = files::docx_with(
        &body.concat(),
        &[("chart", "charts/chart1.xml"), ("diagramData", "diagrams/data1.xml")],
        &[("word/charts/chart1.xml", &chart("Sums")), ("word/diagrams/data1.xml", diagram)],
    );
    let document = read(bytes, "a.docx").await;
    let found = placed(&document);
    let places: Vec<&str> = found.iter().map(|(place, _)| place.as_str()).collect();
    assert_eq!(places, ["Traffic", "Costs", "Who decides"], "{found:?}");
    let words = "Sums\nhow many\nboats & ships, rafts\nspring, autumn";
    assert_eq!(found[1].1, format!("# Costs\n\nas counted\n\nafter the chart\n\n{words}"));
    assert_eq!(found[2].1, "# Who decides\n\nthe harbour\nits master");
}

#[tokio::test]
async fn charts_and_shapes_on_sheets_are_read_at_their_rows() {
    let anchor = |from: u32, to: u32, content: &str| {
        format!(
            "<xdr:twoCellAnchor><xdr:from><xdr:col>1</xdr:col><xdr:row>{from}</xdr:row></xdr:from><xdr:to><xdr:row>{to}</xdr:row></xdr:to>{content}</xdr:twoCellAnchor>"
        )
    };
    let shape = "<xdr:sp><xdr:txBody><a:p><a:r><a:t>too </a:t></a:r><a:r><a:t>low</a:t></a:r></a:p><a:p><a:r><a:t>ask Ann</a:t></a:r></a:p></xdr:txBody></xdr:sp>";
    let drawing = format!(
        r#"<xdr:wsDr xmlns:xdr="x" xmlns:a="a" xmlns:c="c" xmlns:r="r">{}{}{}</xdr:wsDr>"#,
        anchor(9, 19, r#"<xdr:graphicFrame><c:chart r:id="rId1"/></xdr:graphicFrame>"#),
        anchor(2, 3, shape),
        anchor(0, 0, "<xdr:pic/>")
    );
    let rows = vec![vec!["name".to_owned()], vec!["Ann".to_owned()]];
    let more = [
        (
            "xl/worksheets/_rels/sheet2.xml.rels",
            files::relations_part(&[("drawing", "../drawings/drawing1.xml")]),
        ),
        ("xl/drawings/_rels/drawing1.xml.rels", files::relations_part(&[("chart", "../charts/chart1.xml")])),
        ("xl/drawings/drawing1.xml", drawing),
        ("xl/charts/chart1.xml", chart("Sums")),
    ];
    let more: Vec<_> = more.iter().map(|(name, content)| (*name, content.as_str())).collect();
    let document =
        read(files::xlsx_with(&[("One", 1, rows.clone()), ("Two", 1, rows)], &more), "a.xlsx").await;
    let found = placed(&document);
    let places: Vec<&str> = found.iter().map(|(place, _)| place.as_str()).collect();
    assert_eq!(
        places,
        ["sheet One, rows 1–2", "sheet Two, rows 1–2", "sheet Two, rows 3–4", "sheet Two, rows 10–20"]
    );
    assert_eq!(found[2].1, "too low\nask Ann");
    assert_eq!(found[3].1, "Sums\nhow many\nboats & ships, rafts\nspring, autumn");
}

#[tokio::test]
async fn jpeg_2000_is_a_picture_for_text_recognition() {
    let picture = |width: u32, height: u32| {
        let sides = [width, height, 0, 0].map(u32::to_be_bytes).concat();
        [&b"\0\0\0\x0cjP  \r\n\x87\n\xff\x4f\xff\x51\0\x29\0\0"[..], &sides].concat()
    };
    let document = read(picture(900, 300), "scan").await;
    let codes: Vec<_> = document.notes.iter().map(|note| note.reason.code.as_str()).collect();
    assert_eq!(codes, ["recognition_not_installed"]);
    let code = async |bytes: Vec<u8>| outcome(bytes, "a.jp2").await.unwrap_err().code().to_owned();
    assert_eq!(code(picture(60_000, 60_000)).await, "too_large");
    assert_eq!(code(picture(900, 300)[..24].to_vec()).await, "broken");
}
