//! Office Open XML: docx, xlsx and pptx with the least that office programs accept.

use super::markdown::Block;
use crate::kernel::archive::Archive;
use crate::kernel::consent::escape;

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
const RELATIONS: &str = "http://schemas.openxmlformats.org/package/2006/relationships";
const OFFICE_RELATIONS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const CONTENT_TYPES: &str = "http://schemas.openxmlformats.org/package/2006/content-types";
const WORD: &str = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
const SHEET: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const SLIDE: &str = "http://schemas.openxmlformats.org/presentationml/2006/main";
const DRAWING: &str = "http://schemas.openxmlformats.org/drawingml/2006/main";
const FAMILY: &str = "application/vnd.openxmlformats-officedocument";

fn content_types(parts: &[(String, &str)]) -> String {
    let overrides: String = parts
        .iter()
        .map(|(part, kind)| format!("<Override PartName=\"{part}\" ContentType=\"{FAMILY}.{kind}+xml\"/>"))
        .collect();
    format!(
        "{HEAD}<Types xmlns=\"{CONTENT_TYPES}\"><Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Default Extension=\"xml\" ContentType=\"application/xml\"/>{overrides}</Types>"
    )
}

fn relations(targets: &[(&str, String)]) -> String {
    let rows: String = targets
        .iter()
        .enumerate()
        .map(|(number, (kind, target))| {
            format!(
                "<Relationship Id=\"rId{}\" Type=\"{OFFICE_RELATIONS}/{kind}\" Target=\"{target}\"/>",
                number + 1
            )
        })
        .collect();
    format!("{HEAD}<Relationships xmlns=\"{RELATIONS}\">{rows}</Relationships>")
}

pub fn docx(blocks: &[Block]) -> Vec<u8> {
    let body: String = blocks.iter().map(word_block).collect();
    let document = format!(
        "{HEAD}<w:document xmlns:w=\"{WORD}\"><w:body>{body}<w:sectPr><w:pgSz w:w=\"11906\" w:h=\"16838\"/></w:sectPr></w:body></w:document>"
    );
    let headings: String = (1..=6)
        .map(|level| {
            format!(
                "<w:style w:type=\"paragraph\" w:styleId=\"Heading{level}\"><w:name w:val=\"heading {level}\"/><w:pPr><w:outlineLvl w:val=\"{}\"/></w:pPr><w:rPr><w:b/><w:sz w:val=\"{}\"/></w:rPr></w:style>",
                level - 1,
                44 - level * 4
            )
        })
        .collect();
    let styles = format!(
        "{HEAD}<w:styles xmlns:w=\"{WORD}\"><w:style w:type=\"paragraph\" w:default=\"1\" w:styleId=\"Normal\"><w:name w:val=\"Normal\"/></w:style>{headings}</w:styles>"
    );
    let types = content_types(&[
        ("/word/document.xml".into(), "wordprocessingml.document.main"),
        ("/word/styles.xml".into(), "wordprocessingml.styles"),
    ]);
    Archive::default()
        .add("[Content_Types].xml", types.as_bytes())
        .add("_rels/.rels", relations(&[("officeDocument", "word/document.xml".into())]).as_bytes())
        .add("word/_rels/document.xml.rels", relations(&[("styles", "styles.xml".into())]).as_bytes())
        .add("word/document.xml", document.as_bytes())
        .add("word/styles.xml", styles.as_bytes())
        .finish()
}

