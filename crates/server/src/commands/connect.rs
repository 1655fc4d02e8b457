//! `gangway connect`: opens the consent page in a browser and waits until the connection is there.

use std::process::{Command, Stdio};
use std::time::Duration;

use clap::Args;
use gangway_effects::{Clock, SystemClock};
use serde_json::json;

use crate::client::wire::{AuthorizeAnswer, ConnectionRow, Connector, Consent};
use crate::client::{Client, ServerArgs, parse};
use crate::failure::{Exit, Failure};
use crate::output::{self, progress::Waiting};

#[derive(Args, Debug)]
pub struct ConnectArgs {
    /// The connector, such as google_drive (see `gangway status`)
    connector: String,
    /// Only print the address, for a browser elsewhere
    #[arg(long)]
    no_browser: bool,
    /// Ask for this permission instead of the usual ones; may be repeated
    #[arg(long = "scope", value_name = "SCOPE")]
    scopes: Vec<String>,
    /// The account to suggest on the consent page
    #[arg(long, value_name = "EMAIL")]
    login_hint: Option<String>,
}

const LOOK_EVERY: Duration = Duration::from_secs(1);

pub async fn run(server: &ServerArgs, args: ConnectArgs) -> Result<(), Failure> {
    let client = server.client()?;
    let before = look(&client, &args.connector).await?.consents();
    let mut body = json!({});
    if !args.scopes.is_empty() {
        body["scopes"] = json!(args.scopes);
    }
    if let Some(hint) = &args.login_hint {
        body["login_hint"] = json!(hint);
    }
    let started: AuthorizeAnswer =
        parse(client.post(&["connectors", &args.connector, "authorize"]).json(&body).send().await?)?;
    let opened = !args.no_browser && open_browser(&started.auth_url);
    output::remark(match opened {
        true => "opened the consent page in your browser; if it does not show, open:",
        false => "open this page in a browser and allow the access:",
    });
    output::remark(format!("\n  {}\n", started.auth_url));
    let waiting = Waiting::start(
        &format!(
            "waiting for the consent (at most {} minutes, Ctrl-C gives up)",
            started.expires_in.div_ceil(60)
        ),
        server.json,
    );
    let connected = wait(&client, &args.connector, &before, started.expires_in).await;
    waiting.finish();
    let (connector, connection) = connected?;
    if server.json {
        output::json(&client.get(&["connectors", &args.connector]).send().await?);
    } else {
        let person = connection.person().map_or(String::new(), |person| format!(" as {person}"));
        output::line(output::safe(&format!("{} is connected{person}", connector.name)));
        output::line(format!(
            "next: gangway ls {id}   or   gangway sync {id} <file or folder> --collection \"My documents\"",
            id = connector.id
        ));
    }
    Ok(())
}

async fn look(client: &Client, connector: &str) -> Result<Connector, Failure> {
    client.get(&["connectors", connector]).read().await
}

/// Waits until a connection is new, or consented to anew.
async fn wait(
    client: &Client,
    connector: &str,
    before: &[Consent],
    seconds: u64,
) -> Result<(Connector, ConnectionRow), Failure> {
    let until = SystemClock.now() + Duration::from_secs(seconds);
    loop {
        let now = look(client, connector).await?;
        let is_new = |row: &ConnectionRow| row.is("active") && !before.contains(&row.consent());
        if let Some(row) = now.all().into_iter().find(is_new) {
            return Ok((now, row));
        }
        if SystemClock.now() >= until {
            return Err(Failure::new(Exit::Failed, "nobody allowed the access in time")
                .why("the request for consent has expired, or it was refused on the provider's page")
                .remedy(format!("start again: gangway connect {connector}")));
        }
        SystemClock.sleep(LOOK_EVERY).await;
    }
}

/// Asks the desktop to open an address. False when there is no desktop to ask.
fn open_browser(address: &str) -> bool {
    let program = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    if cfg!(target_os = "linux")
        && std::env::var_os("DISPLAY").is_none()
        && std::env::var_os("WAYLAND_DISPLAY").is_none()
    {
        return false;
    }
    Command::new(program)
        .arg(address)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .is_ok()
}
