//! What one step further finds: headings that only a style tells.

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
