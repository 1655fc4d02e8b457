//! Workers that crash, hang, lie and are killed: each costs one file, never the server.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;
use std::time::Duration;

use gangway_extract::{
    Asker, Content, ExtractError, Extractor, ExtractorOptions, Input, Limits, Recognition, Tools,
    WorkerCommand,
};
use gangway_model::{Document, media};

mod files;

fn worker() -> WorkerCommand {
    WorkerCommand { program: PathBuf::from(env!("CARGO_BIN_EXE_gangway-extract-worker")), args: Vec::new() }
}

fn options(worker: WorkerCommand, workers: usize, limits: Limits) -> ExtractorOptions {
    ExtractorOptions { worker, workers, limits, tools: Tools::default(), recognition: Recognition::default() }
}

/// A shell script as worker. It greets like a real one first.
fn script(after_greeting: &str) -> WorkerCommand {
    // Like a worker it waits for the first words. A subshell, so that the greeting is out before anything else happens.
    let script = format!("head -c 5 > /dev/null; (printf 'worker2LS\\n'); {after_greeting}");
    WorkerCommand { program: "/bin/sh".into(), args: vec!["-c".into(), script] }
}

fn extractor(worker: WorkerCommand, limits: Limits) -> Extractor {
    Extractor::new(options(worker, 1, limits))
}

async fn read_html(extractor: &Extractor, html: &str) -> Result<Document, ExtractError> {
    let content = Content::Bytes(html.as_bytes().to_vec().into());
    extractor.extract(Input { content, name: "page.html", media_type: media::HTML }).await
}

fn short(millis: u64) -> Limits {
    Limits { time_per_file: Duration::from_millis(millis), ..Limits::default() }
}

#[tokio::test]
async fn a_missing_program_is_named() {
    let command = WorkerCommand { program: "/nowhere/gangway".into(), args: Vec::new() };
    let error = read_html(&extractor(command, Limits::default()), "<p>x").await.unwrap_err();
    assert_eq!(error.code(), "worker_unavailable");
    assert!(error.to_string().contains("/nowhere/gangway"), "{error}");
    assert!(!error.is_about_the_file());
}

#[tokio::test]
async fn a_program_that_is_no_worker_is_not_the_file_s_fault() {
    for (program, args) in
        [("/bin/false", vec![]), ("/bin/cat", vec![]), ("/bin/sleep", vec!["1000".to_owned()])]
    {
        let command = WorkerCommand { program: program.into(), args };
        let error = read_html(&extractor(command, short(500)), "<p>x").await.unwrap_err();
        assert_eq!(error.code(), "worker_unavailable", "{program}: {error}");
    }
}

#[tokio::test]
async fn a_hanging_worker_times_out() {
    for hang in ["exec sleep 1000", "cat > /dev/null"] {
        let error = read_html(&extractor(script(hang), short(300)), "<p>x").await.unwrap_err();
        assert_eq!(error.code(), "timed_out", "{hang}: {error}");
    }
}

#[tokio::test]
async fn lies_and_deaths_are_crashes() {
    // Ends at once; ends by a signal; answers what is no answer; announces more than it may.
    for (act, code) in [
        ("exit 0", "crashed"),
        ("kill -SEGV $$", "crashed"),
        ("kill -XCPU $$", "timed_out"),
        ("echo 'memory allocation of 99 bytes failed' >&2; kill -ABRT $$", "out_of_memory"),
        ("printf '\\000\\000\\000\\003{}x'; cat > /dev/null", "crashed"),
        ("printf '\\377\\377\\377\\377'; cat > /dev/null", "crashed"),
    ] {
        let error = read_html(&extractor(script(act), Limits::default()), "<p>x").await.unwrap_err();
        assert_eq!(error.code(), code, "{act}: {error}");
    }
}

#[tokio::test]
async fn the_next_file_works_after_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let marker = folder.path().join("killed");
    // The first run kills itself once the job has come; later runs are real workers.
    let run = format!(
        "if [ -e {marker} ]; then exec {worker}; fi; touch {marker}; printf 'worker2LS\\n'; head -c 100 > /dev/null; kill -9 $$",
        marker = marker.display(),
        worker = worker().program.display()
    );
    let command = WorkerCommand { program: "/bin/sh".into(), args: vec!["-c".into(), run] };
    let extractor = extractor(command, Limits::default());
    assert_eq!(read_html(&extractor, "<p>first").await.unwrap_err().code(), "crashed");
    let document = read_html(&extractor, "<p>second").await.unwrap();
    assert_eq!(document.sections[0].text, "second");
}

