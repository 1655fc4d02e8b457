//! The command line: its tree, and which command is run by what.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;

use crate::client::ServerArgs;
use crate::commands;
use crate::failure::Failure;
use crate::output;

/// Connects people's documents to your product: OAuth connectors, sync and search in one process
#[derive(Parser, Debug)]
#[command(name = "gangway", version, propagate_version = true, max_term_width = 100)]
#[command(after_help = "`gangway demo` shows all of it with emulated providers.")]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Run the server
    Serve(commands::serve::ServeArgs),
    /// Show everything at work: emulated providers, consent, sync, search, live changes
    Demo(commands::demo::DemoArgs),
    /// Run emulators of the providers
    Emulate(commands::emulate::EmulateArgs),
    /// Check configuration, keys, database, providers; say what to mend
    Doctor(commands::doctor::DoctorArgs),
    /// Make, rotate and look at master keys
    Keys(commands::keys::KeysArgs),
    /// Fetch, list and check models for search by meaning
    Model(commands::model::ModelArgs),
    /// Show or check the configuration
    Config(commands::config::ConfigCommandArgs),
    /// Manage users and their tokens (needs the admin key)
    Users(Remote<commands::users::UsersArgs>),
    /// Manage organisations (needs the admin key)
    Organizations(Remote<commands::organizations::OrganizationsArgs>),
    /// Show the webhook addresses to enter at providers (needs the admin key)
    Webhooks(Remote<commands::webhooks::WebhooksArgs>),
    /// Show the connectors and who is connected; with the admin key also how far search by meaning is
    Status(Remote<commands::status::StatusArgs>),
    /// Connect an account: opens the browser and waits for the consent
    Connect(Remote<commands::connect::ConnectArgs>),
    /// List files and folders at the source
    Ls(Remote<commands::ls::LsArgs>),
    /// Bring files and folders into a collection
    Sync(Remote<commands::sync::SyncArgs>),
    /// Upload files and folders from this machine
    Upload(Remote<commands::upload::UploadArgs>),
    /// Search what was brought in
    Search(Remote<commands::search::SearchArgs>),
    /// Print the text of a file that was brought in
    Read(Remote<commands::read::ReadArgs>),
    /// Say why a file is here or is not
    Why(Remote<commands::why::WhyArgs>),
    /// Manage collections
    Collections(Remote<commands::collections::CollectionsArgs>),
    /// See and end what you have allowed assistants; with the admin key what anybody has
    Assistants(Remote<commands::assistants::AssistantsArgs>),
    /// End a connection and delete what came through it
    Disconnect(Remote<commands::disconnect::DisconnectArgs>),
    /// Print a completion script for a shell
    Completions { shell: Shell },
    /// Print the OpenAPI document of the REST API
    Openapi,
    /// Read files on behalf of a server; started by it
    #[command(hide = true)]
    ExtractWorker,
    /// Print the reference page of the command line, in Markdown
    #[command(hide = true)]
    CliReference,
}

/// A command that talks to a server.
#[derive(clap::Args, Debug)]
struct Remote<T: clap::Args> {
    #[command(flatten)]
    args: T,
    #[command(flatten)]
    server: ServerArgs,
}

impl Cli {
    /// Whether errors too are to be printed as JSON.
    pub fn wants_json(&self) -> bool {
        match &self.command {
            Command::Users(remote) => remote.server.json,
            Command::Organizations(remote) => remote.server.json,
            Command::Webhooks(remote) => remote.server.json,
            Command::Status(remote) => remote.server.json,
            Command::Connect(remote) => remote.server.json,
            Command::Ls(remote) => remote.server.json,
            Command::Sync(remote) => remote.server.json,
            Command::Upload(remote) => remote.server.json,
            Command::Search(remote) => remote.server.json,
            Command::Read(remote) => remote.server.json,
            Command::Why(remote) => remote.server.json,
            Command::Collections(remote) => remote.server.json,
            Command::Assistants(remote) => remote.server.json,
            Command::Disconnect(remote) => remote.server.json,
            Command::Doctor(args) => args.json,
            Command::Keys(args) => args.json,
            Command::Model(args) => args.json,
            Command::Config(args) => args.json,
            _ => false,
        }
    }

