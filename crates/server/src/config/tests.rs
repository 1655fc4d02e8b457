//! What the configuration promises: precedence, messages that name the place, pages that match the table.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use gangway_model::ExposeSecret;

use super::*;

fn environment(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn with_file(text: &str) -> (Self, ConfigArgs) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gangway.toml");
        std::fs::write(&path, text).unwrap();
        (Self(folder), ConfigArgs { config: Some(path), ..ConfigArgs::default() })
    }
}

fn read(args: &ConfigArgs, pairs: &[(&str, &str)]) -> Result<Config, ConfigError> {
    Config::from_settings(&load(args, &environment(pairs), &crate::descriptors())?)
}

#[test]
fn flags_count_more_than_the_environment_and_that_more_than_the_file() {
    let (_folder, mut args) =
        Folder::with_file("listen = \"127.0.0.1:1\"\n[sync]\nworkers = 3\n[log]\nlevel = \"warn\"\n");
    args.set = vec!["sync.workers=5".to_owned()];
    args.log_level = Some("debug".to_owned());
    let config = read(&args, &[("GANGWAY_SYNC_WORKERS", "4"), ("GANGWAY_LISTEN", "127.0.0.1:2")]).unwrap();
    assert_eq!(config.sync_workers, 5);
    assert_eq!(config.listen, "127.0.0.1:2");
    assert_eq!(config.log_level, "debug");
    assert_eq!(config.sync_fetch_concurrency, 16);
}

#[test]
fn browsers_own_schemes_are_no_programs() {
    for wrong in ["javascript", "https", "data", "Editor", "editor:", "1a", ""] {
        let (_folder, args) = Folder::with_file(&format!("[mcp]\nredirect_schemes = [\"{wrong}\"]\n"));
        let error = read(&args, &[]).unwrap_err().to_string();
        assert!(error.contains("mcp.redirect_schemes"), "{wrong}: {error}");
    }
    let (_folder, args) = Folder::with_file("[mcp]\nredirect_schemes = [\"editor\", \"com.example.app\"]\n");
    assert_eq!(read(&args, &[]).unwrap().mcp_redirect_schemes, ["editor", "com.example.app"]);
}

#[test]
fn hosts_of_documents_are_written_as_addresses_name_them() {
    for wrong in [
        "https://app.example",
        "app.example/",
        "APP.example",
        "app.example:443",
        "me@app.example",
        "a/b",
        "",
        "127.0.0.1",
        "[::1]",
    ] {
        let (_folder, args) = Folder::with_file(&format!("[mcp]\nclient_document_hosts = [\"{wrong}\"]\n"));
        let error = read(&args, &[]).unwrap_err().to_string();
        assert!(error.contains("mcp.client_document_hosts"), "{wrong}: {error}");
    }
    let hosts = "[mcp]\nclient_document_hosts = [\"app.example\", \"localhost:8443\"]\n";
    let (_folder, args) = Folder::with_file(hosts);
    assert_eq!(read(&args, &[]).unwrap().mcp_client_document_hosts, ["app.example", "localhost:8443"]);
}

#[test]
fn every_mistake_is_named_with_its_line() {
    let (folder, args) = Folder::with_file(
        "listen = \"nowhere\"\nsync.worker = 3\n\n[upload]\nmax_files = -1\n[log]\nformat = \"xml\"\nlevel = \"loud\"\n[ocr]\nlanguages = \"\"\n",
    );
    let error = read(&args, &[]).unwrap_err().to_string();
    let place = |line: usize| format!("{}:{line}: ", folder.0.path().join("gangway.toml").display());
    for (line, message) in [
        (1, "listen: expected an address such as 127.0.0.1:8080, found \"nowhere\""),
        (2, "there is no setting sync.worker; is it sync.workers?"),
        (5, "upload.max_files: expected a whole number from 1 to 10000, found -1"),
        (7, "log.format: expected one of compact, pretty, json, found \"xml\""),
        (8, "log.level: expected a level such as info"),
        (10, "ocr.languages: expected names of languages joined by +, such as eng+deu, found \"\""),
    ] {
        assert!(error.contains(&format!("{}{message}", place(line))), "{message}\n{error}");
    }
}

#[test]
fn languages_are_names_and_at_least_one() {
    for (languages, is_taken) in [
        ("eng", true),
        ("eng+deu", true),
        ("chi_sim, script/Latin", true),
        ("+", false),
        ("eng+", false),
        (" ", false),
        ("--psm", false),
        ("eng deu", false),
    ] {
        let (_folder, args) = Folder::with_file(&format!("[ocr]\nlanguages = \"{languages}\"\n"));
        assert_eq!(read(&args, &[]).is_ok(), is_taken, "{languages}");
    }
}

#[test]
fn a_file_that_is_not_toml_is_named_with_its_line() {
    let (_folder, args) = Folder::with_file("listen = \"127.0.0.1:1\"\nx = = 3\n");
    assert!(read(&args, &[]).unwrap_err().to_string().contains("gangway.toml:2: "));
}

#[test]
fn a_bad_variable_and_a_bad_flag_are_named() {
    let args = ConfigArgs {
        set: vec!["sync.workers=many".to_owned(), "nope=1".to_owned()],
        ..ConfigArgs::default()
    };
    let error = read(&args, &[("GANGWAY_PUBLIC_URL", "ftp://x")]).unwrap_err().to_string();
    assert!(
        error.contains("GANGWAY_PUBLIC_URL: public_url: expected an http:// or https:// address"),
        "{error}"
    );
    assert!(
        error.contains("--set sync.workers: sync.workers: expected a whole number from 1 to 256"),
        "{error}"
    );
    assert!(error.contains("--set nope: there is no setting nope"), "{error}");
}

