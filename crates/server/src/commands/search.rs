//! `gangway search`: ranked hits with the words found, the place and the link.

use clap::Args;
use serde_json::{Map, Value, json};

use super::collections;
use crate::client::wire::{Found, Hit, Place, Snippet};
use crate::client::{ServerArgs, parse};
use crate::failure::{Exit, Failure};
use crate::output::{self, words};

#[derive(Args, Debug)]
pub struct SearchArgs {
    /// What to look for
    #[arg(required = true)]
    query: Vec<String>,
    /// Only in this collection, by name or uuid; may be repeated
    #[arg(long, short)]
    collection: Vec<String>,
    /// Only from this connector; may be repeated
    #[arg(long)]
    connector: Vec<String>,
    /// Only files of this media type, such as application/pdf; may be repeated
    #[arg(long = "type", value_name = "MIME")]
    mime_types: Vec<String>,
    /// Only files changed after this moment, such as 2024-01-15T00:00:00Z
    #[arg(long, value_name = "MOMENT")]
    after: Option<String>,
    /// Only files changed before this moment
    #[arg(long, value_name = "MOMENT")]
    before: Option<String>,
    /// Only files below this path
    #[arg(long)]
    path: Option<String>,
    #[arg(long, default_value_t = 10)]
    limit: u32,
}

pub async fn run(server: &ServerArgs, args: SearchArgs) -> Result<(), Failure> {
    let client = server.client()?;
    let mut filters = Map::new();
    let mut ids = Vec::new();
    for named in &args.collection {
        let found = collections::find(&client, named).await?.ok_or_else(|| {
            Failure::new(Exit::NotFound, format!("there is no collection {named:?}"))
                .remedy("`gangway collections` lists them")
        })?;
        ids.push(found.uuid);
    }
    for (name, list) in
        [("collections", ids), ("connectors", args.connector), ("mime_types", args.mime_types)]
    {
        if !list.is_empty() {
            filters.insert(name.to_owned(), json!(list));
        }
    }
    for (name, text) in
        [("modified_after", args.after), ("modified_before", args.before), ("path", args.path)]
    {
        if let Some(text) = text {
            filters.insert(name.to_owned(), Value::String(text));
        }
    }
    let query = args.query.join(" ");
    let mut body = json!({ "query": query, "limit": args.limit });
    if !filters.is_empty() {
        body["filters"] = Value::Object(filters);
    }
    let answer = client.post(&["search"]).json(&body).send().await?;
    if server.json {
        output::json(&answer);
        return Ok(());
    }
    let found: Found = parse(answer)?;
    if found.hits.is_empty() {
        output::line(output::safe(&format!("nothing found for {query:?}")));
        return Ok(());
    }
    for (index, hit) in found.hits.iter().enumerate() {
        print_hit(index + 1, hit);
    }
    let took = found.took_ms.map_or(String::new(), |took| format!(" in {took:.0} ms"));
    match (found.total, found.has_more) {
        (Some(total), _) => output::line(format!("{}{took}", words::count(total, "hit"))),
        (None, true) => output::line(format!("more than these{took}; --limit shows more")),
        (None, false) => output::line(format!("{}{took}", words::count(found.hits.len() as u64, "hit"))),
    }
    Ok(())
}

/// Prints a hit: rank, name, place and connector, snippet, link.
pub fn print_hit(rank: usize, hit: &Hit) {
    let place = hit.place.as_ref().and_then(place).map_or(String::new(), |place| format!("  {place}"));
    let name = output::styled(&output::safe(&hit.file.name), "1");
    let dim = output::safe(&format!("{place}  {}  {:.2}", hit.file.connector_id, hit.score));
    output::line(format!("{rank:>2}. {name}{}", output::styled(&dim, "2")));
    if let Some(snippet) = &hit.snippet {
        output::line(format!("    {}", highlighted(snippet)));
    }
    if let Some(url) = &hit.file.url {
        output::line(format!("    {}", output::styled(&output::safe(url), "36")));
    }
}

fn place(place: &Place) -> Option<String> {
    let mut parts = Vec::new();
    for (word, number) in [("page", place.page), ("slide", place.slide)] {
        parts.extend(number.map(|number| format!("{word} {number}")));
    }
    parts.extend(place.sheet.as_ref().map(|sheet| format!("sheet {sheet}")));
    if let Some(rows) = &place.rows {
        match rows {
            Value::Array(ends) if ends.len() == 2 => parts.push(format!("rows {}–{}", ends[0], ends[1])),
            Value::Null => {}
            other => parts.push(format!("rows {other}")),
        }
    }
    parts.extend(place.heading.clone());
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// The snippet with the words found marked: in colour, or between `**` without it.
fn highlighted(snippet: &Snippet) -> String {
    let (open, close) = if output::is_coloured() { ("\x1b[1;33m", "\x1b[0m") } else { ("**", "**") };
    let mut text = String::new();
    let mut done = 0;
    for (start, end) in &snippet.highlights {
        // Ranges that do not fit the text are left unmarked.
        let (Some(before), Some(found)) = (snippet.text.get(done..*start), snippet.text.get(*start..*end))
        else {
            break;
        };
        text.push_str(&output::safe(before));
        text.push_str(&format!("{open}{}{close}", output::safe(found)));
        done = *end;
    }
    text.push_str(&output::safe(snippet.text.get(done..).unwrap_or_default()));
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn found_words_are_marked_where_they_stand() {
        let snippet =
            Snippet { text: "ein Überblick\nhier".to_owned(), highlights: vec![(4, 14), (15, 19)] };
        assert_eq!(highlighted(&snippet), "ein **Überblick** **hier**");
    }
}