fn word_block(block: &Block) -> String {
    match block {
        Block::Heading(level, line) => {
            word_paragraph(&format!("<w:pPr><w:pStyle w:val=\"Heading{level}\"/></w:pPr>"), line)
        }
        Block::Paragraph(line) => word_paragraph("", line),
        Block::Item(number, line) => {
            let mark = number.map_or("•".to_owned(), |number| format!("{number}."));
            word_paragraph("<w:pPr><w:ind w:left=\"720\"/></w:pPr>", &format!("{mark} {line}"))
        }
        Block::Code(code) => code.lines().map(|line| word_paragraph("", line)).collect(),
        Block::Table(rows) => {
            let rows: String = rows
                .iter()
                .map(|row| {
                    let cells: String = row
                        .iter()
                        .map(|cell| format!("<w:tc><w:tcPr/>{}</w:tc>", word_paragraph("", cell)))
                        .collect();
                    format!("<w:tr>{cells}</w:tr>")
                })
                .collect();
            format!("<w:tbl><w:tblPr/><w:tblGrid/>{rows}</w:tbl>{}", word_paragraph("", ""))
        }
    }
}

fn word_paragraph(style: &str, line: &str) -> String {
    format!("<w:p>{style}<w:r><w:t xml:space=\"preserve\">{}</w:t></w:r></w:p>", escape(line))
}

pub fn xlsx(sheets: &[(String, Vec<Vec<String>>)]) -> Vec<u8> {
    let mut parts = vec![("/xl/workbook.xml".to_owned(), "spreadsheetml.sheet.main")];
    let mut targets = Vec::new();
    let mut names = String::new();
    for (position, (name, _)) in sheets.iter().enumerate() {
        let number = position + 1;
        parts.push((format!("/xl/worksheets/sheet{number}.xml"), "spreadsheetml.worksheet"));
        targets.push(("worksheet", format!("worksheets/sheet{number}.xml")));
        names.push_str(&format!(
            "<sheet name=\"{}\" sheetId=\"{number}\" r:id=\"rId{number}\"/>",
            escape(name)
        ));
    }
    let workbook = format!(
        "{HEAD}<workbook xmlns=\"{SHEET}\" xmlns:r=\"{OFFICE_RELATIONS}\"><sheets>{names}</sheets></workbook>"
    );
    let mut archive = Archive::default();
    archive
        .add("[Content_Types].xml", content_types(&parts).as_bytes())
        .add("_rels/.rels", relations(&[("officeDocument", "xl/workbook.xml".into())]).as_bytes())
        .add("xl/workbook.xml", workbook.as_bytes())
        .add("xl/_rels/workbook.xml.rels", relations(&targets).as_bytes());
    for (position, (_, rows)) in sheets.iter().enumerate() {
        archive.add(&format!("xl/worksheets/sheet{}.xml", position + 1), worksheet(rows).as_bytes());
    }
    archive.finish()
}

fn worksheet(rows: &[Vec<String>]) -> String {
    let mut data = String::new();
    for (row_number, row) in rows.iter().enumerate() {
        data.push_str(&format!("<row r=\"{}\">", row_number + 1));
        for (column, cell) in row.iter().enumerate() {
            let place = format!("{}{}", column_name(column), row_number + 1);
            if cell.parse::<f64>().is_ok_and(f64::is_finite) {
                data.push_str(&format!("<c r=\"{place}\"><v>{cell}</v></c>"));
            } else {
                data.push_str(&format!(
                    "<c r=\"{place}\" t=\"inlineStr\"><is><t xml:space=\"preserve\">{}</t></is></c>",
                    escape(cell)
                ));
            }
        }
        data.push_str("</row>");
    }
    format!("{HEAD}<worksheet xmlns=\"{SHEET}\"><sheetData>{data}</sheetData></worksheet>")
}

fn column_name(column: usize) -> String {
    let letter = (b'A' + (column % 26) as u8) as char;
    if column < 26 { letter.to_string() } else { format!("{}{letter}", column_name(column / 26 - 1)) }
}

