//! Jupyter notebooks: the cells and what they printed, without the pictures that are packed into them.

use gangway_model::Document;
use serde::{Deserialize, Deserializer};

use crate::markdown::read_markdown;

/// Levels of nesting that a notebook's own format never reaches are the parser's own limit.
#[derive(Deserialize)]
struct Notebook {
    #[serde(default)]
    cells: Vec<Cell>,
    /// Where the cells were until version 3 of the format.
    #[serde(default)]
    worksheets: Vec<Worksheet>,
}

#[derive(Deserialize)]
struct Worksheet {
    #[serde(default)]
    cells: Vec<Cell>,
}

#[derive(Deserialize)]
struct Cell {
    #[serde(default)]
    cell_type: String,
    #[serde(default, deserialize_with = "joined")]
    source: String,
    #[serde(default, deserialize_with = "joined")]
    input: String,
    #[serde(default)]
    outputs: Vec<Output>,
}

/// What a cell printed, or the text beside the picture that it drew.
#[derive(Deserialize)]
struct Output {
    #[serde(default, deserialize_with = "joined")]
    text: String,
    #[serde(default)]
    data: Data,
    #[serde(default)]
    ename: String,
    #[serde(default)]
    evalue: String,
}

#[derive(Default, Deserialize)]
struct Data {
    #[serde(default, rename = "text/plain", deserialize_with = "joined")]
    plain: String,
    #[serde(default, rename = "text/markdown", deserialize_with = "joined")]
    markdown: String,
}

/// One text, or its lines.
#[derive(Deserialize)]
#[serde(untagged)]
enum Lines {
    One(String),
    Many(Vec<String>),
}

fn joined<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    Ok(match Lines::deserialize(from)? {
        Lines::One(text) => text,
        Lines::Many(lines) => lines.concat(),
    })
}

/// Reads a notebook; `None` when the text is none.
pub(crate) fn read_notebook(text: &str) -> Option<Document> {
    let notebook: Notebook = serde_json::from_str(text).ok()?;
    let older = notebook.worksheets.into_iter().flat_map(|sheet| sheet.cells);
    let mut out = String::new();
    for cell in notebook.cells.into_iter().chain(older) {
        let is_code = cell.cell_type == "code";
        let words = format!("{}{}", cell.source, cell.input);
        match is_code {
            true if words.trim().is_empty() => {}
            true => add_code(&mut out, &words),
            false => add(&mut out, &words),
        }
        for output in cell.outputs {
            let error = match output.ename.is_empty() {
                true => String::new(),
                false => format!("{}: {}", output.ename, output.evalue),
            };
            add(&mut out, &output.data.markdown);
            // Figures say what they are called in memory.
            let said = [&output.text, &output.data.plain, &error].into_iter();
            said.filter(|text| !text.trim().is_empty() && !text.starts_with("<Figure ")).for_each(|text| {
                add_code(&mut out, text);
            });
        }
    }
    (!out.trim().is_empty()).then(|| read_markdown(&out))
}

fn add(out: &mut String, text: &str) {
    if !text.trim().is_empty() {
        out.push_str(text.trim_end());
        out.push_str("\n\n");
    }
}

fn add_code(out: &mut String, text: &str) {
    // A fence within would end this one.
    out.push_str(&format!("```\n{}\n```\n\n", text.trim_end().replace("```", "'''")));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_and_what_they_print_are_read_and_pictures_are_not() {
        let text = r##"{"cells":[{"cell_type":"markdown","source":["# Title\n","words"]},
            {"cell_type":"code","source":"print(\"hello\")\n# no heading","outputs":[{"text":["said\n"]},{"data":{"image/png":"AAAA","text/plain":"<Figure size 1x1>"}},{"ename":"KeyError","evalue":"'x'"}]}]}"##;
        let document = read_notebook(text).unwrap();
        assert_eq!(document.title.as_deref(), Some("Title"));
        assert_eq!(document.sections.len(), 1);
        assert_eq!(document.sections[0].place.heading.as_deref(), Some("Title"));
        let said = "# Title\nwords\n\n```\nprint(\"hello\")\n# no heading\n```\n\n```\nsaid\n```\n\n```\nKeyError: 'x'\n```";
        assert_eq!(document.sections[0].text, said);
    }

    #[test]
    fn what_is_no_notebook_is_left_to_others() {
        for text in ["", "{", "[]", "{}", r#"{"cells":1}"#, &"[".repeat(100_000)] {
            assert!(read_notebook(text).is_none(), "{}", &text[..text.len().min(20)]);
        }
    }
}