    pub fn run(self) -> Result<ExitCode, Failure> {
        match self.command {
            Command::ExtractWorker => return Ok(gangway_extract::worker_main()),
            Command::Serve(args) => commands::serve::run(args),
            Command::Demo(args) => commands::demo::run(args),
            Command::Emulate(args) => commands::emulate::run(args),
            Command::Doctor(args) => alone(commands::doctor::run(args)),
            Command::Keys(args) => alone(commands::keys::run(args)),
            Command::Model(args) => alone(commands::model::run(args)),
            Command::Config(args) => commands::config::run(args),
            Command::Users(Remote { args, server }) => alone(commands::users::run(&server, args)),
            Command::Organizations(Remote { args, server }) => {
                alone(commands::organizations::run(&server, args))
            }
            Command::Webhooks(Remote { args, server }) => alone(commands::webhooks::run(&server, args)),
            Command::Status(Remote { args, server }) => alone(commands::status::run(&server, args)),
            Command::Connect(Remote { args, server }) => alone(commands::connect::run(&server, args)),
            Command::Ls(Remote { args, server }) => alone(commands::ls::run(&server, args)),
            Command::Sync(Remote { args, server }) => alone(commands::sync::run(&server, args)),
            Command::Upload(Remote { args, server }) => alone(commands::upload::run(&server, args)),
            Command::Search(Remote { args, server }) => alone(commands::search::run(&server, args)),
            Command::Read(Remote { args, server }) => alone(commands::read::run(&server, args)),
            Command::Why(Remote { args, server }) => alone(commands::why::run(&server, args)),
            Command::Collections(Remote { args, server }) => alone(commands::collections::run(&server, args)),
            Command::Assistants(Remote { args, server }) => alone(commands::assistants::run(&server, args)),
            Command::Disconnect(Remote { args, server }) => alone(commands::disconnect::run(&server, args)),
            Command::Completions { shell } => {
                let mut script = Vec::new();
                clap_complete::generate(shell, &mut Cli::command(), "gangway", &mut script);
                output::line(String::from_utf8_lossy(&script).trim_end());
                Ok(())
            }
            Command::Openapi => {
                output::line(crate::wiring::openapi());
                Ok(())
            }
            Command::CliReference => {
                output::line(reference().trim_end());
                Ok(())
            }
        }?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Whether a command line that could not be read asks for JSON.
pub fn asks_for_json(args: impl Iterator<Item = OsString>) -> bool {
    args.skip(1).take_while(|arg| arg != "--").any(|arg| arg == "--json")
}

/// Runs a command on a small runtime of its own.
fn alone(work: impl std::future::Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    crate::on_runtime(2, work)
}

/// The reference page of the command line.
pub fn reference() -> String {
    let mut text = String::from(
        "# Command line\n\n\
         <!-- Made by `make generate` from the program's own help; a test proves that it matches. -->\n\n\
         Commands that talk to a server take its address and keys from flags, from the environment, or from a file named by\n\
         `--env-file` (the demo leaves one in its data folder).\n\n\
         `--json` prints exactly one JSON document on standard output, whatever happens: mistakes in the command line\n\
         included. Where the exit code is not 0 it has `error`, with `code`, `message`, and in `details` what is known of `why`\n\
         and what to `try`; what came of the work all the same stands beside it. Only `sync --follow` prints several: one on\n\
         each line, as they come.\n\n\
         | exit code | meaning |\n|---|---|\n\
         | 0 | done |\n\
         | 1 | it could not be done |\n\
         | 2 | the command line or the configuration is wrong |\n\
         | 3 | the server does not answer |\n\
         | 4 | the server refused the caller: no token, a wrong one, or a plan that does not include it |\n\
         | 5 | what was named does not exist |\n\
         | 6 | the work ended, but not all of it succeeded (a sync that is partial or failed, an upload of which a file was refused) |\n",
    );
    let mut command = Cli::command();
    command.build();
    describe(&mut command, &mut text);
    text
}

fn describe(command: &mut clap::Command, text: &mut String) {
    for sub in command.get_subcommands_mut().filter(|sub| !sub.is_hide_set() && sub.get_name() != "help") {
        let title = sub.get_bin_name().unwrap_or(sub.get_name()).to_owned();
        let help = sub.clone().term_width(100).render_help().to_string();
        let help = help.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
        text.push_str(&format!("\n## `{title}`\n\n```text\n{}\n```\n", help.trim_end()));
        if sub.has_subcommands() {
            describe(sub, text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_reference_page_matches_the_program() {
        crate::config::check_generated("docs/reference/cli.md", &reference());
    }
}
