//! Tiny real files, made in code.
#![allow(dead_code, reason = "each test binary uses its own part")]

pub mod scan;

/// A ZIP container of stored (not compressed) entries.
pub fn zip(entries: &[(&str, &str)]) -> Vec<u8> {
    let entries: Vec<_> = entries.iter().map(|(name, text)| (*name, text.as_bytes().to_vec())).collect();
    zip_of(&entries)
}

/// The same, of any bytes.
pub fn zip_of(entries: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in entries {
        let at = out.len() as u32;
        let mut common = Vec::new();
        common.extend([20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0]);
        common.extend(crc32(content).to_le_bytes());
        common.extend((content.len() as u32).to_le_bytes());
        common.extend((content.len() as u32).to_le_bytes());
        common.extend((name.len() as u16).to_le_bytes());
        common.extend([0, 0]);
        out.extend(b"PK\x03\x04");
        out.extend(&common);
        out.extend(name.as_bytes());
        out.extend(content);
        directory.extend(b"PK\x01\x02\x14\0");
        directory.extend(&common);
        directory.extend([0; 10]);
        directory.extend(at.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let start = out.len() as u32;
    out.extend(&directory);
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend((entries.len() as u16).to_le_bytes());
    out.extend((entries.len() as u16).to_le_bytes());
    out.extend((directory.len() as u32).to_le_bytes());
    out.extend(start.to_le_bytes());
    out.extend([0, 0]);
    out
}

/// An archive of members of so many bytes, all zero, packed.
pub fn deflated_zip(names: &[&str], zeros: u64) -> Vec<u8> {
    use std::io::{Cursor, Write};
    let mut once = zip::ZipWriter::new(Cursor::new(Vec::new()));
    once.start_file("zeros", zip::write::SimpleFileOptions::default()).unwrap();
    let piece = vec![0; 1 << 20];
    for _ in 0..zeros >> 20 {
        once.write_all(&piece).unwrap();
    }
    let mut once = once.finish_into_readable().unwrap();
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for name in names {
        archive.raw_copy_file_rename(once.by_index(0).unwrap(), *name).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// The same archive with these parts too.
pub fn with_parts(archive: Vec<u8>, parts: &[(&str, &str)]) -> Vec<u8> {
    use std::io::{Cursor, Write};
    let mut archive = zip::ZipWriter::new_append(Cursor::new(archive)).unwrap();
    for (name, content) in parts {
        archive.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(content.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// A tape archive of files.
pub fn tar(entries: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, content) in entries {
        let mut header = [0_u8; 512];
        header[..name.len()].copy_from_slice(name.as_bytes());
        header[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
        header[156] = b'0';
        header[257..263].copy_from_slice(b"ustar\0");
        header[148..156].fill(b' ');
        let sum: u64 = header.iter().map(|byte| u64::from(*byte)).sum();
        header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        out.extend(header);
        out.extend(content);
        out.resize(out.len().next_multiple_of(512), 0);
    }
    out.resize(out.len() + 1024, 0);
    out
}

/// The same bytes, packed by gzip; with the name of the file when there is one.
pub fn gzip(name: Option<&str>, content: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let builder = flate2::GzBuilder::new();
    let builder = match name {
        Some(name) => builder.filename(name),
        None => builder,
    };
    let mut encoder = builder.write(Vec::new(), flate2::Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

/// An OpenDocument spreadsheet with this XML in its sheets.
pub fn ods(sheets: &str) -> Vec<u8> {
    let content = format!(
        r#"<?xml version="1.0"?><office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.2"><office:body><office:spreadsheet>{sheets}</office:spreadsheet></office:body></office:document-content>"#
    );
    let manifest = r#"<?xml version="1.0"?><manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"><manifest:file-entry manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/><manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>"#;
    zip(&[
        ("mimetype", "application/vnd.oasis.opendocument.spreadsheet"),
        ("content.xml", &content),
        ("META-INF/manifest.xml", manifest),
    ])
}

/// An OpenDocument presentation of pages with this XML on them.
pub fn odp(pages: &[&str]) -> Vec<u8> {
    let pages: String = pages
        .iter()
        .enumerate()
        .map(|(at, page)| format!(r#"<draw:page draw:name="page{}">{page}</draw:page>"#, at + 1))
        .collect();
    let content = format!(
        r#"<?xml version="1.0"?><office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0" xmlns:presentation="urn:oasis:names:tc:opendocument:xmlns:presentation:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.2"><office:body><office:presentation>{pages}</office:presentation></office:body></office:document-content>"#
    );
    zip(&[("mimetype", "application/vnd.oasis.opendocument.presentation"), ("content.xml", &content)])
}

/// A presentation as PowerPoint wrote it until 2003: each slide with these lines.
pub fn ppt(slides: &[&[&str]]) -> Vec<u8> {
    let record = |version: u16, kind: u16, content: &[u8]| {
        let head = [version.to_le_bytes(), kind.to_le_bytes()].concat();
        [head.as_slice(), &(content.len() as u32).to_le_bytes(), content].concat()
    };
    let slide = |lines: &&[&str]| {
        let atoms: Vec<u8> = lines.iter().flat_map(|line| record(0, 0x0fa8, line.as_bytes())).collect();
        record(0xf, 0x03ee, &atoms)
    };
    let stream: Vec<u8> = slides.iter().flat_map(slide).collect();
    let mut file = cfb::CompoundFile::create(std::io::Cursor::new(Vec::new())).unwrap();
    let mut part = file.create_stream("PowerPoint Document").unwrap();
    std::io::Write::write_all(&mut part, &stream).unwrap();
    drop(part);
    file.into_inner().into_inner()
}

/// A document as Word wrote it until 2003, of these two pieces of text: the first in one byte for a character, the second in
/// two. A paragraph ends with `\r`, a cell and a row with `\u{7}`.
pub fn doc(narrow: &str, wide: &str) -> Vec<u8> {
    const TEXT_AT: usize = 1024;
    let wide: Vec<u8> = wide.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let (first, second) = (narrow.len() as u32, (wide.len() / 2) as u32);
    let mut list = Vec::new();
    [0, first, first + second].iter().for_each(|at: &u32| list.extend(at.to_le_bytes()));
    // Where a piece of one byte for a character begins is told doubled, with a flag.
    for place in [(TEXT_AT as u32 * 2) | 0x4000_0000, TEXT_AT as u32 + first] {
        list.extend([&[0, 0][..], &place.to_le_bytes(), &[0, 0]].concat());
    }
    let table = [&[2][..], &(list.len() as u32).to_le_bytes(), &list].concat();
    let mut words = vec![0; TEXT_AT];
    let mut put = |at: usize, bytes: &[u8]| words[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, &[0xec, 0xa5, 0xc1, 0]);
    put(32, &[14, 0]);
    put(62, &[22, 0]);
    put(64 + 3 * 4, &(first + second).to_le_bytes());
    put(152, &[93, 0]);
    // One byte before it: a list at the very start would be taken for none.
    put(154 + 33 * 8, &1_u32.to_le_bytes());
    put(154 + 33 * 8 + 4, &(table.len() as u32).to_le_bytes());
    words.extend(narrow.bytes());
    words.extend(wide);
    let mut file = cfb::CompoundFile::create(std::io::Cursor::new(Vec::new())).unwrap();
    for (name, bytes) in [("WordDocument", words), ("0Table", [vec![0], table].concat())] {
        std::io::Write::write_all(&mut file.create_stream(name).unwrap(), &bytes).unwrap();
    }
    file.into_inner().into_inner()
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & 0_u32.wrapping_sub(crc & 1)))
    })
}

const TYPES: &str = r#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>"#;
const RELATION: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

fn types(overrides: &[(&str, &str)]) -> String {
    let parts = overrides.iter().map(|(part, kind)| {
        format!(r#"<Override PartName="/{part}" ContentType="application/vnd.openxmlformats-officedocument.{kind}+xml"/>"#)
    });
    format!("{TYPES}{}</Types>", parts.collect::<String>())
}

fn relations(targets: &[(&str, &str)]) -> String {
    let relations = targets.iter().enumerate().map(|(at, (kind, target))| {
        format!(r#"<Relationship Id="rId{}" Type="{RELATION}/{kind}" Target="{target}"/>"#, at + 1)
    });
    let relations: String = relations.collect();
    format!(
        r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{relations}</Relationships>"#
    )
}

/// A Word document with this XML in its body.
pub fn docx(body: &str) -> Vec<u8> {
    let document = format!(
        r#"<?xml version="1.0"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>{body}</w:body></w:document>"#
    );
    let styles = r#"<?xml version="1.0"?><w:styles xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:style w:type="paragraph" w:styleId="Heading1"><w:name w:val="heading 1"/></w:style><w:style w:type="paragraph" w:styleId="Heading2"><w:name w:val="heading 2"/></w:style></w:styles>"#;
    zip(&[
        (
            "[Content_Types].xml",
            &types(&[
                ("word/document.xml", "wordprocessingml.document.main"),
                ("word/styles.xml", "wordprocessingml.styles"),
            ]),
        ),
        ("_rels/.rels", &relations(&[("officeDocument", "word/document.xml")])),
        ("word/_rels/document.xml.rels", &relations(&[("styles", "styles.xml")])),
        ("word/document.xml", &document),
        ("word/styles.xml", styles),
    ])
}

/// The same, with pictures in it, which no paragraph shows.
pub fn docx_with_pictures(body: &str, pictures: &[Vec<u8>]) -> Vec<u8> {
    let content = format!(
        r#"<?xml version="1.0"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>{body}</w:body></w:document>"#
    );
    let types = types(&[("word/document.xml", "wordprocessingml.document.main")]);
    let names: Vec<String> =
        (1..=pictures.len()).map(|number| format!("word/media/image{number}.bmp")).collect();
    let mut entries = vec![
        ("[Content_Types].xml", types.into_bytes()),
        ("_rels/.rels", relations(&[("officeDocument", "word/document.xml")]).into_bytes()),
        ("word/document.xml", content.into_bytes()),
    ];
    entries.extend(names.iter().map(String::as_str).zip(pictures.iter().cloned()));
    zip_of(&entries)
}

/// The same as [`docx`], with these relations of its text, by kind, and parts: their ids are `rId1` and so on.
pub fn docx_with(body: &str, targets: &[(&str, &str)], more: &[(&str, &str)]) -> Vec<u8> {
    let content = format!(
        r#"<?xml version="1.0"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:r="{RELATION}"><w:body>{body}</w:body></w:document>"#
    );
    let styles = r#"<?xml version="1.0"?><w:styles xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:style w:type="paragraph" w:styleId="Heading1"><w:name w:val="heading 1"/></w:style></w:styles>"#;
    let types = types(&[
        ("word/document.xml", "wordprocessingml.document.main"),
        ("word/styles.xml", "wordprocessingml.styles"),
    ]);
    let targets: Vec<_> = targets.iter().copied().chain([("styles", "styles.xml")]).collect();
    let (root, beside) = (relations(&[("officeDocument", "word/document.xml")]), relations(&targets));
    let mut entries = vec![
        ("[Content_Types].xml", types.as_str()),
        ("_rels/.rels", root.as_str()),
        ("word/_rels/document.xml.rels", beside.as_str()),
        ("word/document.xml", content.as_str()),
        ("word/styles.xml", styles),
    ];
    entries.extend(more);
    zip(&entries)
}

/// The relations of a part, by kind, with the ids `rId1` and so on.
pub fn relations_part(targets: &[(&str, &str)]) -> String {
    relations(targets)
}

/// A Word paragraph, as a heading when a level is given.
pub fn paragraph(heading: Option<u8>, text: &str) -> String {
    let style = heading.map(|level| format!(r#"<w:pPr><w:pStyle w:val="Heading{level}"/></w:pPr>"#));
    format!("<w:p>{}<w:r><w:t>{text}</w:t></w:r></w:p>", style.unwrap_or_default())
}

/// A workbook of sheets, each with rows of text cells; rows start at the given number.
pub fn xlsx(sheets: &[(&str, u32, Vec<Vec<String>>)]) -> Vec<u8> {
    xlsx_with(sheets, &[])
}

/// The same, with more parts.
pub fn xlsx_with(sheets: &[(&str, u32, Vec<Vec<String>>)], more: &[(&str, &str)]) -> Vec<u8> {
    let mut overrides = vec![("xl/workbook.xml".to_owned(), "spreadsheetml.sheet.main")];
    let mut targets = Vec::new();
    let mut parts = Vec::new();
    let mut listed = String::new();
    for (at, (name, first_row, rows)) in sheets.iter().enumerate() {
        let number = at + 1;
        let row = |(at, cells): (usize, &Vec<String>)| {
            let row = first_row + at as u32;
            let cell = |(column, text): (usize, &String)| {
                let letter = char::from(b'A' + column as u8);
                format!(r#"<c r="{letter}{row}" t="inlineStr"><is><t>{text}</t></is></c>"#)
            };
            format!(r#"<row r="{row}">{}</row>"#, cells.iter().enumerate().map(cell).collect::<String>())
        };
        let data: String = rows.iter().enumerate().map(row).collect();
        parts.push((format!("xl/worksheets/sheet{number}.xml"), format!(
            r#"<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{data}</sheetData></worksheet>"#
        )));
        overrides.push((format!("xl/worksheets/sheet{number}.xml"), "spreadsheetml.worksheet"));
        targets.push(("worksheet", format!("worksheets/sheet{number}.xml")));
        listed.push_str(&format!(r#"<sheet name="{name}" sheetId="{number}" r:id="rId{number}"/>"#));
    }
    let workbook = format!(
        r#"<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="{RELATION}"><sheets>{listed}</sheets></workbook>"#
    );
    let overrides: Vec<_> = overrides.iter().map(|(part, kind)| (part.as_str(), *kind)).collect();
    let targets: Vec<_> = targets.iter().map(|(kind, target)| (*kind, target.as_str())).collect();
    let (types, root, book) =
        (types(&overrides), relations(&[("officeDocument", "xl/workbook.xml")]), relations(&targets));
    let mut entries = vec![
        ("[Content_Types].xml", types.as_str()),
        ("_rels/.rels", root.as_str()),
        ("xl/workbook.xml", workbook.as_str()),
        ("xl/_rels/workbook.xml.rels", book.as_str()),
    ];
    entries.extend(parts.iter().map(|(name, content)| (name.as_str(), content.as_str())));
    entries.extend(more);
    zip(&entries)
}

/// A presentation with a title and a text on each slide.
pub fn pptx(slides: &[(&str, &str)]) -> Vec<u8> {
    let slides: Vec<_> = slides.iter().map(|(title, text)| (*title, *text, &[][..])).collect();
    pptx_with_tables(&slides)
}

/// The same, with a table on each slide that has rows.
pub fn pptx_with_tables(slides: &[(&str, &str, &[&[&str]])]) -> Vec<u8> {
    pptx_in_order(slides, &(1..=slides.len()).collect::<Vec<_>>())
}

/// The same, shown in this order of the slides' numbers, from 1; those that are not in it lie in the file all the same.
pub fn pptx_in_order(slides: &[(&str, &str, &[&[&str]])], order: &[usize]) -> Vec<u8> {
    const MAIN: &str = "http://schemas.openxmlformats.org/presentationml/2006/main";
    const DRAWING: &str = "http://schemas.openxmlformats.org/drawingml/2006/main";
    let mut overrides = vec![("ppt/presentation.xml".to_owned(), "presentationml.presentation.main")];
    let (mut targets, mut parts, mut listed) = (Vec::new(), Vec::new(), String::new());
    for (at, (title, text, rows)) in slides.iter().enumerate() {
        let number = at + 1;
        let shape = |id: u32, kind: &str, text: &str| {
            format!(
                r#"<p:sp><p:nvSpPr><p:cNvPr id="{id}" name="{kind} {id}"/><p:cNvSpPr/><p:nvPr><p:ph type="{kind}"/></p:nvPr></p:nvSpPr><p:spPr/><p:txBody><a:bodyPr/><a:p><a:r><a:t>{text}</a:t></a:r></a:p></p:txBody></p:sp>"#
            )
        };
        parts.push((format!("ppt/slides/slide{number}.xml"), format!(
            r#"<?xml version="1.0"?><p:sld xmlns:p="{MAIN}" xmlns:a="{DRAWING}"><p:cSld><p:spTree><p:nvGrpSpPr><p:cNvPr id="1" name=""/><p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr><p:grpSpPr/>{}{}{}</p:spTree></p:cSld></p:sld>"#,
            shape(2, "title", title),
            shape(3, "body", text),
            table_frame(rows)
        )));
        overrides.push((format!("ppt/slides/slide{number}.xml"), "presentationml.slide"));
        targets.push(("slide", format!("slides/slide{number}.xml")));
    }
    for number in order {
        listed.push_str(&format!(r#"<p:sldId id="{}" r:id="rId{number}"/>"#, 255 + number));
    }
    let deck = format!(
        r#"<?xml version="1.0"?><p:presentation xmlns:p="{MAIN}" xmlns:r="{RELATION}"><p:sldIdLst>{listed}</p:sldIdLst></p:presentation>"#
    );
    let overrides: Vec<_> = overrides.iter().map(|(part, kind)| (part.as_str(), *kind)).collect();
    let targets: Vec<_> = targets.iter().map(|(kind, target)| (*kind, target.as_str())).collect();
    let (types, root, book) =
        (types(&overrides), relations(&[("officeDocument", "ppt/presentation.xml")]), relations(&targets));
    let mut entries = vec![
        ("[Content_Types].xml", types.as_str()),
        ("_rels/.rels", root.as_str()),
        ("ppt/presentation.xml", deck.as_str()),
        ("ppt/_rels/presentation.xml.rels", book.as_str()),
    ];
    entries.extend(parts.iter().map(|(name, content)| (name.as_str(), content.as_str())));
    zip(&entries)
}

fn table_frame(rows: &[&[&str]]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let cell = |text: &&str| {
        format!(
            "<a:tc><a:txBody><a:bodyPr/><a:p><a:r><a:t>{text}</a:t></a:r></a:p></a:txBody><a:tcPr/></a:tc>"
        )
    };
    let row =
        |cells: &&[&str]| format!(r#"<a:tr h="1000">{}</a:tr>"#, cells.iter().map(cell).collect::<String>());
    let columns = r#"<a:gridCol w="1000"/>"#.repeat(rows[0].len());
    format!(
        r#"<p:graphicFrame><p:nvGraphicFramePr><p:cNvPr id="9" name="t"/><p:cNvGraphicFramePr/><p:nvPr/></p:nvGraphicFramePr><p:xfrm><a:off x="0" y="9000000"/><a:ext cx="1" cy="1"/></p:xfrm><a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/table"><a:tbl><a:tblGrid>{columns}</a:tblGrid>{}</a:tbl></a:graphicData></a:graphic></p:graphicFrame>"#,
        rows.iter().map(row).collect::<String>()
    )
}

/// A PDF with one line of text on each page.
pub fn pdf(title: &str, pages: &[&str]) -> Vec<u8> {
    let kids: String = (0..pages.len()).map(|at| format!("{} 0 R ", 5 + at * 2)).collect();
    let mut objects = vec![
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        format!("<< /Type /Pages /Kids [{kids}] /Count {} >>", pages.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
        format!("<< /Title ({title}) >>"),
    ];
    for (at, text) in pages.iter().enumerate() {
        let content = format!("BT /F1 12 Tf 72 700 Td ({text}) Tj ET");
        objects.push(format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> >> /Contents {} 0 R >>",
            6 + at * 2
        ));
        objects.push(format!("<< /Length {} >>\nstream\n{content}\nendstream", content.len()));
    }
    pdf_of(&objects.into_iter().map(String::into_bytes).collect::<Vec<_>>())
}

/// A PDF of these objects: the first is the catalogue, the fourth what the file says about itself.
pub fn pdf_of(objects: &[Vec<u8>]) -> Vec<u8> {
    let mut out = b"%PDF-1.4\n".to_vec();
    let mut places = Vec::new();
    for (at, object) in objects.iter().enumerate() {
        places.push(out.len());
        out.extend(format!("{} 0 obj\n", at + 1).bytes());
        out.extend(object);
        out.extend(b"\nendobj\n");
    }
    let start = out.len();
    let size = objects.len() + 1;
    out.extend(format!("xref\n0 {size}\n0000000000 65535 f \n").bytes());
    places.iter().for_each(|place| out.extend(format!("{place:010} 00000 n \n").bytes()));
    let trailer = format!("trailer\n<< /Size {size} /Root 1 0 R /Info 4 0 R >>\nstartxref\n{start}\n%%EOF\n");
    out.extend(trailer.bytes());
    out
}
