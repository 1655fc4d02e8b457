//! `gangway search`: ranked hits with the words found, the place and the link.

use clap::Args;
use gangway_effects::{Clock, SystemClock};
use gangway_model::Place;
use serde_json::{Map, Value, json};

use super::collections;
use crate::client::wire::{Found, Hit, Snippet, Understood};
use crate::client::{ServerArgs, parse};
use crate::failure::{Exit, Failure};
use crate::output::{self, words};

/// Fields that may stand before a colon in a query.
const FIELDS: [&str; 7] = ["type", "from", "in", "after", "before", "title", "name"];

#[derive(Args, Debug)]
#[command(after_help = "\
In the query:
  budget report          files with both words come first, also in other forms of them
  \"annual report\"        these words in a row
  budg*                  words that begin so; the last word is always tried as a beginning
  -draft                 files that hold this are left out (write it after `--`, or quote the query)
  type:pdf               pdf, document, spreadsheet, presentation, image, email …; or docx
  from:drive             a connector, by id, by name or by a word of it
  in:\"Old reports\"       in a folder or collection of this name, or a path such as Reports/2026
  after:2026-01-31       changed on this day or later; also 2026-01, 2026, today, yesterday
  before:2026            changed before this day
  title:plan  name:plan  the word stands in the title or name, or in the name")]
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
    /// Only files changed on this day or later, as after: in the query: 2026-01-31, 2026-01, 2026, today, yesterday; or
    /// since a moment such as 2026-01-31T09:00:00Z
    #[arg(long, value_name = "DAY")]
    after: Option<String>,
    /// Only files changed before this day or moment
    #[arg(long, value_name = "DAY")]
    before: Option<String>,
    /// Only files below this path
    #[arg(long)]
    path: Option<String>,
    /// Show every file, also those with nearly the same text as another
    #[arg(long)]
    show_duplicates: bool,
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=100))]
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
    for (name, option, text) in
        [("modified_after", "--after", args.after), ("modified_before", "--before", args.before)]
    {
        if let Some(text) = text {
            filters.insert(name.to_owned(), json!(moment(option, &text)?));
        }
    }
    if let Some(path) = args.path {
        filters.insert("path".to_owned(), Value::String(path));
    }
    let query = args.query.iter().map(|part| requoted(part)).collect::<Vec<_>>().join(" ");
    let mut body = json!({ "query": query, "limit": args.limit });
    if args.show_duplicates {
        body["show_duplicates"] = Value::Bool(true);
    }
    if !filters.is_empty() {
        body["filters"] = Value::Object(filters);
    }
    let answer = client.post(&["search"]).json(&body).send().await?;
    if server.json {
        output::json(&answer);
        return Ok(());
    }
    let found: Found = parse(answer)?;
    print_understood(&found.understood);
    if found.by_meaning.as_deref() == Some("unavailable") {
        output::line(output::styled(
            "found by words alone: the model for meaning did not answer in time",
            "2",
        ));
    }
    if found.hits.is_empty() {
        output::line(output::safe(&format!("nothing found for {query:?}")));
        return Ok(());
    }
    for (index, hit) in found.hits.iter().enumerate() {
        print_hit(index + 1, hit);
        output::line(output::styled(&output::safe(&format!("    id {}", hit.file.id)), "2"));
    }
    output::line(how_many(&found));
    Ok(())
}

/// How many there are, as far as the server says.
fn how_many(found: &Found) -> String {
    let took = found.took_ms.map_or(String::new(), |took| format!(" in {took:.0} ms"));
    match (found.total, found.has_more) {
        (Some(total), _) if !found.total_is_exact => format!("{} or more{took}", words::count(total, "hit")),
        (Some(total), _) => format!("{}{took}", words::count(total, "hit")),
        (None, true) => format!("more than these{took}; --limit shows more"),
        (None, false) => format!("{}{took}", words::count(found.hits.len() as u64, "hit")),
    }
}

/// The moment at which a day begins, as the query's `after:` reads it.
fn moment(option: &str, text: &str) -> Result<String, Failure> {
    let begin = gangway_search::begin_of(text, SystemClock.now());
    begin.map(|at| at.to_rfc3339()).ok_or_else(|| {
        Failure::usage(format!("{option} {text:?} is neither a day nor a moment")).remedy(
            "write a day such as 2026-01-31, also 2026-01, 2026, today or yesterday; or a moment such as \
             2026-01-31T09:00:00Z",
        )
    })
}

/// The shell took the quotes from `in:"Old reports"`; they are put back.
fn requoted(part: &str) -> String {
    match part.split_once(':') {
        Some((field, value))
            if value.contains(char::is_whitespace)
                && !value.contains('"')
                && FIELDS.contains(&field.trim_start_matches('-').to_lowercase().as_str()) =>
        {
            format!("{field}:\"{value}\"")
        }
        _ => part.to_owned(),
    }
}

/// Says what of the query was not searched for as it stands.
fn print_understood(understood: &Understood) {
    let filters = understood.filters.iter().map(|one| {
        let not = if one.excluded { "not " } else { "" };
        format!("{not}{} {}", one.field, one.value)
    });
    let filters = filters.collect::<Vec<_>>().join(", ");
    if !filters.is_empty() {
        output::line(output::styled(&output::safe(&format!("only: {filters}")), "2"));
    }
    for respelled in &understood.respelled {
        let tried = respelled.tried.join(", ");
        let told = format!("{:?} hardly occurs; looked for {tried} too", respelled.word);
        output::line(output::styled(&output::safe(&told), "2"));
    }
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
    if hit.duplicates > 0 {
        let told = format!("    and {} with nearly the same text", words::count(hit.duplicates, "file"));
        output::line(output::styled(&told, "2"));
    }
    if let Some(url) = &hit.file.url {
        output::line(format!("    {}", output::styled(&output::safe(url), "36")));
    }
}

fn place(place: &Place) -> Option<String> {
    (!place.is_empty()).then(|| place.to_string())
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
    fn quotes_that_the_shell_took_are_put_back() {
        assert_eq!(requoted("in:Old reports"), "in:\"Old reports\"");
        assert_eq!(requoted("-From:Google Drive"), "-From:\"Google Drive\"");
        for same in ["travel policy", "in:Reports", "note: a b", "in:\"a b\" c"] {
            assert_eq!(requoted(same), same);
        }
    }

    #[test]
    fn the_number_of_hits_is_told_as_surely_as_the_server_knows_it() {
        let told = |answer: Value| how_many(&parse(answer).unwrap());
        let of = |exact: bool| json!({ "hits": [], "total": 41, "total_is_exact": exact, "took_ms": 3.0 });
        assert_eq!(told(of(true)), "41 hits in 3 ms");
        assert_eq!(told(of(false)), "41 hits or more in 3 ms");
        assert_eq!(
            told(json!({ "hits": [], "total": 1 })),
            "1 hit",
            "a server that says no more counts exactly"
        );
        assert_eq!(told(json!({ "hits": [], "has_more": true })), "more than these; --limit shows more");
    }

    #[test]
    fn found_words_are_marked_where_they_stand() {
        let snippet =
            Snippet { text: "ein Überblick\nhier".to_owned(), highlights: vec![(4, 14), (15, 19)] };
        assert_eq!(highlighted(&snippet), "ein **Überblick** **hier**");
    }
}