#[tokio::test]
async fn a_member_that_is_there_when_a_reader_dies_once_is_read_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let marker = folder.path().join("killed");
    let member = b"<p>innocent";
    let mut hasher = DefaultHasher::new();
    member.as_slice().hash(&mut hasher);
    let said = format!("{{\"reading\":\"/0#{:016x}\"}}", hasher.finish());
    // The first run turns to the member and dies; later runs are real workers, and `times` says how many die.
    for (times, read, notes) in [(1, 1, 0), (2, 0, 1)] {
        std::fs::write(&marker, "").unwrap();
        let run = format!(
            "if [ $(wc -c < {marker}) -ge {times} ]; then exec {worker}; fi; printf x >> {marker}; \
             (printf 'worker2LS\\n\\000\\000\\000\\{length:03o}{said}'); head -c 100 > /dev/null; kill -9 $$",
            marker = marker.display(),
            length = said.len(),
            worker = worker().program.display()
        );
        let command = WorkerCommand { program: "/bin/sh".into(), args: vec!["-c".into(), run] };
        let archive = files::zip_of(&[("a.html", member.to_vec())]);
        let input = Input { content: Content::Bytes(archive.into()), name: "a.zip", media_type: "" };
        let document = extractor(command, Limits::default()).extract(input).await.unwrap();
        assert_eq!((document.sections.len(), document.notes.len()), (read, notes), "{times}: {document:?}");
    }
}

#[tokio::test]
async fn a_worker_is_kept_and_one_killed_while_idle_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("pids");
    let run = format!("echo $$ >> {}; exec {}", log.display(), worker().program.display());
    let command = WorkerCommand { program: "/bin/sh".into(), args: vec!["-c".into(), run] };
    let limits = Limits { worker_resident_bytes: u64::MAX, ..Limits::default() };
    let extractor = extractor(command, limits);
    let pids = || std::fs::read_to_string(&log).unwrap().lines().map(str::to_owned).collect::<Vec<_>>();
    for _ in 0..3 {
        read_html(&extractor, "<p>x").await.unwrap();
    }
    assert_eq!(pids().len(), 1, "one worker reads them all");
    let killed = tokio::process::Command::new("/bin/kill").args(["-9", &pids()[0]]).status().await.unwrap();
    assert!(killed.success());
    // Whether or not the death is seen in time, the file after the next is read.
    let first = read_html(&extractor, "<p>x").await;
    assert!(first.is_ok() || first.is_err_and(|error| error == ExtractError::Crashed));
    read_html(&extractor, "<p>x").await.unwrap();
}

#[tokio::test]
async fn workers_are_replaced_after_some_files_or_much_memory() {
    let folder = tempfile::tempdir().unwrap();
    for (name, limits, expected) in [
        ("files", Limits { files_per_worker: 2, worker_resident_bytes: u64::MAX, ..Limits::default() }, 2),
        ("memory", Limits { worker_resident_bytes: 0, ..Limits::default() }, 4),
    ] {
        let log = folder.path().join(name);
        let run = format!("echo x >> {}; exec {}", log.display(), worker().program.display());
        let command = WorkerCommand { program: "/bin/sh".into(), args: vec!["-c".into(), run] };
        let extractor = extractor(command, limits);
        for _ in 0..4 {
            read_html(&extractor, "<p>x").await.unwrap();
        }
        assert_eq!(std::fs::read_to_string(&log).unwrap().lines().count(), expected, "{name}");
    }
}

#[tokio::test]
async fn dropping_the_future_frees_the_turn() {
    let hanging = extractor(script("exec sleep 1000"), Limits::default());
    let read = read_html(&hanging, "<p>x");
    assert!(tokio::time::timeout(Duration::from_millis(200), read).await.is_err());
    let again = tokio::time::timeout(Duration::from_millis(200), read_html(&hanging, "<p>x")).await;
    assert!(again.is_err(), "it waits for its own worker, not for the dropped one");
}

#[tokio::test]
async fn memory_is_bounded() {
    let limits =
        Limits { worker_memory_bytes: 128 << 20, worker_resident_bytes: u64::MAX, ..Limits::default() };
    let extractor = extractor(worker(), limits);
    let heavy = format!("<table>{}</table>", "<tr><td>cell</td><td>other</td></tr>".repeat(80_000));
    let error = read_html(&extractor, &heavy).await.unwrap_err();
    assert!(matches!(error.code(), "out_of_memory" | "too_large"), "{error}");
    assert_eq!(read_html(&extractor, "<p>still here").await.unwrap().sections[0].text, "still here");
}

