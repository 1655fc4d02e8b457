//! Writes the table down: `config.default.toml` and the reference page.

use std::fmt::Write;

use super::table::Setting;
use super::value::Kind;

/// The text of `config.default.toml`: every setting with its default and what it is for.
pub fn default_file(settings: &[Setting]) -> String {
    let mut text = String::from(
        "# Gangway's settings with their defaults. Made by `make generate`; a test proves that it matches the code.\n\
         # A line that starts with #name shows a setting that is not set by default.\n\
         # Copy what you change to gangway.toml in the data folder or the working folder, or name a file by --config.\n\
         # Each setting can also be given by an environment variable (GANGWAY_SYNC_WORKERS for sync.workers)\n\
         # or by a flag (--set sync.workers=8). A flag counts more than the environment, and that more than the file.\n",
    );
    let mut section = "";
    for setting in settings {
        if setting.section() != section {
            section = setting.section();
            let _ = write!(text, "\n[{section}]\n");
        }
        text.push('\n');
        for line in wrap(&setting.doc, 100) {
            let _ = writeln!(text, "# {line}");
        }
        match setting.default {
            Some(default) => {
                let _ = writeln!(text, "{} = {}", setting.name(), written(setting.kind, default));
            }
            None => {
                let _ = writeln!(text, "#{} = {}", setting.name(), example(setting.kind));
            }
        }
    }
    text
}

/// The text of the reference page.
pub fn markdown(settings: &[Setting]) -> String {
    let mut text = String::from(
        "# Configuration\n\n\
         <!-- Made by `make generate` from crates/server/src/config/table.rs; a test proves that it matches. -->\n\n\
         Every setting can be given in a file, by an environment variable or by a flag; a flag counts more than the\n\
         environment, and the environment more than the file. An unknown key or a value that does not fit is refused at\n\
         the start, with its file and line, its variable or its flag.\n\n\
         The file is the one named by `--config` or `GANGWAY_CONFIG`, else `gangway.toml` in the data folder, else\n\
         `gangway.toml` in the working folder. `--set KEY=VALUE` sets any of them; in variables and flags, lists have\n\
         commas between their parts. `gangway config show` prints what is in force and where it was said, with secrets\n\
         hidden; `gangway config check` only checks. [config.default.toml](../../config.default.toml) is this page as a file.\n",
    );
    let mut section = None;
    for setting in settings {
        if section != Some(setting.section()) {
            section = Some(setting.section());
            let title = match setting.section() {
                "" => "The server".to_owned(),
                name => format!("`[{name}]`"),
            };
            let _ = write!(text, "\n## {title}\n\n| setting | default | what it is for |\n|---|---|---|\n");
        }
        let default = match setting.default {
            Some(default) => format!("`{default}`"),
            None => "not set".to_owned(),
        };
        let flag = setting.flag.map_or(String::new(), |flag| format!("<br>`{flag}`"));
        let _ = writeln!(
            text,
            "| `{}`<br>`{}`{flag} | {default} | {} ({}) |",
            setting.key,
            setting.environment_name(),
            setting.doc.replace('|', "\\|"),
            setting.kind.expected(),
        );
    }
    text
}

fn written(kind: Kind, default: &str) -> String {
    match kind {
        Kind::Switch | Kind::Number { .. } | Kind::List | Kind::UrlList | Kind::OriginList => {
            default.to_owned()
        }
        _ => format!("{default:?}"),
    }
}

fn example(kind: Kind) -> &'static str {
    match kind {
        Kind::Url => "\"https://…\"",
        Kind::Path => "\"/path\"",
        _ => "\"…\"",
    }
}

fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().expect("there is always a line");
        if !line.is_empty() && line.len() + word.len() + 1 > width {
            lines.push(word.to_owned());
        } else {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}
