//! The flags of commands that read the configuration.

use std::path::PathBuf;

use clap::Args;

/// Configuration flags. Each overrides the environment and the file.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Configuration")]
pub struct ConfigArgs {
    /// The configuration file; else gangway.toml in the data folder, else in the working folder
    #[arg(long, env = "GANGWAY_CONFIG", hide_env_values = true, value_name = "FILE", global = true)]
    pub config: Option<PathBuf>,
    /// The address to listen on; port 0 takes any free port
    #[arg(long, value_name = "HOST:PORT", global = true)]
    pub listen: Option<String>,
    /// The address under which browsers and providers reach this server
    #[arg(long, value_name = "URL", global = true)]
    pub public_url: Option<String>,
    /// The folder for the database, blobs and the search index
    #[arg(long, value_name = "FOLDER", global = true)]
    pub data_dir: Option<String>,
    /// A PostgreSQL address instead of SQLite in the data folder
    #[arg(long, value_name = "URL", global = true)]
    pub database_url: Option<String>,
    /// What is logged: error, warn, info, debug, trace, also per module
    #[arg(long, value_name = "LEVEL", global = true)]
    pub log_level: Option<String>,
    /// How log lines look: compact, pretty or json
    #[arg(long, value_name = "FORMAT", global = true)]
    pub log_format: Option<String>,
    /// Any setting by its key, such as sync.workers=8; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE", global = true)]
    pub set: Vec<String>,
}

/// A setting given by a flag.
pub struct FlagValue {
    pub key: String,
    pub flag: String,
    pub text: String,
}

impl ConfigArgs {
    /// The settings these flags give, in the order in which they count.
    pub fn values(&self) -> Result<Vec<FlagValue>, String> {
        let named = [
            ("listen", "--listen", &self.listen),
            ("public_url", "--public-url", &self.public_url),
            ("data_dir", "--data-dir", &self.data_dir),
            ("database_url", "--database-url", &self.database_url),
            ("log.level", "--log-level", &self.log_level),
            ("log.format", "--log-format", &self.log_format),
        ];
        let mut values: Vec<FlagValue> = named
            .into_iter()
            .filter_map(|(key, flag, text)| {
                let text = text.clone()?;
                Some(FlagValue { key: key.to_owned(), flag: flag.to_owned(), text })
            })
            .collect();
        for pair in &self.set {
            let (key, text) = pair
                .split_once('=')
                .ok_or_else(|| format!("--set {pair}: write it as KEY=VALUE, such as sync.workers=8"))?;
            let flag = format!("--set {}", key.trim());
            values.push(FlagValue { key: key.trim().to_owned(), flag, text: text.to_owned() });
        }
        Ok(values)
    }
}
