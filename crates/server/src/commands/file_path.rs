//! Finds a file or folder by its path at the source, such as `Handbook/Travel policy.pdf`.

use crate::client::Client;
use crate::client::wire::File;
use crate::failure::{Exit, Failure};

/// Names per folder that are looked through before giving up.
const MOST: usize = 20_000;

/// The files directly in a folder, or at the top.
pub async fn children(
    client: &Client,
    connector: &str,
    connection: Option<&str>,
    folder: Option<&str>,
) -> Result<Vec<File>, Failure> {
    let mut query = Vec::new();
    if let Some(folder) = folder {
        query.push(("folder_id", folder.to_owned()));
    }
    if let Some(connection) = connection {
        query.push(("connection", connection.to_owned()));
    }
    client.list_all(&["connectors", connector, "files"], &query, "files", MOST).await
}

/// Walks down a path of names. `None` when some name is not there.
pub async fn find(
    client: &Client,
    connector: &str,
    connection: Option<&str>,
    path: &str,
) -> Result<Option<File>, Failure> {
    let mut found: Option<File> = None;
    for name in split(path) {
        let folder = found.as_ref().map(|file| file.id.clone());
        let files = children(client, connector, connection, folder.as_deref()).await?;
        let mut same = files.into_iter().filter(|file| file.name == name);
        let Some(file) = same.next() else { return Ok(None) };
        if same.next().is_some() {
            return Err(Failure::new(Exit::Usage, format!("there are several things named {name:?} there"))
                .remedy("name it by its id: `gangway ls` shows ids"));
        }
        found = Some(file);
    }
    Ok(found)
}

/// The id behind what a person typed: a path when one leads somewhere, else the text as an id.
pub async fn resolve(
    client: &Client,
    connector: &str,
    connection: Option<&str>,
    text: &str,
) -> Result<String, Failure> {
    if !looks_like_path(text) {
        return Ok(text.to_owned());
    }
    match find(client, connector, connection, text).await? {
        Some(file) => Ok(file.id),
        None if text.contains('/') || text.contains(' ') => Err(missing(connector, text)),
        None => Ok(text.to_owned()),
    }
}

/// Makes sure that there is something of an id: a name that is none is taken for an id.
pub async fn must_exist(
    client: &Client,
    connector: &str,
    connection: Option<&str>,
    id: &str,
) -> Result<(), Failure> {
    let path = ["connectors", connector, "files", id, "why"];
    match client.get(&path).query_if("connection", connection).send().await {
        Err(failure) if failure.exit == Exit::NotFound => Err(missing(connector, id)),
        asked => asked.map(drop),
    }
}

fn missing(connector: &str, text: &str) -> Failure {
    Failure::new(Exit::NotFound, format!("there is no {text:?} at the source"))
        .remedy(format!("look around with `gangway ls {connector}`; a / inside a name is written \\/"))
}

/// Provider ids are long and have no spaces; everything else is tried as a name first.
pub fn looks_like_path(text: &str) -> bool {
    text.contains(['/', ' ', '.']) || text.chars().count() < 16 || !text.is_ascii()
}

/// Splits at slashes; `\/` is a slash inside a name, `\\` a backslash.
fn split(path: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut characters = path.chars();
    while let Some(character) = characters.next() {
        let part = parts.last_mut().expect("there is always a part");
        match character {
            '\\' => part.extend(characters.next()),
            '/' => parts.push(String::new()),
            other => part.push(other),
        }
    }
    parts.retain(|part| !part.is_empty());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slashes_inside_names_survive() {
        assert_eq!(split("My Drive/Q1\\/Q2 report/"), ["My Drive", "Q1/Q2 report"]);
        assert_eq!(split("a\\\\b/c"), ["a\\b", "c"]);
    }

    #[test]
    fn ids_are_not_looked_up_by_name() {
        assert!(!looks_like_path("1AbCdEfGhIjKlMnOpQrStUv"));
        assert!(looks_like_path("Handbook"));
        assert!(looks_like_path("Travel policy.pdf"));
    }
}
