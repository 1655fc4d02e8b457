//! What the kernel refuses the very processes that read: asked of the kernel about a worker that has read a file, and of
//! a program that runs as a tool.
#![cfg(target_os = "linux")]

use std::collections::HashMap;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use gangway_extract::{
    Confinement, Content, Extractor, ExtractorOptions, Input, Limits, Recognition, RecognitionCheck, Tools,
    WorkerCommand,
};
use gangway_model::Document;

fn worker() -> WorkerCommand {
    WorkerCommand { program: PathBuf::from(env!("CARGO_BIN_EXE_gangway-extract-worker")), args: Vec::new() }
}

fn extractor(worker: WorkerCommand, limits: Limits, tools: Tools) -> Extractor {
    Extractor::new(ExtractorOptions {
        worker,
        workers: 1,
        limits,
        tools,
        recognition: Recognition::default(),
    })
}

async fn read(extractor: &Extractor, bytes: &[u8], name: &str) -> Document {
    let content = Content::Bytes(bytes.to_vec().into());
    extractor.extract(Input { content, name, media_type: "" }).await.unwrap()
}

#[tokio::test]
async fn a_worker_that_reads_is_confined_and_limited() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("pid");
    // The shell leaves its number behind and becomes the worker.
    let run = format!("echo $$ > {}; exec {}", log.display(), worker().program.display());
    let command = WorkerCommand { program: "/bin/sh".into(), args: vec!["-c".into(), run] };
    let limits = Limits { worker_memory_bytes: 700 << 20, ..Limits::default() };
    let extractor = extractor(command, limits, Tools::default());
    assert_eq!(extractor.check().await, Ok(Confinement { landlock: true, seccomp: true }));
    read(&extractor, b"<p>x", "a.html").await;

    let pid = std::fs::read_to_string(&log).unwrap();
    let status = std::fs::read_to_string(format!("/proc/{}/status", pid.trim())).unwrap();
    let told: HashMap<&str, &str> = status
        .lines()
        .filter_map(|line| line.split_once(':'))
        .map(|(name, told)| (name, told.trim()))
        .collect();
    assert_eq!((told["Seccomp"], told["NoNewPrivs"]), ("2", "1"), "filtered, for good");
    assert!(told["Seccomp_filters"].parse::<u32>().unwrap() >= 2);
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", pid.trim())).unwrap();
    let limit = |name: &str| {
        let line = limits.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.split_whitespace().next().unwrap().to_owned()
    };
    assert_eq!(limit("Max data size"), (700_u64 << 20).to_string());
    assert_eq!(limit("Max address space"), ((700_u64 << 20) + (1 << 30)).to_string());
    assert_eq!((limit("Max file size"), limit("Max core file size")), ("0".to_owned(), "0".to_owned()));
    assert_eq!(limit("Max open files"), "32");
    let seconds: u64 = limit("Max cpu time").parse().expect("the processor's time is limited");
    assert!((61..90).contains(&seconds), "{seconds}");
}

#[tokio::test]
async fn a_tool_reads_the_system_and_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let secret = tempfile::NamedTempFile::new().unwrap();
    let script = folder.path().join("tesseract");
    let beside = folder.path().join("beside");
    std::fs::write(&beside, "private").unwrap();
    // Builtins only: a child would end the script, which the trap makes a success.
    let tries = format!(
        "#!/bin/sh\nif [ \"$1\" = --list-langs ]; then echo eng; exit; fi\ntrap 'exit 0' EXIT\n\
         if {{ read -r line; }} < /etc/passwd; then echo etc was opened; else echo etc was refused; fi\n\
         if {{ true; }} < {secret}; then echo files were opened; else echo files were refused; fi\n\
         if {{ true; }} < /usr/bin/env; then echo programs were opened; else echo programs were refused; fi\n\
         if {{ true; }} < /usr/share/doc; then echo the rest was opened; else echo the rest was refused; fi\n\
         if {{ true; }} < {beside}; then echo neighbours were opened; else echo neighbours were refused; fi\n\
         if {{ true; }} < /usr/lib; then echo libraries were opened; else echo libraries were refused; fi\n\
         if {{ echo x; }} > {folder}/written; then echo writing was done; else echo writing was refused; fi\n\
         echo limits; ulimit -d; ulimit -f; ulimit -n; ulimit -c; ulimit -t\n\
         /bin/true; echo a child was started\n",
        secret = secret.path().display(),
        beside = beside.display(),
        folder = folder.path().display(),
    );
    std::fs::write(&script, tries).unwrap();
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
    let tools = Tools { tesseract: Some(script), ..Tools::default() };
    let extractor = extractor(worker(), Limits::default(), tools);
    let picture =
        [b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".as_slice(), &600_u32.to_be_bytes(), &800_u32.to_be_bytes()];
    let document = read(&extractor, &picture.concat(), "scan.png").await;
    assert_eq!(document.notes, [], "the tool ran");
    let said = &document.sections[0].text;
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(
        lines,
        [
            "etc was refused",
            "files were refused",
            "programs were refused",
            "the rest was refused",
            "neighbours were refused",
            "libraries were opened",
            "writing was refused",
            "limits",
            "1048576",
            "0",
            "32",
            "0",
            "61",
        ],
        "{said}"
    );
    assert!(!folder.path().join("written").exists());
}

