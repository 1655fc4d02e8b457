//! `gangway keys`: the master keys that wrap every user's data key, and the admin key.

use std::io::Write;
use std::path::Path;

use clap::{Args, Subcommand};
use gangway_effects::random_token;
use gangway_vault::KeyRing;
use serde_json::json;

use super::config::load;
use crate::config::{Config, ConfigArgs};
use crate::failure::Failure;
use crate::output;
use crate::serving::lock::make_private;
use crate::wiring;

#[derive(Args, Debug)]
pub struct KeysArgs {
    #[command(subcommand)]
    deed: Deed,
    /// Print JSON for machines
    #[arg(long, global = true)]
    pub json: bool,
    #[command(flatten)]
    config: ConfigArgs,
}

#[derive(Subcommand, Debug)]
enum Deed {
    /// Make the master key file, and an admin key when there is none
    New,
    /// Add a master key to the file and wrap every user's data key with it; the server may keep running
    Rotate {
        /// Afterwards remove the older keys from the file
        #[arg(long)]
        remove_old: bool,
    },
    /// Say which keys there are and whether old ones are still needed
    Status,
}

pub async fn run(args: KeysArgs) -> Result<(), Failure> {
    let config = Config::from_settings(&load(&args.config)?)?;
    match args.deed {
        Deed::New => new(&config, args.json),
        Deed::Rotate { remove_old } => rotate(&config, remove_old, args.json).await,
        Deed::Status => status(&config, args.json).await,
    }
}

fn new(config: &Config, as_json: bool) -> Result<(), Failure> {
    make_private(&config.data_dir)?;
    KeyRing::create(&config.master_key_file).map_err(anyhow::Error::from)?;
    let made_admin_key = config.admin_key.is_none() && !config.admin_key_file.exists();
    if made_admin_key {
        write_admin_key(&config.admin_key_file)?;
    }
    if as_json {
        output::json(&json!({
            "master_key_file": config.master_key_file,
            "admin_key_file": made_admin_key.then_some(&config.admin_key_file),
        }));
        return Ok(());
    }
    output::line(format!("made the master key: {}", config.master_key_file.display()));
    if made_admin_key {
        output::line(format!("made the admin key:  {}", config.admin_key_file.display()));
    }
    output::line("Keep a copy of the master key apart from the backups of the data folder:");
    output::line("without it no backup can be opened, and whoever has both can open every grant.");
    Ok(())
}

/// Writes a new admin key into a file that its owner alone may read.
pub fn write_admin_key(path: &Path) -> Result<(), Failure> {
    write_private(path, &format!("{}\n", random_token("gwa_")))
}

/// Writes a file that its owner alone may read, in one step.
pub fn write_private(path: &Path, text: &str) -> Result<(), Failure> {
    let write = || -> std::io::Result<()> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let fresh = path.with_extension("new");
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&fresh)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&fresh, path)
    };
    write().map_err(|error| Failure::failed(format!("cannot write {}", path.display())).why(error))
}

async fn rotate(config: &Config, remove_old: bool, as_json: bool) -> Result<(), Failure> {
    let rows = wiring::KeyRows::open(config).await?;
    let version = match &config.master_key {
        // Keys from a setting are added there, by whoever keeps it; what is left is to wrap anew.
        Some(_) => rows.ring().current_version(),
        None => rows.ring().add_key().map_err(anyhow::Error::from)?,
    };
    if !as_json && config.master_key.is_none() {
        output::line(format!("added master key {version} to {}", config.master_key_file.display()));
    }
    let wrapped = rows.rewrap_all().await?;
    let mut removed = 0;
    if remove_old && config.master_key.is_none() {
        removed = rows.ring().remove_keys_below(version).map_err(anyhow::Error::from)?;
    }
    rows.close().await;
    if as_json {
        output::json(&json!({ "version": version, "users_rewrapped": wrapped, "keys_removed": removed }));
        return Ok(());
    }
    output::line(format!(
        "wrapped the data keys of {wrapped} users with it; a running server takes it up by itself"
    ));
    match removed {
        0 => output::line("older keys are kept; `gangway keys status` says when they are no longer needed"),
        _ => output::line(format!(
            "removed {removed} older keys; backups from before need them, so keep a copy"
        )),
    }
    Ok(())
}

async fn status(config: &Config, as_json: bool) -> Result<(), Failure> {
    let rows = wiring::KeyRows::open(config).await?;
    let versions = rows.ring().versions();
    let current = rows.ring().current_version();
    let behind = rows.keys_behind(current).await?;
    rows.close().await;
    if as_json {
        output::json(&json!({ "versions": versions, "current": current, "users_on_older_keys": behind }));
        return Ok(());
    }
    let list: Vec<String> = versions.iter().map(ToString::to_string).collect();
    output::line(format!("master keys: {} (new wraps use {current})", list.join(", ")));
    output::line(match behind {
        0 => {
            "every user's data key is wrapped by the newest one; older ones are needed for older backups only"
                .to_owned()
        }
        _ => format!(
            "{behind} users' data keys are wrapped by older ones; `gangway keys rotate` wraps them anew"
        ),
    });
    Ok(())
}
