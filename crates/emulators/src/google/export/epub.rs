//! EPUB: one chapter with the whole document.

use super::markdown::Block;
use super::text::html_body;
use crate::kernel::archive::Archive;
use crate::kernel::consent::escape;

pub fn epub(title: &str, blocks: &[Block]) -> Vec<u8> {
    let title = escape(title);
    let container = "<?xml version=\"1.0\"?><container version=\"1.0\" xmlns=\"urn:oasis:names:tc:opendocument:xmlns:container\"><rootfiles><rootfile full-path=\"book.opf\" media-type=\"application/oebps-package+xml\"/></rootfiles></container>";
    let package = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><package xmlns=\"http://www.idpf.org/2007/opf\" version=\"3.0\" unique-identifier=\"id\"><metadata xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><dc:identifier id=\"id\">{title}</dc:identifier><dc:title>{title}</dc:title><dc:language>en</dc:language><meta property=\"dcterms:modified\">2026-01-01T00:00:00Z</meta></metadata><manifest><item id=\"text\" href=\"text.xhtml\" media-type=\"application/xhtml+xml\"/><item id=\"nav\" href=\"nav.xhtml\" media-type=\"application/xhtml+xml\" properties=\"nav\"/></manifest><spine><itemref idref=\"text\"/></spine></package>"
    );
    let page = |body: &str| {
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><html xmlns=\"http://www.w3.org/1999/xhtml\" xmlns:epub=\"http://www.idpf.org/2007/ops\"><head><title>{title}</title></head><body>{body}</body></html>"
        )
    };
    let nav =
        page(&format!("<nav epub:type=\"toc\"><ol><li><a href=\"text.xhtml\">{title}</a></li></ol></nav>"));
    Archive::default()
        .add("mimetype", b"application/epub+zip")
        .add("META-INF/container.xml", container.as_bytes())
        .add("book.opf", package.as_bytes())
        .add("nav.xhtml", nav.as_bytes())
        .add("text.xhtml", page(&html_body(blocks)).as_bytes())
        .finish()
}
