#!/usr/bin/env python3
"""Writes the demo's PDF and Word files, so that their text can be reviewed here.

Run it in this folder after changing a text; the results are committed.
"""

import pathlib
import struct
import zipfile
import zlib

HERE = pathlib.Path(__file__).parent / "google" / "ada@example.com"
NOTION = pathlib.Path(__file__).parent / "notion" / "files"

PRICE_LIST = [
    [
        ("Price list 2026", 20),
        ("Lantern Tea Company, for shops, valid from 1 March 2026", 11),
        ("", 11),
        ("Harbour Breakfast, tin of 250 g: 11.20 EUR", 11),
        ("Lantern Grey, tin of 250 g: 12.40 EUR", 11),
        ("First Flush Sencha, tin of 100 g: 16.90 EUR", 11),
        ("Night Watch Rooibos, tin of 250 g: 9.80 EUR", 11),
        ("", 11),
        ("Orders above 500 EUR travel free of charge.", 11),
    ],
]

HANDBOOK = [
    [
        ("Employee handbook", 20),
        ("Lantern Tea Company, edition of January 2026", 11),
        ("", 11),
        ("Working time", 15),
        ("The working week has 38 hours. Core time is from 10:00 to 15:00.", 11),
        ("Overtime is taken as free time within three months.", 11),
        ("", 11),
        ("Holidays", 15),
        ("Everybody has 30 days of paid holiday a year. Up to five days can be", 11),
        ("carried into the next year and are used before the end of March.", 11),
    ],
    [
        ("Parental leave", 15),
        ("Parents can take up to 36 months of leave for each child. Tell the people", 11),
        ("team seven weeks before the leave starts.", 11),
        ("", 11),
        ("Sick leave", 15),
        ("Call your team lead before 9:00 on the first day. A doctor's note is needed", 11),
        ("from the third day on.", 11),
        ("", 11),
        ("Tea allowance", 15),
        ("Everybody takes home 250 g of tea a month, free of charge.", 11),
    ],
]

BRIEF = [
    ("Heading1", "Supplier agreement: North Leaf"),
    (None, "This summary is for the buying team; the signed agreement is kept by Finance."),
    ("Heading2", "Delivery"),
    (None, "North Leaf delivers sencha in sealed tins of 20 kg, four times a year. The first delivery of the season arrives before 15 June."),
    ("Heading2", "Quality"),
    (None, "Every lot comes with a laboratory report on pesticide residues. Lots above the limit go back at the supplier's cost."),
    ("Heading2", "Prices"),
]
PRICES = [("Grade", "EUR per kg", "Minimum order"), ("Sencha standard", "21.40", "200 kg"), ("Sencha first flush", "38.90", "60 kg")]


def pdf(pages):
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", None, "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"]
    kids = []
    for page in pages:
        y, stream = 780, []
        for text, size in page:
            escaped = text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
            stream.append(f"BT /F1 {size} Tf 56 {y} Td ({escaped}) Tj ET")
            y -= size + 8
        body = "\n".join(stream)
        kids.append(len(objects) + 1)
        objects.append(f"<< /Type /Page /Parent 2 0 R /Resources << /Font << /F1 3 0 R >> >> /Contents {len(objects) + 2} 0 R >>")
        objects.append(f"<< /Length {len(body)} >>\nstream\n{body}\nendstream")
    refs = " ".join(f"{kid} 0 R" for kid in kids)
    objects[1] = f"<< /Type /Pages /Kids [{refs}] /Count {len(kids)} /MediaBox [0 0 595 842] >>"
    out, offsets = b"%PDF-1.4\n", []
    for number, text in enumerate(objects, 1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n{text}\nendobj\n".encode("latin-1")
    table = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{offset:010} 00000 n \n".encode() for offset in offsets)
    out += f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n".encode()
    return out


def png(width, height, color):
    """A picture of one color."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\0" + bytes(color) * width) * height
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")


def paragraph(style, text):
    text = text.replace("&", "&amp;").replace("<", "&lt;")
    style = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f'<w:p>{style}<w:r><w:t xml:space="preserve">{text}</w:t></w:r></w:p>'


def docx(path, paragraphs, table):
    word = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    family = "application/vnd.openxmlformats-officedocument.wordprocessingml"
    rels = "http://schemas.openxmlformats.org/package/2006/relationships"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    rows = "".join("<w:tr>" + "".join(f"<w:tc><w:tcPr/>{paragraph(None, cell)}</w:tc>" for cell in row) + "</w:tr>" for row in table)
    body = "".join(paragraph(*entry) for entry in paragraphs) + f"<w:tbl><w:tblPr/><w:tblGrid/>{rows}</w:tbl>" + paragraph(None, "")
    styles = "".join(
        f'<w:style w:type="paragraph" w:styleId="Heading{n}"><w:name w:val="heading {n}"/><w:pPr><w:outlineLvl w:val="{n - 1}"/></w:pPr></w:style>' for n in (1, 2)
    )
    parts = {
        "[Content_Types].xml": f'{head}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/word/document.xml" ContentType="{family}.document.main+xml"/><Override PartName="/word/styles.xml" ContentType="{family}.styles+xml"/></Types>',
        "_rels/.rels": f'{head}<Relationships xmlns="{rels}"><Relationship Id="rId1" Type="{office}/officeDocument" Target="word/document.xml"/></Relationships>',
        "word/_rels/document.xml.rels": f'{head}<Relationships xmlns="{rels}"><Relationship Id="rId1" Type="{office}/styles" Target="styles.xml"/></Relationships>',
        "word/document.xml": f'{head}<w:document xmlns:w="{word}"><w:body>{body}</w:body></w:document>',
        "word/styles.xml": f'{head}<w:styles xmlns:w="{word}">{styles}</w:styles>',
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), content)


if __name__ == "__main__":
    (HERE / "Policies" / "Employee handbook.pdf").write_bytes(pdf(HANDBOOK))
    docx(HERE / "Finance" / "Supplier agreement.docx", BRIEF, PRICES)
    (NOTION / "price-list-2026.pdf").write_bytes(pdf(PRICE_LIST))
    (NOTION / "tasting-room.png").write_bytes(png(48, 32, (196, 164, 108)))
