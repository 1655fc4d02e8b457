//! OpenDocument: odt, ods and odp.

use super::markdown::Block;
use crate::kernel::archive::Archive;
use crate::kernel::consent::escape;

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
const NAMES: &str = "xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\" xmlns:text=\"urn:oasis:names:tc:opendocument:xmlns:text:1.0\" xmlns:table=\"urn:oasis:names:tc:opendocument:xmlns:table:1.0\" xmlns:draw=\"urn:oasis:names:tc:opendocument:xmlns:drawing:1.0\" xmlns:svg=\"urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0\"";

fn package(mime: &str, body: &str) -> Vec<u8> {
    let content = format!(
        "{HEAD}<office:document-content {NAMES} office:version=\"1.2\"><office:body>{body}</office:body></office:document-content>"
    );
    let manifest = format!(
        "{HEAD}<manifest:manifest xmlns:manifest=\"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0\" manifest:version=\"1.2\"><manifest:file-entry manifest:full-path=\"/\" manifest:media-type=\"{mime}\"/><manifest:file-entry manifest:full-path=\"content.xml\" manifest:media-type=\"text/xml\"/></manifest:manifest>"
    );
    Archive::default()
        .add("mimetype", mime.as_bytes())
        .add("content.xml", content.as_bytes())
        .add("META-INF/manifest.xml", manifest.as_bytes())
        .finish()
}

pub fn odt(blocks: &[Block]) -> Vec<u8> {
    let body: String = blocks.iter().map(block_xml).collect();
    package(super::ODT, &format!("<office:text>{body}</office:text>"))
}

pub fn ods(sheets: &[(String, Vec<Vec<String>>)]) -> Vec<u8> {
    let tables: String = sheets.iter().map(|(name, rows)| table_xml(name, rows)).collect();
    package(super::ODS, &format!("<office:spreadsheet>{tables}</office:spreadsheet>"))
}

pub fn odp(slides: &[Vec<Block>]) -> Vec<u8> {
    let pages: String = slides
        .iter()
        .enumerate()
        .map(|(number, slide)| {
            let body: String = slide.iter().map(block_xml).collect();
            format!("<draw:page draw:name=\"page{}\"><draw:frame svg:width=\"25cm\" svg:height=\"15cm\" svg:x=\"1cm\" svg:y=\"1cm\"><draw:text-box>{body}</draw:text-box></draw:frame></draw:page>", number + 1)
        })
        .collect();
    package(super::ODP, &format!("<office:presentation>{pages}</office:presentation>"))
}

fn block_xml(block: &Block) -> String {
    match block {
        Block::Heading(level, line) => {
            format!("<text:h text:outline-level=\"{level}\">{}</text:h>", escape(line))
        }
        Block::Paragraph(line) => format!("<text:p>{}</text:p>", escape(line)),
        Block::Item(_, line) => format!(
            "<text:list><text:list-item><text:p>{}</text:p></text:list-item></text:list>",
            escape(line)
        ),
        Block::Code(code) => code.lines().map(|line| format!("<text:p>{}</text:p>", escape(line))).collect(),
        Block::Table(rows) => table_xml("Table", rows),
    }
}

fn table_xml(name: &str, rows: &[Vec<String>]) -> String {
    let width = rows.iter().map(Vec::len).max().unwrap_or(1).max(1);
    let mut out = format!(
        "<table:table table:name=\"{}\"><table:table-column table:number-columns-repeated=\"{width}\"/>",
        escape(name)
    );
    for row in rows {
        out.push_str("<table:table-row>");
        for cell in row {
            let text = escape(cell);
            let kind = if cell.parse::<f64>().is_ok_and(f64::is_finite) {
                format!("office:value-type=\"float\" office:value=\"{text}\"")
            } else {
                "office:value-type=\"string\"".to_owned()
            };
            out.push_str(&format!("<table:table-cell {kind}><text:p>{text}</text:p></table:table-cell>"));
        }
        out.push_str("</table:table-row>");
    }
    out.push_str("</table:table>");
    out
}
