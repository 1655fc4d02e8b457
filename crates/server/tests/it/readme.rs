//! The README's table of connectors is made from the registry.

use std::fmt::Write;
use std::path::Path;

use gangway_connector::{Availability, Descriptor};

const START: &str = "<!-- connectors: made by `make generate` -->\n";
const END: &str = "<!-- /connectors -->";

#[test]
fn the_table_of_connectors_matches_the_registry() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md");
    let readme = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = readme.split_once(START).expect("the README marks the table's start");
    let (committed, after) = rest.split_once(END).expect("the README marks the table's end");
    let made = table();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, format!("{before}{START}{made}{END}{after}")).unwrap();
        return;
    }
    assert_eq!(committed, made, "`make generate` writes it anew");
}

fn table() -> String {
    let mut text = String::from("| connector | plan | status | what it does |\n|---|---|---|---|\n");
    for connector in gangway_connectors::ALL {
        let descriptor = connector.descriptor();
        let _ = writeln!(
            text,
            "| {} (`{}`) | {} | {} |",
            descriptor.name,
            descriptor.id,
            descriptor.plan.as_str(),
            state(descriptor),
        );
    }
    text
}

fn state(descriptor: &Descriptor) -> String {
    match descriptor.availability {
        Availability::Built => format!("works | {}", descriptor.capability_names().join(", ")),
        Availability::Planned(_) => "not built yet |".to_owned(),
    }
}