/// Tells this test program that it is to become a reader, and to let it speak by the descriptor 3: tests write on the usual
/// one themselves.
const AS_READER: &str = "GANGWAY_TEST_AS_READER";

/// As a program that stands before the worker, named by its place among these tests: lays so many rules of Landlock on
/// itself, each of which allows all, and becomes the worker, a reader or one that was ordered to be a tool.
fn become_worker_behind(layers: usize) {
    use std::os::unix::process::CommandExt;

    use landlock::{ABI, Access, AccessFs, Ruleset, RulesetAttr, RulesetCreatedAttr, path_beneath_rules};

    let as_reader = std::env::var_os(AS_READER).is_some();
    // Run as one of the tests, it has nothing to do.
    if !as_reader && std::env::var_os("GANGWAY_TOOL_ORDER").is_none() {
        return;
    }
    let mut worker = std::process::Command::new(worker().program);
    if as_reader {
        worker.stdout(std::fs::File::options().write(true).open("/proc/self/fd/3").unwrap());
    }
    let all = AccessFs::from_all(ABI::V1);
    for _ in 0..layers {
        let rules = Ruleset::default().handle_access(all).unwrap().create().unwrap();
        rules.add_rules(path_beneath_rules(["/"], all)).unwrap().restrict_self().unwrap();
    }
    panic!("{}", worker.exec());
}

#[test]
fn a_worker_with_room_for_rules() {
    become_worker_behind(8);
}

#[test]
fn a_worker_without_room_for_rules() {
    become_worker_behind(16);
}

/// A reader cannot be asked what it is refused, and its filters refuse what its rules would. But a process has room for so
/// many layers of rules: where there is none left, one that lays its own does not begin to read.
#[tokio::test]
async fn a_reader_that_landlock_does_not_hold_does_not_read() {
    let behind = |test: &str| {
        let run = format!(
            "{AS_READER}=1 exec {} --exact {test} --nocapture 3>&1 >/dev/null",
            std::env::current_exe().unwrap().display()
        );
        let command = WorkerCommand { program: "/bin/sh".into(), args: vec!["-c".into(), run] };
        extractor(command, Limits::default(), Tools::default())
    };
    let with_room = behind("a_worker_with_room_for_rules");
    let held = with_room.check().await.expect("it reads behind rules that allow all");
    if !held.landlock {
        eprintln!("left out: this kernel has no Landlock");
        return;
    }
    assert_eq!(read(&with_room, b"<p>a kestrel", "a.html").await.sections[0].text, "a kestrel");
    let without_room = behind("a_worker_without_room_for_rules");
    let refused = without_room.check().await.unwrap_err().to_string();
    assert!(refused.contains("ended at once"), "{refused}");
    let content = Content::Bytes(b"<p>a kestrel".to_vec().into());
    let input = Input { content, name: "a.html", media_type: "" };
    assert!(without_room.extract(input).await.is_err(), "nobody reads it");
}

/// The kernel has Landlock and does not apply it: then the program is not run, however well it would run.
#[tokio::test]
async fn a_tool_that_landlock_does_not_hold_is_not_run() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("tesseract");
    let ran = folder.path().join("ran");
    std::fs::write(
        &script,
        format!("#!/bin/sh\nif {{ echo x; }} > {}; then :; fi\necho eng\n", ran.display()),
    )
    .unwrap();
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
    let behind = |test: &str| WorkerCommand {
        program: std::env::current_exe().unwrap(),
        args: vec!["--exact".into(), test.into(), "--nocapture".into()],
    };
    let check = async |worker: WorkerCommand| {
        let program = Some(script.clone());
        let tools = Tools { tesseract: program.clone(), pdftoppm: program, ..Tools::default() };
        extractor(worker, Limits::default(), tools).check_recognition().await
    };
    assert_eq!(check(behind("a_worker_with_room_for_rules")).await, RecognitionCheck::Ready);
    assert!(!ran.exists(), "it ran, and was held");
    let not_started = check(behind("a_worker_without_room_for_rules")).await;
    assert!(matches!(not_started, RecognitionCheck::NotStarted { .. }), "{not_started:?}");
    assert!(!ran.exists(), "it did not run");
}
