//! `gangway status`: which connectors there are, who is connected, what is wrong, and for the operator how far search by
//! meaning is.

use clap::Args;
use serde_json::json;

use crate::client::wire::{ConnectionRow, Connector, Connectors, SearchByMeaning, ServerStatus};
use crate::client::{ServerArgs, parse};
use crate::failure::Failure;
use crate::output::table::Rows;
use crate::output::{self, words};

#[derive(Args, Debug)]
pub struct StatusArgs {
    /// Only this connector
    connector: Option<String>,
}

pub async fn run(server: &ServerArgs, args: StatusArgs) -> Result<(), Failure> {
    let client = server.client()?;
    let mut about_server = None;
    let connectors = match &args.connector {
        Some(id) => {
            let answer = client.get(&["connectors", id]).send().await?;
            if server.json {
                output::json(&answer);
                return Ok(());
            }
            vec![parse::<Connector>(answer)?]
        }
        None => {
            // With the admin key alone there is nobody whose connectors could be shown.
            let asks_for_server = client.is_admin();
            if asks_for_server && !client.is_user() {
                let status = client.get(&["admin", "status"]).send().await?;
                match server.json {
                    true => output::json(&json!({ "server": status })),
                    false => print_server(&parse(status)?),
                }
                return Ok(());
            }
            let mut answer = client.get(&["connectors"]).send().await?;
            let status = match asks_for_server {
                true => Some(client.get(&["admin", "status"]).send().await?),
                false => None,
            };
            if server.json {
                if let (Some(status), Some(answer)) = (status, answer.as_object_mut()) {
                    answer.insert("server".to_owned(), status);
                }
                output::json(&answer);
                return Ok(());
            }
            about_server = status.map(parse::<ServerStatus>).transpose()?;
            parse::<Connectors>(answer)?.connectors
        }
    };
    print_connectors(&connectors);
    if let Some(status) = &about_server {
        output::line("");
        print_server(status);
    }
    if args.connector.is_some() {
        let all = connectors[0].all();
        for row in all.iter().filter(|row| !row.scopes.is_empty()) {
            let by = match (all.len(), row.person()) {
                (2.., Some(person)) => format!(" by {person}"),
                _ => String::new(),
            };
            output::line(output::safe(&format!("\ngranted{by}: {}", row.scopes.join(", "))));
        }
    }
    Ok(())
}

/// A row for each connection, and for each connector without one.
fn print_connectors(connectors: &[Connector]) {
    let mut table = Rows::new(&["id", "connector", "state", "account", "last sync", "connection"]);
    let mut remarks = Vec::new();
    for connector in connectors {
        let all = connector.all();
        if all.is_empty() {
            let state = without_connection(connector);
            table.row([connector.id.as_str(), &connector.name, &state, "-", "-", "-"]);
        }
        for row in &all {
            let person = row.person().unwrap_or("-");
            let synced = words::ago(row.last_sync_at);
            let state = state(row);
            let id = row.connection_id.as_str();
            table.row([connector.id.as_str(), &connector.name, state, person, &synced, id]);
            if row.is("needs_reauth") {
                let why = row.error.as_ref().map_or(String::new(), |error| format!(" ({})", error.message));
                let (whose, hint) = match (all.len(), row.person()) {
                    (2.., Some(person)) => (format!(" of {person}"), format!(" --login-hint {person}")),
                    _ => (String::new(), String::new()),
                };
                remarks.push(format!(
                    "\n{}{whose} needs to be connected again{why}: gangway connect {}{hint}",
                    connector.name, connector.id
                ));
            }
        }
    }
    table.print("no connectors");
    for remark in remarks {
        output::line(output::safe(&remark));
    }
}

fn print_server(status: &ServerStatus) {
    for line in by_meaning(status.search_by_meaning.as_ref()).lines() {
        output::line(output::safe(line));
    }
}

/// How far search by meaning is, and what keeps it from getting on.
fn by_meaning(state: Option<&SearchByMeaning>) -> String {
    let Some(state) = state else { return "search by meaning: off".to_owned() };
    let waiting = match state.documents_waiting {
        0 => "every document has its vectors".to_owned(),
        count => format!("{} without vectors yet", words::count(count, "document")),
    };
    let refused = match state.documents_refused {
        0 => String::new(),
        count => format!(", {} not taken whole", words::count(count, "document")),
    };
    let error = state
        .last_error
        .as_ref()
        .map_or(String::new(), |error| format!("\n  held up, {}: {}", words::ago(error.at), error.message));
    format!("search by meaning: {waiting}{refused} ({}){error}", state.model)
}

fn state(row: &ConnectionRow) -> &'static str {
    match row.status.as_deref() {
        Some("needs_reauth") => "needs reconnecting",
        Some("disconnecting") => "disconnecting",
        _ => "connected",
    }
}

fn without_connection(connector: &Connector) -> String {
    match (connector.connected, connector.available, &connector.reason) {
        (true, _, _) => "connected".to_owned(),
        (_, true, _) => "not connected".to_owned(),
        (_, _, reason) => reason.clone().unwrap_or_else(|| "not available".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_operator_reads_says_how_far_it_is_and_what_is_wrong() {
        let told = |json: serde_json::Value| {
            by_meaning(serde_json::from_value::<ServerStatus>(json).unwrap().search_by_meaning.as_ref())
        };
        assert_eq!(told(json!({ "search_by_meaning": null })), "search by meaning: off");
        let done = json!({ "search_by_meaning": {
            "model": "m 1", "documents_waiting": 0, "documents_refused": 0, "last_error": null,
        } });
        assert_eq!(told(done), "search by meaning: every document has its vectors (m 1)");
        let held_up = json!({ "search_by_meaning": {
            "model": "m 1", "documents_waiting": 1200, "documents_refused": 1,
            "last_error": { "code": "embedder_unavailable", "message": "it is down", "at": null },
        } });
        assert_eq!(
            told(held_up),
            "search by meaning: 1200 documents without vectors yet, 1 document not taken whole (m 1)\n  \
             held up, -: it is down"
        );
    }
}
