//! Which connection is meant, where a user has several accounts through one connector.

use crate::client::Client;
use crate::client::wire::{ConnectionRow, Connector};
use crate::failure::{Exit, Failure};
use crate::output;

/// The id behind what stands after `--connection`: an id, or the account as `gangway status` shows it.
pub async fn id_of(client: &Client, connector: &str, named: Option<&str>) -> Result<Option<String>, Failure> {
    let Some(named) = named else { return Ok(None) };
    let connector: Connector = client.get(&["connectors", connector]).read().await?;
    Ok(Some(find(&connector, named)?.connection_id))
}

/// The connection of an id or account.
pub fn find(connector: &Connector, named: &str) -> Result<ConnectionRow, Failure> {
    let is_meant = |row: &ConnectionRow| {
        row.connection_id == named || row.person().is_some_and(|person| person.eq_ignore_ascii_case(named))
    };
    let mut meant: Vec<ConnectionRow> = connector.all().into_iter().filter(is_meant).collect();
    match (meant.pop(), meant.is_empty()) {
        (Some(row), true) => Ok(row),
        (Some(_), false) => Err(Failure::usage(format!("{} has several accounts {named:?}", connector.name))
            .remedy(format!("name one by its id:\n{}", listed(&connector.all())))),
        (None, _) => {
            let what = format!("{} is not connected with {named:?}", connector.name);
            let rows = connector.all();
            let remedy = match rows.is_empty() {
                true => format!("`gangway connect {}` connects an account", connector.id),
                false => format!("it is connected with\n{}", listed(&rows)),
            };
            Err(Failure::new(Exit::NotFound, what).remedy(remedy))
        }
    }
}

/// The one connection, where none was named. `None` where there is none.
///
/// # Errors
/// Where there are several: what cannot be undone happens to none that nobody named.
pub fn only(connector: &Connector) -> Result<Option<ConnectionRow>, Failure> {
    let all = connector.all();
    let living: Vec<ConnectionRow> = all.iter().filter(|row| !row.is("disconnecting")).cloned().collect();
    match living.len() {
        // Of those on their way out one is named again, which changes nothing.
        0 => Ok(all.into_iter().next()),
        1 => Ok(living.into_iter().next()),
        count => Err(Failure::usage(format!("{} is connected with {count} accounts", connector.name))
            .why("which one is meant has to be said")
            .remedy(format!("name one by --connection, by account or id:\n{}", listed(&living)))),
    }
}

/// A line for each: the account and the id.
fn listed(rows: &[ConnectionRow]) -> String {
    let line = |row: &ConnectionRow| {
        output::safe(&format!("{}  {}", row.person().unwrap_or("-"), row.connection_id))
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}