pub fn pptx(slides: &[Vec<Block>]) -> Vec<u8> {
    let mut parts = vec![
        ("/ppt/presentation.xml".to_owned(), "presentationml.presentation.main"),
        ("/ppt/slideMasters/slideMaster1.xml".to_owned(), "presentationml.slideMaster"),
        ("/ppt/slideLayouts/slideLayout1.xml".to_owned(), "presentationml.slideLayout"),
        ("/ppt/theme/theme1.xml".to_owned(), "theme"),
    ];
    let mut targets = vec![("slideMaster", "slideMasters/slideMaster1.xml".to_owned())];
    let mut ids = String::new();
    for number in 1..=slides.len() {
        parts.push((format!("/ppt/slides/slide{number}.xml"), "presentationml.slide"));
        targets.push(("slide", format!("slides/slide{number}.xml")));
        ids.push_str(&format!("<p:sldId id=\"{}\" r:id=\"rId{}\"/>", 255 + number, number + 1));
    }
    let namespaces = format!("xmlns:a=\"{DRAWING}\" xmlns:r=\"{OFFICE_RELATIONS}\" xmlns:p=\"{SLIDE}\"");
    let list = if ids.is_empty() { ids } else { format!("<p:sldIdLst>{ids}</p:sldIdLst>") };
    let presentation = format!(
        "{HEAD}<p:presentation {namespaces}><p:sldMasterIdLst><p:sldMasterId id=\"2147483648\" r:id=\"rId1\"/></p:sldMasterIdLst>{list}<p:sldSz cx=\"9144000\" cy=\"5143500\"/><p:notesSz cx=\"6858000\" cy=\"9144000\"/></p:presentation>"
    );
    let tree = |shapes: &str| {
        format!(
            "<p:cSld><p:spTree><p:nvGrpSpPr><p:cNvPr id=\"1\" name=\"\"/><p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr><p:grpSpPr/>{shapes}</p:spTree></p:cSld>"
        )
    };
    let master = format!(
        "{HEAD}<p:sldMaster {namespaces}>{}<p:clrMap bg1=\"lt1\" tx1=\"dk1\" bg2=\"lt2\" tx2=\"dk2\" accent1=\"accent1\" accent2=\"accent2\" accent3=\"accent3\" accent4=\"accent4\" accent5=\"accent5\" accent6=\"accent6\" hlink=\"hlink\" folHlink=\"folHlink\"/><p:sldLayoutIdLst><p:sldLayoutId id=\"2147483649\" r:id=\"rId1\"/></p:sldLayoutIdLst></p:sldMaster>",
        tree("")
    );
    let layout = format!("{HEAD}<p:sldLayout {namespaces} type=\"blank\">{}</p:sldLayout>", tree(""));
    let mut archive = Archive::default();
    archive
        .add("[Content_Types].xml", content_types(&parts).as_bytes())
        .add("_rels/.rels", relations(&[("officeDocument", "ppt/presentation.xml".into())]).as_bytes())
        .add("ppt/presentation.xml", presentation.as_bytes())
        .add("ppt/_rels/presentation.xml.rels", relations(&targets).as_bytes())
        .add("ppt/slideMasters/slideMaster1.xml", master.as_bytes())
        .add(
            "ppt/slideMasters/_rels/slideMaster1.xml.rels",
            relations(&[
                ("slideLayout", "../slideLayouts/slideLayout1.xml".into()),
                ("theme", "../theme/theme1.xml".into()),
            ])
            .as_bytes(),
        )
        .add("ppt/slideLayouts/slideLayout1.xml", layout.as_bytes())
        .add(
            "ppt/slideLayouts/_rels/slideLayout1.xml.rels",
            relations(&[("slideMaster", "../slideMasters/slideMaster1.xml".into())]).as_bytes(),
        )
        .add("ppt/theme/theme1.xml", theme().as_bytes());
    for (position, slide) in slides.iter().enumerate() {
        let xml = format!("{HEAD}<p:sld {namespaces}>{}</p:sld>", tree(&shapes(slide)));
        archive.add(&format!("ppt/slides/slide{}.xml", position + 1), xml.as_bytes()).add(
            &format!("ppt/slides/_rels/slide{}.xml.rels", position + 1),
            relations(&[("slideLayout", "../slideLayouts/slideLayout1.xml".into())]).as_bytes(),
        );
    }
    archive.finish()
}

