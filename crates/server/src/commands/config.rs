//! `gangway config`: what is in force, and whether it is right.

use clap::{Args, Subcommand};
use serde_json::{Map, Value as Json, json};

use crate::config::{self, Config, ConfigArgs, Settings};
use crate::failure::Failure;
use crate::output;
use crate::output::table::Rows;

#[derive(Args, Debug)]
pub struct ConfigCommandArgs {
    #[command(subcommand)]
    deed: Option<Deed>,
    /// Print JSON for machines
    #[arg(long, global = true)]
    pub json: bool,
    #[command(flatten)]
    config: ConfigArgs,
}

#[derive(Subcommand, Debug)]
enum Deed {
    /// Show what is in force and where it was said (the default); secrets are hidden
    Show,
    /// Say what is wrong, if anything
    Check,
    /// Print a file with every setting and its default
    Default,
    /// Print the reference page, in Markdown
    Reference,
}

pub fn run(args: ConfigCommandArgs) -> Result<(), Failure> {
    match args.deed.unwrap_or(Deed::Show) {
        Deed::Show => show(&load(&args.config)?, args.json),
        Deed::Check => {
            let settings = load(&args.config)?;
            Config::from_settings(&settings)?;
            match args.json {
                true => output::json(&json!({ "ok": true, "file": settings.file })),
                false => output::line(match &settings.file {
                    Some(path) => format!("{} is right", path.display()),
                    None => "there is no configuration file; environment and flags are right".to_owned(),
                }),
            }
        }
        Deed::Default => text(&config::default_file(&crate::settings_table()), args.json),
        Deed::Reference => text(&config::markdown(&crate::settings_table()), args.json),
    }
    Ok(())
}

fn text(text: &str, as_json: bool) {
    match as_json {
        true => output::json(&json!({ "text": text })),
        false => output::line(text.trim_end()),
    }
}

/// Reads all layers with this process's environment.
pub fn load(args: &ConfigArgs) -> Result<Settings, Failure> {
    let environment = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    let settings = config::load(args, &environment, &crate::descriptors())?;
    for name in &settings.unknown_environment {
        output::remark(format!("warning: {name} names no setting and is not used"));
    }
    Ok(settings)
}

fn show(settings: &Settings, as_json: bool) {
    let mut object = Map::new();
    let mut rows = Rows::new(&["setting", "value", "said by"]);
    for setting in &settings.table {
        let Some(given) = settings.find(&setting.key) else { continue };
        let value = given.value.shown();
        rows.row([setting.key.to_string(), value.to_string(), given.source.to_string()]);
        object.insert(setting.key.to_string(), json!({ "value": value, "source": given.source.to_string() }));
    }
    match as_json {
        true => output::json(&Json::Object(object)),
        false => rows.print("nothing is set"),
    }
}
