//! Thumbnails and previews. The pictures are small blue squares: clients check the form, not the art.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::content::readable;
use super::render::Rendering;
use crate::dropbox::args::{Args, PathForm, Source};
use crate::dropbox::call::{Call, Found, Outcome, Reply, ok};
use crate::dropbox::errors::ApiError;
use crate::dropbox::lookup;
use crate::dropbox::sharing;
use crate::dropbox::tree::Tree;
use crate::kernel::consent::escape;

const PICTURED: [&str; 9] = ["jpg", "jpeg", "png", "tiff", "tif", "gif", "webp", "ppm", "bmp"];
const AS_PDF: [&str; 19] = [
    "ai", "doc", "docm", "docx", "eps", "gdoc", "gslides", "odp", "odt", "pps", "ppsm", "ppsx", "ppt",
    "pptm", "pptx", "rtf", "paper", "papert", "pages",
];
const AS_HTML: [&str; 6] = ["csv", "ods", "xls", "xlsm", "gsheet", "xlsx"];

const JPEG: &str = "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABsSFBcUERsXFhceHBsgKEIrKCUlKFE6PTBCYFVlZF9VXVtqeJmBanGQc1tdhbWGkJ6jq62rZ4C8ybqmx5moq6T/2wBDARweHigjKE4rK06kbl1upKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKT/wAARCAAIAAgDASIAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAAAAT/xAAUEAEAAAAAAAAAAAAAAAAAAAAA/8QAFAEBAAAAAAAAAAAAAAAAAAAABf/EABQRAQAAAAAAAAAAAAAAAAAAAAD/2gAMAwEAAhEDEQA/AIwDY5//2Q==";
const PNG: &str = "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAFElEQVR4nGNkSPzHgA0wYRUdtBIAFZMBb42diR8AAAAASUVORK5CYII=";
const WEBP: &str =
    "UklGRj4AAABXRUJQVlA4IDIAAADQAQCdASoIAAgAAUAmJaACdLoB+AADsAD+8MQL/4E78Cd+BO/8Cd/9ej+ej+ej/HCAAA==";

fn picture(args: &Args) -> Result<(Vec<u8>, &'static str), ApiError> {
    let format = args.tag("format", &["jpeg", "png", "webp"], "jpeg")?;
    args.tag(
        "size",
        &[
            "w32h32",
            "w64h64",
            "w128h128",
            "w256h256",
            "w480h320",
            "w640h480",
            "w960h640",
            "w1024h768",
            "w2048h1536",
            "w3200h2400",
        ],
        "w64h64",
    )?;
    args.tag("mode", &["strict", "bestfit", "fitone_bestfit", "original"], "strict")?;
    let (text, mime) = match format {
        "png" => (PNG, "image/png"),
        "webp" => (WEBP, "image/webp"),
        _ => (JPEG, "image/jpeg"),
    };
    Ok((STANDARD.decode(text).unwrap_or_default(), mime))
}

fn ending_of(tree: &Tree, found: Found) -> &str {
    tree.node(found.node).lower.rsplit_once('.').map_or("", |(_, ending)| ending)
}

pub fn thumbnail(call: &Call<'_>) -> Outcome {
    // The official client already sends `preserve_transparency`.
    call.args.only(&[
        "resource",
        "format",
        "size",
        "mode",
        "quality",
        "exclude_media_info",
        "preserve_transparency",
    ])?;
    let (bytes, mime) = picture(&call.args)?;
    let tag = call.args.find_tag("resource")?.unwrap_or_default().to_owned();
    let resource = call.args.inner("resource")?.ok_or_else(|| call.args.wrong("resource", "missing"))?;
    let tree = call.dropbox.read_tree();
    let found = match tag.as_str() {
        "path" => {
            let path = resource.path("path", PathForm::Read)?;
            lookup::find(&tree, call, path).map_err(|tag| ApiError::route(&format!("path/{tag}")))?
        }
        "link" => {
            let url = resource.text("url")?;
            let node = sharing::links::open_link(call, &tree, url, resource.find_text("password")?);
            Found { node: node.map_err(|_| ApiError::route("not_found"))?, version: None }
        }
        other => return Err(call.args.wrong("resource", &format!("invalid tag: {other}"))),
    };
    readable(&tree, found)?;
    if !PICTURED.contains(&ending_of(&tree, found)) {
        return Err(ApiError::route("unsupported_extension"));
    }
    let metadata = Rendering::new(&tree, &call.view).plain(found.node, found.version);
    Ok(Reply::Content {
        result: json!({"file_metadata": metadata}),
        bytes: bytes.into(),
        content_type: mime.into(),
        name: tree.node(found.node).name.to_string(),
        etag: None,
    })
}