/// One text box for the title and one for everything else.
fn shapes(slide: &[Block]) -> String {
    let (titles, others): (Vec<&Block>, Vec<&Block>) =
        slide.iter().partition(|block| matches!(block, Block::Heading(..)));
    let lines =
        |blocks: &[&Block]| -> Vec<String> { blocks.iter().flat_map(|block| block_lines(block)).collect() };
    let mut out = String::new();
    for (number, (name, top, height, lines)) in
        [("Title", 300_000, 900_000, lines(&titles)), ("Body", 1_300_000, 3_500_000, lines(&others))]
            .into_iter()
            .enumerate()
    {
        if lines.is_empty() {
            continue;
        }
        let paragraphs: String = lines
            .iter()
            .map(|line| format!("<a:p><a:r><a:rPr lang=\"en\"/><a:t>{}</a:t></a:r></a:p>", escape(line)))
            .collect();
        out.push_str(&format!("<p:sp><p:nvSpPr><p:cNvPr id=\"{}\" name=\"{name}\"/><p:cNvSpPr txBox=\"1\"/><p:nvPr/></p:nvSpPr><p:spPr><a:xfrm><a:off x=\"400000\" y=\"{top}\"/><a:ext cx=\"8300000\" cy=\"{height}\"/></a:xfrm><a:prstGeom prst=\"rect\"><a:avLst/></a:prstGeom></p:spPr><p:txBody><a:bodyPr/><a:lstStyle/>{paragraphs}</p:txBody></p:sp>", number + 2));
    }
    out
}

fn block_lines(block: &Block) -> Vec<String> {
    match block {
        Block::Heading(_, line) | Block::Paragraph(line) | Block::Item(None, line) => {
            vec![line.clone()]
        }
        Block::Item(Some(number), line) => vec![format!("{number}. {line}")],
        Block::Table(rows) => rows.iter().map(|row| row.join(" | ")).collect(),
        Block::Code(code) => code.lines().map(str::to_owned).collect(),
    }
}

fn theme() -> String {
    let colours: String = [
        "dk1", "lt1", "dk2", "lt2", "accent1", "accent2", "accent3", "accent4", "accent5", "accent6",
        "hlink", "folHlink",
    ]
    .iter()
    .enumerate()
    .map(|(n, name)| {
        let value = if name.starts_with("lt") { "FFFFFF".to_owned() } else { format!("{:02X}3050", n * 12) };
        format!("<a:{name}><a:srgbClr val=\"{value}\"/></a:{name}>")
    })
    .collect();
    let font = "<a:latin typeface=\"Arial\"/><a:ea typeface=\"\"/><a:cs typeface=\"\"/>";
    let fill = "<a:solidFill><a:schemeClr val=\"phClr\"/></a:solidFill>".repeat(3);
    let line = "<a:ln><a:solidFill><a:schemeClr val=\"phClr\"/></a:solidFill></a:ln>".repeat(3);
    let effect = "<a:effectStyle><a:effectLst/></a:effectStyle>".repeat(3);
    format!(
        "{HEAD}<a:theme xmlns:a=\"{DRAWING}\" name=\"Plain\"><a:themeElements><a:clrScheme name=\"Plain\">{colours}</a:clrScheme><a:fontScheme name=\"Plain\"><a:majorFont>{font}</a:majorFont><a:minorFont>{font}</a:minorFont></a:fontScheme><a:fmtScheme name=\"Plain\"><a:fillStyleLst>{fill}</a:fillStyleLst><a:lnStyleLst>{line}</a:lnStyleLst><a:effectStyleLst>{effect}</a:effectStyleLst><a:bgFillStyleLst>{fill}</a:bgFillStyleLst></a:fmtScheme></a:themeElements></a:theme>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_in_letters() {
        let names: Vec<String> = [0, 25, 26, 701, 702].iter().map(|c| column_name(*c)).collect();
        assert_eq!(names, ["A", "Z", "AA", "ZZ", "AAA"]);
    }
}
