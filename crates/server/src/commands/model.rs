//! `gangway model`: models that run in the server's own process. This command alone fetches any.

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::{Args, Subcommand};
use gangway_effects::Network;
use gangway_embeddings::{Fetch, FetchError, KNOWN, KnownModel, LocalModel, LocalModelOptions, Step, Wanted};
use gangway_search::{Embedder, TextKind};
use serde_json::json;
use url::Url;

use super::config::load;
use crate::config::{Config, ConfigArgs};
use crate::failure::{Exit, Failure};
use crate::meaning::open_model;
use crate::output::progress::Bytes;
use crate::output::table::Rows;
use crate::output::{self, words};

#[derive(Args, Debug)]
pub struct ModelArgs {
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
    /// List the models that can be fetched by name, and where they lie
    List,
    /// Fetch a model: by name, or from the address of a folder. Every file is checked, and goes on where it broke off
    Fetch {
        /// A name of `gangway model list`, or an address that the files' names are appended to
        model: String,
        /// The folder to make; by default one for the name, in the folder `models` of the data folder
        #[arg(long, value_name = "FOLDER")]
        to: Option<PathBuf>,
        /// Another address with the same files as the named model's
        #[arg(long, value_name = "URL")]
        from: Option<Url>,
        /// The digest of a file that comes from an address; for config.json, model.safetensors, tokenizer.json and
        /// whatever else shall be fetched
        #[arg(long, value_name = "FILE=HEX")]
        sha256: Vec<String>,
    },
    /// Load a model from its folder and make a vector with it
    Check {
        /// By default the one that is configured
        folder: Option<PathBuf>,
    },
}

pub async fn run(args: ModelArgs) -> Result<(), Failure> {
    let config = Config::from_settings(&load(&args.config)?)?;
    match args.deed {
        Deed::List => list(&config, args.json),
        Deed::Fetch { model, to, from, sha256 } => {
            let wanted = wanted(&config, &model, to, from, &sha256)?;
            fetch(&config, &wanted, KnownModel::find(&model), args.json).await
        }
        Deed::Check { folder } => check(&config, folder, args.json).await,
    }
}

/// Where models lie that are fetched by name.
fn home(config: &Config, name: &str) -> PathBuf {
    config.data_dir.join("models").join(name)
}

fn list(config: &Config, as_json: bool) -> Result<(), Failure> {
    let here = |model: &KnownModel| Some(home(config, model.name)).filter(|folder| folder.is_dir());
    if as_json {
        let models = KNOWN.iter().map(|model| {
            json!({
                "name": model.name, "about": model.about, "bytes": model.bytes(), "address": model.address,
                "folder": here(model),
            })
        });
        output::json(&json!({ "is_built": LocalModel::IS_BUILT, "models": models.collect::<Vec<_>>() }));
        return Ok(());
    }
    let mut rows = Rows::new(&["name", "size", "about", "folder"]);
    for model in KNOWN {
        let folder =
            here(model).map_or_else(|| "not fetched".to_owned(), |folder| folder.display().to_string());
        rows.row([model.name.to_owned(), words::size(model.bytes()), model.about.to_owned(), folder]);
    }
    rows.print("no models are known by name");
    if !LocalModel::IS_BUILT {
        output::line("this program was built without local models (cargo feature local-model)");
    }
    Ok(())
}

/// What the command line asks for.
fn wanted(
    config: &Config,
    model: &str,
    to: Option<PathBuf>,
    from: Option<Url>,
    digests: &[String],
) -> Result<Fetch, Failure> {
    if let Some(known) = KnownModel::find(model) {
        if !digests.is_empty() {
            return Err(Failure::usage(format!(
                "the digests of {} are known: leave --sha256 out",
                known.name
            )));
        }
        let to = to.unwrap_or_else(|| home(config, known.name));
        return Ok(Fetch::known(known, from, to));
    }
    let address = Url::parse(model).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let Some(address) = address else {
        let names: Vec<&str> = KNOWN.iter().map(|model| model.name).collect();
        return Err(Failure::usage(format!("{model:?} is neither a known model nor an address"))
            .remedy(format!("known are {}; `gangway model list` says more", names.join(" and "))));
    };
    if from.is_some() {
        return Err(Failure::usage(
            "--from names another address of a known model; here the address is one already",
        ));
    }
    let to = to.ok_or_else(|| Failure::usage("--to is missing: which folder shall be made?"))?;
    let mut files = Vec::new();
    for given in digests {
        let (name, sha256) = given
            .split_once('=')
            .ok_or_else(|| Failure::usage(format!("--sha256 {given:?} is not of the form FILE=HEX")))?;
        files.push(Wanted { name: name.to_owned(), sha256: sha256.to_owned(), bytes: None });
    }
    for needed in ["config.json", "tokenizer.json", "model.safetensors"] {
        if !files.iter().any(|file| file.name == needed) {
            return Err(Failure::usage(format!("the digest of {needed} is not known")).remedy(format!(
                "ask whoever publishes the model for it and add --sha256 {needed}=<64 hex digits>; nothing is taken \
                 unchecked"
            )));
        }
    }
    Ok(Fetch { from: address, files, to })
}

