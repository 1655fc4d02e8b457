//! How a command finds its server: flags, environment, or a file such as the demo's `demo.env`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;
use gangway_model::SecretString;
use url::Url;

use super::Client;
use crate::failure::Failure;

/// Where the demo leaves its addresses and keys, seen from the folder it was started in.
pub const DEMO_ENV: &str = "gangway-data/demo/demo.env";

/// The server to talk to. Flags count more than the environment, and that more than the file.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Server")]
pub struct ServerArgs {
    /// The server's address [env: GANGWAY_URL] [default: http://127.0.0.1:8080]
    #[arg(long, value_name = "URL", global = true)]
    pub url: Option<String>,
    /// The user token [env: GANGWAY_TOKEN]
    #[arg(long, value_name = "TOKEN", global = true)]
    pub token: Option<String>,
    /// The admin key [env: GANGWAY_ADMIN_KEY]
    #[arg(long, value_name = "KEY", global = true)]
    pub admin_key: Option<String>,
    /// A file with GANGWAY_URL=…, GANGWAY_TOKEN=… lines, such as the demo's demo.env
    #[arg(long, value_name = "FILE", env = "GANGWAY_ENV_FILE", hide_env_values = true, global = true)]
    pub env_file: Option<PathBuf>,
    /// Print JSON for machines
    #[arg(long, global = true)]
    pub json: bool,
}

impl ServerArgs {
    pub fn client(&self) -> Result<Client, Failure> {
        let file = match &self.env_file {
            Some(path) => read_env_file(path)?,
            None => BTreeMap::new(),
        };
        let pick = |flag: &Option<String>, name: &str| {
            let given = flag.clone().or_else(|| std::env::var(name).ok()).or_else(|| file.get(name).cloned());
            given.filter(|text| !text.is_empty())
        };
        let text = pick(&self.url, "GANGWAY_URL").unwrap_or_else(|| "http://127.0.0.1:8080".to_owned());
        let base = Url::parse(&text).ok().filter(|url| matches!(url.scheme(), "http" | "https")).ok_or_else(
            || {
                Failure::usage(format!("{text:?} is not a server's address"))
                    .remedy("write it like http://127.0.0.1:8080")
            },
        )?;
        let token = pick(&self.token, "GANGWAY_TOKEN").map(SecretString::from);
        let admin_key = pick(&self.admin_key, "GANGWAY_ADMIN_KEY").map(SecretString::from);
        Client::new(base, token, admin_key)
    }
}

/// What to try when a key is missing and the demo has left its file here.
pub fn hint() -> String {
    match Path::new(DEMO_ENV).is_file() {
        true => format!("--env-file {DEMO_ENV} takes the running demo's address and keys"),
        false => String::new(),
    }
}

fn read_env_file(path: &Path) -> Result<BTreeMap<String, String>, Failure> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::usage(format!("cannot read {}", path.display())).why(error))?;
    Ok(parse_env(&text))
}

/// Reads `NAME=value` lines as a shell would: comments, `export`, and quotes around the value.
pub fn parse_env(text: &str) -> BTreeMap<String, String> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.strip_prefix("export ").unwrap_or(line).split_once('='))
        .map(|(name, value)| {
            let value = value.trim();
            let bare = ['"', '\'']
                .iter()
                .find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote))
                .unwrap_or(value);
            (name.trim().to_owned(), bare.to_owned())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::parse_env;

    #[test]
    fn lines_are_read_as_a_shell_would() {
        let read = parse_env("# demo\nGANGWAY_URL=http://a\nexport GANGWAY_TOKEN=\"gw x\"\nA='b=c'\n\n");
        assert_eq!(read["GANGWAY_URL"], "http://a");
        assert_eq!(read["GANGWAY_TOKEN"], "gw x");
        assert_eq!(read["A"], "b=c");
        assert_eq!(read.len(), 3);
    }
}