#[test]
fn a_secret_is_never_part_of_a_message_or_of_debug() {
    let (_folder, args) =
        Folder::with_file("admin_key = \"hunter2hunter2hunter2\"\n[providers.google]\nclient_secret = 7\n");
    let error = read(&args, &[]).unwrap_err().to_string();
    assert!(error.contains(":3: providers.google.client_secret: expected text"), "{error}");
    let (_folder, args) = Folder::with_file("admin_key = \"hunter2hunter2hunter2\"\n");
    let settings = load(&args, &environment(&[]), &crate::descriptors()).unwrap();
    assert_eq!(settings.find("admin_key").unwrap().value.shown(), "(hidden)");
    let config = Config::from_settings(&settings).unwrap();
    assert!(!format!("{config:?}{settings:?}").contains("hunter2"));
}

#[test]
fn a_secret_comes_from_its_file_and_not_from_two_places() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret");
    std::fs::write(&path, "from-the-file\n").unwrap();
    let file = path.to_str().unwrap();
    let args = ConfigArgs::default();
    let one = [("GANGWAY_PROVIDERS_GOOGLE_CLIENT_SECRET_FILE", file)];
    let config = read(&args, &one).unwrap();
    let secret = config.providers["google"].client_secret.as_ref().unwrap();
    assert_eq!(secret.expose_secret(), "from-the-file");
    let both = [one[0], ("GANGWAY_PROVIDERS_GOOGLE_CLIENT_SECRET", "other")];
    let error = read(&args, &both).unwrap_err().to_string();
    assert!(error.contains("keep one of the two"), "{error}");
}

#[test]
fn vectors_come_from_a_folder_or_from_an_address_and_not_from_both() {
    let (url, model) =
        (("GANGWAY_SEARCH_EMBEDDINGS_URL", "http://10.0.0.7/v1"), ("GANGWAY_SEARCH_EMBEDDINGS_MODEL", "m"));
    let folder = ("GANGWAY_SEARCH_EMBEDDINGS_MODEL_FOLDER", "/models/m");
    let set = |pairs: &[(&str, &str)]| read(&ConfigArgs::default(), pairs).map(|config| config.embeddings);
    assert!(set(&[]).unwrap().is_none(), "off by default");
    let asked = set(&[url, model]).unwrap().unwrap();
    assert!(matches!(asked.embedder, EmbedderConfig::Endpoint(options) if options.model == "m"));
    let held = set(&[folder, ("GANGWAY_SEARCH_EMBEDDINGS_THREADS", "3")]).unwrap().unwrap();
    let EmbedderConfig::Folder(options) = held.embedder else { panic!("it is a folder") };
    assert_eq!((options.folder, options.threads), (PathBuf::from("/models/m"), 3));
    let held = set(&[folder]).unwrap().unwrap();
    assert!(matches!(held.embedder, EmbedderConfig::Folder(options) if options.threads >= 1));
    let error = set(&[url, model, folder]).unwrap_err().to_string();
    assert!(error.contains("search.embeddings.url is set as well; keep one of the two"), "{error}");
}

#[test]
fn endpoints_that_are_named_may_be_private() {
    let pairs = [
        ("GANGWAY_CONNECTORS_GOOGLE_DRIVE_ENDPOINTS_API", "http://10.0.0.7:81/drive/v3"),
        ("GANGWAY_PROVIDERS_GOOGLE_TOKEN_URL", "http://[::1]:81/token"),
        ("GANGWAY_PROVIDERS_GOOGLE_AUTHORIZE_URL", "http://browser.only/auth"),
    ];
    let hosts = read(&ConfigArgs::default(), &pairs).unwrap().network.allowed_hosts;
    assert!(hosts.contains("10.0.0.7") && hosts.contains("::1"), "{hosts:?}");
    assert!(!hosts.contains("browser.only"), "the server never calls the consent page");
}

#[test]
fn variables_that_name_no_setting_are_reported() {
    let pairs =
        environment(&[("GANGWAY_LISTN", "x"), ("GANGWAY_URL", "x"), ("GANGWAY_EMULATOR_GOOGLE", "x")]);
    let settings = load(&ConfigArgs::default(), &pairs, &crate::descriptors()).unwrap();
    assert_eq!(settings.unknown_environment, ["GANGWAY_LISTN"]);
}

#[test]
fn every_flag_of_the_table_exists_on_the_command_line() {
    let command = <ConfigArgs as clap::Args>::augment_args(clap::Command::new("x"));
    for setting in crate::settings_table() {
        let Some(flag) = setting.flag else { continue };
        let known = command.get_arguments().filter_map(clap::Arg::get_long);
        assert!(known.into_iter().any(|long| format!("--{long}") == flag), "{flag}");
    }
}

#[test]
fn the_default_file_matches_the_table_and_means_the_defaults() {
    let text = default_file(&crate::settings_table());
    check_generated("config.default.toml", &text);
    let (_folder, args) = Folder::with_file(&text);
    let from_file = format!("{:?}", read(&args, &[]).unwrap());
    assert_eq!(from_file, format!("{:?}", read(&ConfigArgs::default(), &[]).unwrap()));
}

#[test]
fn the_reference_page_matches_the_table() {
    check_generated("docs/reference/configuration.md", &markdown(&crate::settings_table()));
}

/// Compares a generated file with the committed one; `UPDATE=1` writes it anew.
pub fn check_generated(path: &str, text: &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let file: PathBuf = root.join(path);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, text).unwrap();
        return;
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(committed == text, "{path} differs from what the code makes; `make generate` writes it anew");
}