#[tokio::test]
async fn many_files_share_few_workers() {
    let extractor = Extractor::new(options(worker(), 2, Limits::default()));
    let tasks = (0..20).map(|number| {
        let extractor = extractor.clone();
        tokio::spawn(async move { read_html(&extractor, &format!("<p>file {number}")).await })
    });
    for (number, task) in tasks.collect::<Vec<_>>().into_iter().enumerate() {
        assert_eq!(task.await.unwrap().unwrap().sections[0].text, format!("file {number}"));
    }
}

#[tokio::test]
async fn files_are_read_from_disk_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("stored-without-extension");
    std::fs::write(&path, files::docx("<w:p><w:r><w:t>from disk</w:t></w:r></w:p>")).unwrap();
    let extractor = extractor(worker(), Limits::default());
    let input = |path| Input { content: Content::File(path), name: "a.docx", media_type: "" };
    let document = extractor.extract(input(path)).await.unwrap();
    assert_eq!(document.sections[0].text, "from disk");
    let error = extractor.extract(input(folder.path().join("gone"))).await.unwrap_err();
    assert_eq!(error.code(), "unreadable");
}

#[tokio::test]
async fn a_reading_is_known_by_all_it_depends_on() {
    let recipe = async |options: ExtractorOptions, html: &str, name: &str, media_type: &str| {
        let content = Content::Bytes(html.as_bytes().to_vec().into());
        Extractor::new(options).recipe(&Input { content, name, media_type }).await.unwrap()
    };
    let plain = || options(worker(), 1, Limits::default());
    let first = recipe(plain(), "<p>x", "a.html", "").await.unwrap();
    assert_eq!(recipe(plain(), "<p>y", "b.html", "").await.unwrap(), first, "names do not matter");
    let languages =
        Recognition { languages: vec!["eng".to_owned(), "deu".to_owned()], ..Recognition::default() };
    let others = [
        recipe(plain(), "<p>x", "a.html", "text/html; charset=iso-8859-1").await.unwrap(),
        recipe(plain(), "{\\rtf1 x}", "a.html", "").await.unwrap(),
        recipe(ExtractorOptions { recognition: languages, ..plain() }, "<p>x", "a.html", "").await.unwrap(),
        recipe(
            ExtractorOptions { limits: Limits { text_bytes: 5, ..Limits::default() }, ..plain() },
            "<p>x",
            "a.html",
            "",
        )
        .await
        .unwrap(),
        recipe(
            ExtractorOptions { tools: Tools { pdftotext: Some("/x".into()), ..Tools::default() }, ..plain() },
            "<p>x",
            "a.html",
            "",
        )
        .await
        .unwrap(),
    ];
    for other in &others {
        assert_ne!(*other, first);
    }
    // Read as fast as it could be looked up, or by nobody.
    for (text, name) in [("words", "a.txt"), ("a,b", "a.csv"), ("", "a.html"), ("7z\u{bc}", "a.7z")] {
        assert_eq!(recipe(plain(), text, name, "").await, None, "{name}");
    }
}

#[tokio::test]
async fn pretending_takes_the_turn_and_the_time_of_a_reading() {
    let extractor = extractor(worker(), Limits::default());
    let (_, effort) = extractor
        .extract_for(
            Input {
                content: Content::Bytes("<p>x".as_bytes().to_vec().into()),
                name: "a.html",
                media_type: "",
            },
            Asker::default(),
        )
        .await
        .unwrap();
    assert!(!effort.reading.is_zero() && effort.recognizing.is_zero(), "{effort:?}");
    assert_eq!(extractor.files_read(), 1);
    let long = gangway_extract::Effort { reading: Duration::from_secs(1000), ..effort };
    let pretended = extractor.pretend(long, "eve");
    let read = read_html(&extractor, "<p>x");
    let both = async {
        tokio::select! { biased; () = pretended => "pretended", _ = read => "read" }
    };
    // The only turn is taken by the one who came first, who does nothing in it.
    assert!(tokio::time::timeout(Duration::from_millis(300), both).await.is_err());
    read_html(&extractor, "<p>x").await.unwrap();
    extractor.pretend(effort, "eve").await;
    assert_eq!(extractor.pretended(), effort.reading);
}