async fn fetch(
    config: &Config,
    wanted: &Fetch,
    known: Option<&KnownModel>,
    as_json: bool,
) -> Result<(), Failure> {
    let network = Network::new(config.network.clone())
        .map_err(|error| Failure::new(Exit::Usage, "cannot set up outgoing calls").why(error))?;
    let mut shown = Shown { bar: None, as_json };
    let fetched = wanted.run(&network, &mut |step| shown.step(step)).await;
    shown.end();
    let fetched = fetched.map_err(|error| failure(wanted, error))?;
    let settings: &[(&str, &str)] = known.map_or(&[], |known| known.settings);
    if as_json {
        output::json(&json!({
            "folder": wanted.to, "was_there": fetched.was_there, "model": fetched.model.model(),
            "dimensions": fetched.model.dimensions(), "max_tokens": fetched.model.max_tokens(),
            "settings": settings.iter().copied().collect::<std::collections::BTreeMap<_, _>>(),
        }));
        return Ok(());
    }
    output::line(output::safe(&match fetched.was_there {
        true => format!("{} was there already and is as it should be", wanted.to.display()),
        false => format!("fetched {}", wanted.to.display()),
    }));
    output::line(about(&fetched.model));
    output::line("\nto search by meaning with it:\n\n[search.embeddings]");
    let folder = std::path::absolute(&wanted.to).unwrap_or_else(|_| wanted.to.clone());
    output::line(output::safe(&format!("model_folder = {:?}", folder.display().to_string())));
    for (name, value) in settings {
        output::line(format!("{name} = {value}"));
    }
    Ok(())
}

fn about(model: &LocalModel) -> String {
    let (length, tokens) = (model.dimensions(), model.max_tokens());
    output::safe(&format!("{}: vectors of {length} numbers, texts of up to {tokens} tokens", model.model()))
}

fn failure(wanted: &Fetch, error: FetchError) -> Failure {
    let remedy = match &error {
        FetchError::Occupied { .. } => "name another folder with --to, or remove this one".to_owned(),
        FetchError::Name { .. } | FetchError::Digest { .. } => "look at --sha256".to_owned(),
        FetchError::BrokeOff { .. } => {
            "check name resolution, firewall and HTTPS_PROXY; behind an inspecting proxy set outgoing.extra_ca_file"
                .to_owned()
        }
        FetchError::Status { .. } | FetchError::Redirect { .. } => {
            format!("is {} the address of a model's folder?", wanted.from.host_str().unwrap_or_default())
        }
        FetchError::Refused(_) => "look at the outgoing section of the configuration".to_owned(),
        FetchError::TooLarge { .. } | FetchError::Differs { .. } => {
            "somebody changed the file, or the address is of another revision; nothing of it is used".to_owned()
        }
        FetchError::Write { .. } => "make room, or name another folder with --to".to_owned(),
        FetchError::Model(_) => "it is not of a kind that this program runs; see docs/search.md".to_owned(),
    };
    Failure::failed("the model was not fetched").why(error).remedy(remedy)
}

/// A bar for each file.
struct Shown {
    bar: Option<Bytes>,
    as_json: bool,
}

impl Shown {
    fn step(&mut self, step: Step<'_>) {
        match step {
            Step::File { name, have, bytes } => {
                self.end();
                if !self.as_json {
                    let size = bytes.map_or(String::new(), |bytes| format!(", {}", words::size(bytes)));
                    let goes_on =
                        if have > 0 { format!(", {} are there", words::size(have)) } else { String::new() };
                    output::remark(output::safe(&format!("  {name}{size}{goes_on}")));
                }
                let bar = Bytes::new(bytes.unwrap_or(0), self.as_json);
                if let Some(bar) = bar.handle() {
                    bar.inc(have);
                }
                self.bar = Some(bar);
            }
            Step::Came(bytes) => {
                if let Some(bar) = self.bar.as_ref().and_then(Bytes::handle) {
                    bar.inc(bytes);
                }
            }
            Step::Trying => self.end(),
        }
    }

    fn end(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish();
        }
    }
}

#[allow(clippy::disallowed_methods, reason = "measures how long the model takes; nothing is decided by it")]
async fn check(config: &Config, folder: Option<PathBuf>, as_json: bool) -> Result<(), Failure> {
    let options = match (folder, configured(config)) {
        (Some(folder), _) => LocalModelOptions {
            folder,
            threads: 1,
            query_prefix: String::new(),
            passage_prefix: String::new(),
        },
        (None, Some(options)) => options.clone(),
        (None, None) => {
            return Err(Failure::usage("which folder? search.embeddings.model_folder is not set either"));
        }
    };
    let cannot = |folder: &Path| format!("the model in {} cannot be used", folder.display());
    let folder = options.folder.clone();
    let begun = Instant::now();
    let model = open_model(options).await.map_err(|error| Failure::failed(cannot(&folder)).why(error))?;
    let loaded = begun.elapsed().as_millis();
    let begun = Instant::now();
    let made = model.embed(TextKind::Query, &["is anybody there?".to_owned()]).await;
    made.map_err(|error| Failure::failed(cannot(&folder)).why(error))?;
    let took = begun.elapsed().as_millis();
    if as_json {
        output::json(&json!({
            "folder": folder, "model": model.model(), "dimensions": model.dimensions(),
            "max_tokens": model.max_tokens(), "load_ms": loaded, "question_ms": took,
        }));
        return Ok(());
    }
    output::line(about(&model));
    output::line(format!("loaded in {loaded} ms; a short question takes {took} ms"));
    Ok(())
}

fn configured(config: &Config) -> Option<&LocalModelOptions> {
    match &config.embeddings.as_ref()?.embedder {
        crate::config::EmbedderConfig::Folder(options) => Some(options),
        crate::config::EmbedderConfig::Endpoint(_) => None,
    }
}
