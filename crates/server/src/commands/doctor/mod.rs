//! `gangway doctor`: checks everything a server needs and says what to mend.

mod local;
mod meaning;
mod outside;

use clap::Args;
use serde_json::json;

use super::config::load;
use crate::config::{Config, ConfigArgs};
use crate::failure::Failure;
use crate::output;

#[derive(Args, Debug)]
pub struct DoctorArgs {
    /// Print JSON for machines
    #[arg(long)]
    pub json: bool,
    /// Leave out what calls the providers
    #[arg(long)]
    offline: bool,
    #[command(flatten)]
    config: ConfigArgs,
}

/// How a check went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Ok,
    Warn,
    Fail,
}

impl State {
    fn word(self) -> &'static str {
        match self {
            State::Ok => "ok",
            State::Warn => "warn",
            State::Fail => "fail",
        }
    }
}

/// One line of the report.
#[derive(Clone, Debug)]
pub struct Finding {
    pub what: &'static str,
    pub state: State,
    pub text: String,
    pub remedy: Option<String>,
}

impl Finding {
    pub fn ok(what: &'static str, text: impl Into<String>) -> Self {
        Self { what, state: State::Ok, text: text.into(), remedy: None }
    }

    pub fn warn(what: &'static str, text: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { what, state: State::Warn, text: text.into(), remedy: Some(remedy.into()) }
    }

    pub fn fail(what: &'static str, text: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { what, state: State::Fail, text: text.into(), remedy: Some(remedy.into()) }
    }
}

pub async fn run(args: DoctorArgs) -> Result<(), Failure> {
    let findings = examine(&args).await;
    let failed = findings.iter().filter(|finding| finding.state == State::Fail).count();
    let warned = findings.iter().filter(|finding| finding.state == State::Warn).count();
    let cannot_run = || Failure::failed("the server cannot run like this");
    if args.json {
        let list: Vec<_> = findings
            .iter()
            .map(|f| json!({ "check": f.what, "state": f.state.word(), "text": f.text, "remedy": f.remedy }))
            .collect();
        let report = json!({ "ok": failed == 0, "checks": list });
        if failed > 0 {
            return Err(cannot_run().result(report));
        }
        output::json(&report);
    } else {
        for finding in &findings {
            print(finding);
        }
        output::line(match (failed, warned) {
            (0, 0) => "everything is in order".to_owned(),
            (0, _) => format!("{warned} to look at, nothing that keeps the server from running"),
            _ => format!("{failed} to mend before the server can run"),
        });
    }
    match failed {
        0 => Ok(()),
        _ => Err(cannot_run()),
    }
}

async fn examine(args: &DoctorArgs) -> Vec<Finding> {
    let config =
        match load(&args.config).and_then(|settings| Ok((Config::from_settings(&settings)?, settings))) {
            Ok((config, settings)) => {
                let from = settings.file.map_or_else(
                    || "no file; environment and flags are right".to_owned(),
                    |path| format!("{} is right", path.display()),
                );
                return examine_config(args, config, Finding::ok("configuration", from)).await;
            }
            Err(failure) => failure,
        };
    let why = config.why.unwrap_or(config.what);
    vec![Finding::fail(
        "configuration",
        why,
        "mend the lines named; docs/reference/configuration.md lists every setting",
    )]
}

async fn examine_config(args: &DoctorArgs, config: Config, first: Finding) -> Vec<Finding> {
    let mut findings = vec![first];
    findings.push(local::master_key(&config));
    findings.push(local::admin_key(&config));
    findings.push(local::data_folder(&config));
    findings.push(local::disk(&config));
    findings.push(local::database(&config).await);
    findings.push(local::worker(&config).await);
    findings.push(local::recognition(&config).await);
    findings.push(local::public_url(&config));
    findings.extend(meaning::embeddings(&config, args.offline).await);
    findings.extend(outside::providers(&config, args.offline).await);
    findings
}

fn print(finding: &Finding) {
    let (colour, word) = match finding.state {
        State::Ok => ("32", "ok  "),
        State::Warn => ("33", "warn"),
        State::Fail => ("31", "fail"),
    };
    let mut lines = finding.text.lines();
    let first = lines.next().unwrap_or_default();
    output::line(format!("{}  {:<14} {}", output::styled(word, colour), finding.what, output::safe(first)));
    for line in lines {
        output::line(format!("{:21}{}", "", output::safe(line)));
    }
    if let Some(remedy) = &finding.remedy {
        output::line(format!("{:21}-> {remedy}", ""));
    }
}
