//! A PostgreSQL server for the tests of one process.
//!
//! It is started by a shell script that then waits for the end of its input. The other end of that pipe is
//! ours and closes when this process ends, in whatever way; then the script stops the server and removes its
//! folder.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};
use std::sync::OnceLock;

use sqlx::{AnyConnection, AssertSqlSafe, Connection, Executor};
use url::Url;

/// Prints the folder of the socket once the server takes connections.
const SCRIPT: &str = r#"
set -eu
trap '' INT TERM HUP
folder=$(mktemp -d /tmp/gangway-postgres.XXXXXX)
trap 'rm -rf "$folder"' EXIT
"$1/initdb" -D "$folder/data" -U postgres -A trust -E UTF8 --locale=C --no-sync >"$folder/log" 2>&1 \
  || { cat "$folder/log" >&2; exit 1; }
"$1/pg_ctl" -D "$folder/data" -w -t 60 -l "$folder/log" -o "-k $folder -c listen_addresses='' -c fsync=off \
  -c synchronous_commit=off -c full_page_writes=off -c max_connections=300 -c shared_buffers=64MB" start >/dev/null \
  || { cat "$folder/log" >&2; exit 1; }
echo "$folder"
cat >/dev/null || true
"$1/pg_ctl" -D "$folder/data" -m immediate stop >/dev/null 2>&1 || true
"#;

const MISSING: &str = "PostgreSQL is not installed, and the rows are tested on it too: run `make setup`, \
     or set GANGWAY_SKIP_POSTGRES=1 to test on SQLite only";

struct Server {
    admin_url: Url,
    /// Its end is the server's end.
    _lifeline: Option<ChildStdin>,
}

static SERVER: OnceLock<Result<Server, String>> = OnceLock::new();

/// Makes an empty database; its address.
pub(super) async fn create_database() -> String {
    let server = match SERVER.get_or_init(start) {
        Ok(server) => server,
        Err(why) => panic!("{why}"),
    };
    let name = format!("gangway_test_{}", uuid::Uuid::new_v4().simple());
    run(&server.admin_url, format!("CREATE DATABASE {name} TEMPLATE template0")).await;
    let mut url = server.admin_url.clone();
    url.set_path(&name);
    url.to_string()
}

pub(super) async fn drop_database(url: &str) {
    let Some(Ok(server)) = SERVER.get() else { return };
    let url: Url = url.parse().expect("made by us");
    let name = url.path().trim_start_matches('/');
    run(&server.admin_url, format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
}

async fn run(url: &Url, statement: String) {
    sqlx::any::install_default_drivers();
    let mut connection = AnyConnection::connect(url.as_str()).await.expect("the test server answers");
    connection.execute(AssertSqlSafe(statement)).await.expect("the test server obeys");
    connection.close().await.expect("the test server says goodbye");
}

fn start() -> Result<Server, String> {
    if let Ok(url) = std::env::var(super::POSTGRES_URL) {
        let admin_url = url.parse().map_err(|_| format!("{} is not an address", super::POSTGRES_URL))?;
        return Ok(Server { admin_url, _lifeline: None });
    }
    let programs = find_programs().ok_or(MISSING)?;
    let mut command = as_ordinary_user()?;
    command.args(["sh", "-c", SCRIPT, "sh"]).arg(&programs).current_dir("/");
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("PG")) {
        command.env_remove(name);
    }
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("PostgreSQL cannot be started: {error}"))?;
    let lifeline = child.stdin.take();
    let mut folder = String::new();
    let stdout = child.stdout.take().ok_or("PostgreSQL was started without a pipe")?;
    BufReader::new(stdout).read_line(&mut folder).map_err(|error| error.to_string())?;
    if folder.trim().is_empty() {
        return Err("PostgreSQL did not start; its own words are above".to_owned());
    }
    let url = format!("postgres://postgres@localhost/postgres?host={}", folder.trim());
    Ok(Server { admin_url: url.parse().expect("made by us"), _lifeline: lifeline })
}

/// The folder of the newest PostgreSQL: where Debian puts it, or on the path.
fn find_programs() -> Option<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .filter(|(_, folder)| has_programs(folder))
        .collect();
    found.sort();
    found
        .pop()
        .map(|(_, folder)| folder)
        .or_else(|| std::env::split_paths(&std::env::var_os("PATH")?).find(|folder| has_programs(folder)))
}

fn has_programs(folder: &Path) -> bool {
    ["initdb", "pg_ctl", "postgres"].iter().all(|program| folder.join(program).is_file())
}

/// `env`, run as somebody else when we are root, as whom PostgreSQL refuses to run.
fn as_ordinary_user() -> Result<Command, String> {
    let root = output_of("id", &["-u"]).as_deref() == Some("0");
    if !root {
        return Ok(Command::new("env"));
    }
    let user = ["postgres", "nobody"].into_iter().find(|user| output_of("id", &["-u", user]).is_some());
    let user = user.ok_or("PostgreSQL does not run as root, and there is no other user to run it as")?;
    let group = output_of("id", &["-g", user]).ok_or("the user for PostgreSQL has no group")?;
    let mut command = Command::new("setpriv");
    command.arg(format!("--reuid={user}")).arg(format!("--regid={group}")).args(["--clear-groups", "env"]);
    Ok(command)
}

fn output_of(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
