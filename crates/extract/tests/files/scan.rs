//! Pictures of text, drawn with letters of a few dots: for text recognition, without a file from outside.

use super::pdf_of;

/// Five by seven dots a letter, the rows from the top.
const LETTERS: &[(char, [u8; 7])] = &[
    ('A', [0x0e, 0x11, 0x11, 0x1f, 0x11, 0x11, 0x11]),
    ('B', [0x1e, 0x11, 0x11, 0x1e, 0x11, 0x11, 0x1e]),
    ('E', [0x1f, 0x10, 0x10, 0x1e, 0x10, 0x10, 0x1f]),
    ('H', [0x11, 0x11, 0x11, 0x1f, 0x11, 0x11, 0x11]),
    ('L', [0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x1f]),
    ('M', [0x11, 0x1b, 0x15, 0x15, 0x11, 0x11, 0x11]),
    ('O', [0x0e, 0x11, 0x11, 0x11, 0x11, 0x11, 0x0e]),
    ('P', [0x1e, 0x11, 0x11, 0x1e, 0x10, 0x10, 0x10]),
    ('R', [0x1e, 0x11, 0x11, 0x1e, 0x14, 0x12, 0x11]),
    ('S', [0x0f, 0x10, 0x10, 0x0e, 0x01, 0x01, 0x1e]),
    ('T', [0x1f, 0x04, 0x04, 0x04, 0x04, 0x04, 0x04]),
    ('W', [0x11, 0x11, 0x11, 0x15, 0x15, 0x15, 0x0a]),
];
/// Pixels of one dot, and around the text.
const DOT: usize = 6;
const MARGIN: usize = 60;

/// A picture in shades of grey, one byte a pixel, the rows from the top.
pub struct Picture {
    pub width: usize,
    pub height: usize,
    pub pixels: Vec<u8>,
}

impl Picture {
    /// The same at the top of a sheet of letter paper.
    fn on_a_sheet(mut self) -> Self {
        self.height = self.width * 792 / 612;
        self.pixels.resize(self.width * self.height, 255);
        self
    }
}

/// Draws one line of text.
pub fn draw(text: &str) -> Picture {
    let (width, height) = (text.len() * 6 * DOT + 2 * MARGIN, 7 * DOT + 2 * MARGIN);
    let mut pixels = vec![255; width * height];
    for (at, letter) in text.chars().enumerate().filter(|(_, letter)| *letter != ' ') {
        let (_, rows) =
            LETTERS.iter().find(|(known, _)| *known == letter).expect("a letter that can be drawn");
        for (y, row) in rows.iter().enumerate() {
            for x in (0..5).filter(|x| row >> (4 - x) & 1 == 1) {
                for line in 0..DOT {
                    let start = (MARGIN + y * DOT + line) * width + MARGIN + (at * 6 + x) * DOT;
                    pixels[start..start + DOT].fill(0);
                }
            }
        }
    }
    Picture { width, height, pixels }
}

/// A bitmap file.
pub fn bmp(text: &str) -> Vec<u8> {
    let Picture { width, height, pixels } = draw(text);
    let mut rows = Vec::new();
    for row in pixels.chunks(width).rev() {
        rows.extend(row.iter().flat_map(|grey| [*grey; 3]));
        rows.resize(rows.len().next_multiple_of(4), 0);
    }
    let mut out = b"BM".to_vec();
    for number in [54 + rows.len() as u32, 0, 54, 40, width as u32, height as u32, 1 | 24 << 16, 0] {
        out.extend(number.to_le_bytes());
    }
    for number in [rows.len() as u32, 2835, 2835, 0, 0] {
        out.extend(number.to_le_bytes());
    }
    out.extend(rows);
    out
}

/// What a page of a PDF holds.
pub enum Page {
    Text(&'static str),
    /// A picture of text, and no text.
    Scan(&'static str),
    /// A whole sheet as a picture, and words that were put on it.
    Stamped(&'static str, &'static str),
    Blank,
}

/// A PDF of such pages.
pub fn pdf(pages: &[Page]) -> Vec<u8> {
    let kids: String = (0..pages.len()).map(|at| format!("{} 0 R ", 5 + at * 3)).collect();
    let mut objects = vec![
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        format!("<< /Type /Pages /Kids [{kids}] /Count {} >>", pages.len()).into_bytes(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_vec(),
        b"<< /Title (Pages) >>".to_vec(),
    ];
    for (at, page) in pages.iter().enumerate() {
        let (content, picture) = match page {
            Page::Text(text) => (format!("BT /F1 12 Tf 72 700 Td ({text}) Tj ET"), draw("")),
            Page::Scan(text) => ("q 350 0 0 77 50 600 cm /I1 Do Q".to_owned(), draw(text)),
            Page::Stamped(stamp, text) => (
                format!("q 612 0 0 792 0 0 cm /I1 Do Q BT /F1 9 Tf 72 40 Td ({stamp}) Tj ET"),
                draw(text).on_a_sheet(),
            ),
            Page::Blank => (String::new(), draw("")),
        };
        let (contents, image) = (6 + at * 3, 7 + at * 3);
        objects.push(
            format!(
                "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {contents} 0 R \
                 /Resources << /Font << /F1 3 0 R >> /XObject << /I1 {image} 0 R >> >> >>"
            )
            .into_bytes(),
        );
        objects.push(format!("<< /Length {} >>\nstream\n{content}\nendstream", content.len()).into_bytes());
        let head = format!(
            "<< /Type /XObject /Subtype /Image /Width {} /Height {} /ColorSpace /DeviceGray /BitsPerComponent 8 \
             /Length {} >>\nstream\n",
            picture.width,
            picture.height,
            picture.pixels.len()
        );
        objects.push([head.as_bytes(), &picture.pixels, b"\nendstream"].concat());
    }
    pdf_of(&objects)
}
