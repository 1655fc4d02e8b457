//! Kinds of values and how each is read from text and from TOML.

use std::net::{SocketAddr, ToSocketAddrs};

use gangway_model::SecretString;
use toml::de::DeValue;
use url::Url;

/// What a setting holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `host:port`.
    Address,
    Url,
    Path,
    Text,
    /// Names of Tesseract's languages, joined by +.
    Languages,
    /// Text that is never shown.
    Secret,
    Switch,
    Number {
        min: u64,
        max: u64,
    },
    Choice(&'static [&'static str]),
    /// What the log shows.
    Filter,
    List,
    UrlList,
    /// Scheme, host and port, nothing after them.
    OriginList,
}

impl Kind {
    /// What is expected, for messages and the reference page.
    pub fn expected(self) -> String {
        match self {
            Kind::Address => "an address such as 127.0.0.1:8080".to_owned(),
            Kind::Url => "an http:// or https:// address".to_owned(),
            Kind::Path => "a path".to_owned(),
            Kind::Text | Kind::Secret => "text".to_owned(),
            Kind::Languages => "names of languages joined by +, such as eng+deu".to_owned(),
            Kind::Switch => "true or false".to_owned(),
            Kind::Number { min, max } => format!("a whole number from {min} to {max}"),
            Kind::Choice(words) => format!("one of {}", words.join(", ")),
            Kind::Filter => "a level such as info, or a list such as info,gangway_sync=debug".to_owned(),
            Kind::List => "a list of texts".to_owned(),
            Kind::UrlList => "a list of http:// or https:// addresses".to_owned(),
            Kind::OriginList => "a list of origins such as https://app.example.com".to_owned(),
        }
    }

    fn is_list(self) -> bool {
        matches!(self, Kind::List | Kind::UrlList | Kind::OriginList)
    }
}

/// A value that fits its kind.
#[derive(Clone, Debug)]
pub enum Value {
    Text(String),
    Secret(SecretString),
    Switch(bool),
    Number(u64),
    List(Vec<String>),
}

/// Reads a value from the environment or a flag: lists have commas between their parts.
pub fn from_text(kind: Kind, text: &str) -> Result<Value, String> {
    let refused = || format!("expected {}, found {}", kind.expected(), shown(kind, text));
    let value = match kind {
        Kind::Switch => Value::Switch(match text.to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" => true,
            "false" | "0" | "no" | "off" => false,
            _ => return Err(refused()),
        }),
        Kind::Number { .. } => Value::Number(text.trim().parse().map_err(|_| refused())?),
        kind if kind.is_list() => Value::List(
            text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect(),
        ),
        Kind::Secret => Value::Secret(SecretString::from(text)),
        _ => Value::Text(text.to_owned()),
    };
    checked(kind, value)
}

/// Reads a value from the file.
pub fn from_toml(kind: Kind, found: &DeValue<'_>) -> Result<Value, String> {
    let refused = || format!("expected {}, found {}", kind.expected(), describe(kind, found));
    let value = match (kind, found) {
        (Kind::Switch, DeValue::Boolean(switch)) => Value::Switch(*switch),
        (Kind::Number { .. }, DeValue::Integer(number)) => {
            let digits = number.as_str().replace('_', "");
            Value::Number(u64::from_str_radix(&digits, number.radix()).map_err(|_| refused())?)
        }
        (kind, DeValue::Array(parts)) if kind.is_list() => {
            let mut list = Vec::with_capacity(parts.len());
            for part in parts {
                match part.get_ref() {
                    DeValue::String(text) => list.push(text.clone().into_owned()),
                    _ => return Err(refused()),
                }
            }
            Value::List(list)
        }
        (kind, _) if kind.is_list() => return Err(refused()),
        (Kind::Switch | Kind::Number { .. }, _) => return Err(refused()),
        (Kind::Secret, DeValue::String(text)) => Value::Secret(SecretString::from(text.as_ref())),
        (_, DeValue::String(text)) => Value::Text(text.clone().into_owned()),
        _ => return Err(refused()),
    };
    checked(kind, value)
}

fn checked(kind: Kind, value: Value) -> Result<Value, String> {
    let fits = match (&kind, &value) {
        (Kind::Address, Value::Text(text)) => is_address(text),
        (Kind::Url, Value::Text(text)) => is_web_address(text),
        (Kind::Path | Kind::Text, Value::Text(text)) => !text.is_empty(),
        (Kind::Languages, Value::Text(text)) => is_languages(text),
        (Kind::Number { min, max }, Value::Number(number)) => (*min..=*max).contains(number),
        (Kind::Choice(words), Value::Text(text)) => words.contains(&text.as_str()),
        (Kind::Filter, Value::Text(text)) => is_filter(text),
        (Kind::UrlList, Value::List(list)) => list.iter().all(|text| is_web_address(text)),
        (Kind::OriginList, Value::List(list)) => list.iter().all(|text| is_origin(text)),
        _ => true,
    };
    if fits {
        return Ok(value);
    }
    let found = match &value {
        Value::Text(text) => shown(kind, text),
        Value::Number(number) => number.to_string(),
        Value::List(list) => format!("{list:?}"),
        Value::Switch(switch) => switch.to_string(),
        Value::Secret(_) => "something else".to_owned(),
    };
    Err(format!("expected {}, found {found}", kind.expected()))
}

/// The parts of a list of languages.
pub fn languages(text: &str) -> impl Iterator<Item = &str> {
    text.split(['+', ',']).map(str::trim)
}

/// At least one, and each the name of a file, perhaps in a folder, that no program takes for a flag.
fn is_languages(text: &str) -> bool {
    let is_part = |part: &str| {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '/');
        part.starts_with(|c: char| c.is_ascii_alphanumeric()) && part.chars().all(is_plain)
    };
    languages(text).all(is_part)
}

fn is_address(text: &str) -> bool {
    text.parse::<SocketAddr>().is_ok() || (text.contains(':') && text.to_socket_addrs().is_ok())
}

fn is_web_address(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

fn is_origin(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https") && url.origin().ascii_serialization() == *text
    })
}

/// Every part is a level, or names a module and its level.
fn is_filter(text: &str) -> bool {
    const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];
    let parts_are_whole = text
        .split(',')
        .all(|part| part.contains('=') || LEVELS.contains(&part.trim().to_ascii_lowercase().as_str()));
    parts_are_whole && tracing_subscriber::EnvFilter::try_new(text).is_ok()
}

fn shown(kind: Kind, text: &str) -> String {
    match kind {
        Kind::Secret => "something else".to_owned(),
        _ => format!("{text:?}"),
    }
}

fn describe(kind: Kind, found: &DeValue<'_>) -> String {
    match found {
        DeValue::String(text) => shown(kind, text),
        DeValue::Integer(number) => number.as_str().to_owned(),
        DeValue::Boolean(switch) => switch.to_string(),
        other => format!("a TOML {}", other.type_str()),
    }
}

impl Value {
    /// The value for people and machines to look at; a secret is not told.
    pub fn shown(&self) -> serde_json::Value {
        match self {
            Value::Text(text) => text.as_str().into(),
            Value::Secret(_) => "(hidden)".into(),
            Value::Switch(switch) => (*switch).into(),
            Value::Number(number) => (*number).into(),
            Value::List(list) => list.as_slice().into(),
        }
    }
}