pub fn thumbnails(call: &Call<'_>) -> Outcome {
    call.args.only(&["entries"])?;
    let entries = call.args.value("entries").and_then(Value::as_array);
    let entries = entries.ok_or_else(|| call.args.wrong("entries", "expected list"))?;
    if entries.len() > 25 {
        return Err(ApiError::route("too_many_files"));
    }
    let tree = call.dropbox.read_tree();
    let mut rows = Vec::new();
    for entry in entries {
        let args = Args::read(Source::Body, &entry.to_string())?;
        let (bytes, _) = picture(&args)?;
        let path = args.path("path", PathForm::Read)?;
        let failure = |error: Value| json!({".tag": "failure", "failure": error});
        rows.push(match lookup::find(&tree, call, path) {
            Err(tag) => failure(json!({".tag": "path", "path": {".tag": tag}})),
            Ok(found) if !PICTURED.contains(&ending_of(&tree, found)) => {
                failure(json!({".tag": "unsupported_extension"}))
            }
            Ok(found) => json!({
                ".tag": "success",
                "metadata": Rendering::new(&tree, &call.view).plain(found.node, found.version),
                "thumbnail": STANDARD.encode(bytes),
            }),
        });
    }
    ok(json!({"entries": rows}))
}

pub fn preview(call: &Call<'_>) -> Outcome {
    call.args.only(&["path", "rev"])?;
    let path = call.args.path("path", PathForm::Read)?;
    let tree = call.dropbox.read_tree();
    let found = lookup::find(&tree, call, path).map_err(|tag| ApiError::route(&format!("path/{tag}")))?;
    let data = readable(&tree, found)?;
    let ending = ending_of(&tree, found);
    let name = tree.node(found.node).name.to_string();
    let (bytes, mime) = if AS_PDF.contains(&ending) {
        (one_page_pdf(&name), "application/pdf")
    } else if AS_HTML.contains(&ending) {
        let text = String::from_utf8_lossy(&data.current.content.read()).into_owned();
        let rows: String = text.lines().map(|line| format!("<tr><td>{}</td></tr>\n", escape(line))).collect();
        (format!("<html><body><table>\n{rows}</table></body></html>\n").into_bytes(), "text/html")
    } else {
        return Err(ApiError::route("unsupported_extension"));
    };
    Ok(Reply::Content {
        result: Rendering::new(&tree, &call.view).plain(found.node, found.version),
        bytes: bytes.into(),
        content_type: mime.into(),
        name,
        etag: None,
    })
}

/// A page that shows the file's name.
fn one_page_pdf(name: &str) -> Vec<u8> {
    let title: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || " .-_".contains(*c)).collect();
    let text = format!("BT /F1 18 Tf 72 720 Td ({title}) Tj ET");
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>"
            .to_owned(),
        format!("<< /Length {} >>\nstream\n{text}\nendstream", text.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    ];
    let mut out = String::from("%PDF-1.4\n");
    let mut starts = Vec::new();
    for (number, object) in objects.iter().enumerate() {
        starts.push(out.len());
        out.push_str(&format!("{} 0 obj\n{object}\nendobj\n", number + 1));
    }
    let table = out.len();
    out.push_str("xref\n0 6\n0000000000 65535 f \n");
    for start in starts {
        out.push_str(&format!("{start:010} 00000 n \n"));
    }
    out.push_str(&format!("trailer << /Size 6 /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n"));
    out.into_bytes()
}
