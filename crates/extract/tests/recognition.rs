//! Text recognition: by the real programs on pictures drawn here, and by one that waits to be told, where order, time
//! and failures matter.
#![cfg(target_os = "linux")]

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gangway_extract::{
    Asker, Content, ExtractError, Extractor, ExtractorOptions, Input, Limits, Recognition, RecognitionCheck,
    Tools, WorkerCommand,
};
use gangway_model::Document;

mod files;
#[allow(dead_code, reason = "stories use more of it")]
#[path = "../../testkit/src/gate.rs"]
mod gate;

use files::scan::{self, Page};
use gate::Gate;

fn extractor(tools: Tools, recognition: Recognition) -> Extractor {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_gangway-extract-worker"));
    Extractor::new(ExtractorOptions {
        worker: WorkerCommand { program, args: Vec::new() },
        workers: 1,
        limits: Limits::default(),
        tools,
        recognition,
    })
}

fn input(bytes: Vec<u8>, name: &str) -> Input<'_> {
    Input { content: Content::Bytes(bytes.into()), name, media_type: "" }
}

fn codes(document: &Document) -> Vec<&str> {
    document.notes.iter().map(|note| note.reason.code.as_str()).collect()
}

/// The header of a picture that is large enough to hold text.
fn picture() -> Vec<u8> {
    [b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".as_slice(), &600_u32.to_be_bytes(), &800_u32.to_be_bytes()].concat()
}

fn pictures(count: usize) -> Vec<u8> {
    let names: Vec<String> = (0..count).map(|number| format!("{number}.png")).collect();
    files::zip_of(&names.iter().map(|name| (name.as_str(), picture())).collect::<Vec<_>>())
}

async fn until(happened: impl Fn() -> bool) {
    let wait = async {
        while !happened() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), wait).await.expect("it happens within a minute");
}

#[tokio::test]
async fn text_in_pictures_is_found_where_it_belongs() {
    let tools = Tools::find();
    if tools.tesseract.is_none() || tools.pdftoppm.is_none() {
        eprintln!("skipped: tesseract or pdftoppm is not installed");
        return;
    }
    let extractor = extractor(tools, Recognition::default());
    assert_eq!(extractor.check_recognition().await, RecognitionCheck::Ready);
    // A letter may come out as another one; a word is enough.
    let words = |text: &str| match text.trim().to_uppercase() {
        text if text.contains("SLEEPS") => "THE WOMBAT SLEEPS".to_owned(),
        text => text,
    };
    let told = |document: &Document| {
        let sections = document.sections.iter();
        sections.map(|one| (one.place.member.clone(), one.place.page, words(&one.text))).collect::<Vec<_>>()
    };
    let alone = extractor.extract(input(scan::bmp("THE WOMBAT SLEEPS"), "scan.bmp")).await.unwrap();
    assert_eq!(told(&alone), [(None, None, "THE WOMBAT SLEEPS".to_owned())], "{alone:?}");

    let pages = [
        Page::Text("the first page is text"),
        Page::Scan("THE WOMBAT SLEEPS"),
        Page::Blank,
        Page::Text("the last"),
    ];
    let paper = scan::pdf(&pages);
    let mixed = extractor.extract(input(paper.clone(), "paper.pdf")).await.unwrap();
    let expected = |member: Option<&str>| {
        [(1, "THE FIRST PAGE IS TEXT"), (2, "THE WOMBAT SLEEPS"), (4, "THE LAST")]
            .map(|(page, text)| (member.map(str::to_owned), Some(page), text.to_owned()))
    };
    assert_eq!(told(&mixed), expected(None), "{mixed:?}");
    assert_eq!(codes(&mixed), Vec::<&str>::new());

    let archive = files::zip_of(&[("paper.pdf", paper), ("photo.bmp", scan::bmp("THE WOMBAT SLEEPS"))]);
    let packed = extractor.extract(input(archive, "all.zip")).await.unwrap();
    let mut wanted = expected(Some("paper.pdf")).to_vec();
    wanted.push((Some("photo.bmp".to_owned()), None, "THE WOMBAT SLEEPS".to_owned()));
    assert_eq!(told(&packed), wanted, "{packed:?}");
}

#[tokio::test]
async fn turns_go_round_by_user() {
    let gate = Gate::new();
    let extractor = extractor(gate.tools(), gate.recognition());
    let (begun, done) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(Vec::new())));
    let mut readers = tokio::task::JoinSet::new();
    for (number, whose) in ["ada", "ada", "ada", "ada", "ada", "eve"].into_iter().enumerate() {
        let (extractor, begun, done) = (extractor.clone(), Arc::clone(&begun), Arc::clone(&done));
        let counted = Arc::clone(&begun);
        readers.spawn(async move {
            let begins = || {
                begun.fetch_add(1, Ordering::Relaxed);
            };
            let asker = Asker { whose, recognition_begins: Some(&begins) };
            extractor.extract_for(input(picture(), "scan.png"), asker).await.unwrap();
            done.lock().unwrap().push(whose);
        });
        // Each stands in the line before the next comes.
        until(|| counted.load(Ordering::Relaxed) == number + 1).await;
    }
    assert!(done.lock().unwrap().is_empty());
    (0..6).for_each(|_| gate.lets_through("words"));
    while let Some(ended) = readers.join_next().await {
        ended.unwrap();
    }
    assert_eq!(*done.lock().unwrap(), ["ada", "ada", "eve", "ada", "ada", "ada"]);
}

#[tokio::test]
async fn what_is_recognized_before_time_runs_out_is_kept() {
    let gate = Gate::new();
    let extractor = extractor(
        gate.tools(),
        Recognition { time_per_file: Duration::from_millis(1500), ..gate.recognition() },
    );
    gate.lets_through("the first");
    gate.lets_through("the second");
    let document = extractor.extract(input(pictures(5), "scans.zip")).await.unwrap();
    let texts: Vec<&str> = document.sections.iter().map(|section| section.text.trim()).collect();
    assert_eq!(texts, ["recognized the first", "recognized the second"]);
    assert_eq!(codes(&document), ["recognition_out_of_time"]);
    let said = &document.notes[0].reason.message;
    assert!(said.starts_with("3 of 5 scanned pages or pictures not recognized"), "{said}");
}

#[tokio::test]
async fn the_pages_beyond_the_limit_are_counted() {
    let gate = Gate::new();
    let extractor = extractor(gate.tools(), Recognition { pages_per_file: 1, ..gate.recognition() });
    gate.lets_through("words");
    let document = extractor.extract(input(pictures(40), "scans.zip")).await.unwrap();
    assert_eq!((document.sections.len(), codes(&document)), (1, vec!["too_many_scans"]));
    let said = &document.notes[0].reason.message;
    assert!(said.starts_with("39 of 40 scanned pages or pictures"), "{said}");
}

#[tokio::test]
async fn a_file_that_is_given_up_lets_go_of_its_turn() {
    let gate = Gate::new();
    let extractor = extractor(gate.tools(), gate.recognition());
    let begun = AtomicUsize::new(0);
    let begins = || {
        begun.fetch_add(1, Ordering::Relaxed);
    };
    let asker = Asker { whose: "ada", recognition_begins: Some(&begins) };
    let gone = extractor.extract_for(input(picture(), "scan.png"), asker);
    tokio::select! {
        _ = gone => panic!("nobody let it through"),
        () = until(|| begun.load(Ordering::Relaxed) == 1) => {}
    }
    gate.lets_through("words");
    let document = extractor.extract(input(picture(), "scan.png")).await.unwrap();
    assert_eq!(document.sections[0].text.trim(), "recognized words");
}

#[tokio::test]
async fn a_program_that_cannot_be_started_says_nothing_about_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let not_executable = folder.path().join("tesseract");
    std::fs::write(&not_executable, "#!/bin/sh\n").unwrap();
    for program in [PathBuf::from("/nowhere/tesseract"), not_executable] {
        let tools = Tools { tesseract: Some(program.clone()), ..Tools::default() };
        let extractor = extractor(tools.clone(), Recognition::default());
        let error = extractor.extract(input(picture(), "scan.png")).await.unwrap_err();
        assert_eq!(error, ExtractError::RecognitionUnavailable);
        assert!(!error.is_about_the_file());
        let poppler = PathBuf::from("/bin/true");
        let tools = Tools { pdftoppm: Some(poppler), ..tools };
        let told = RecognitionCheck::NotStarted { program: program.display().to_string() };
        assert_eq!(self::extractor(tools, Recognition::default()).check_recognition().await, told);
        assert_eq!(extractor.readers().await, None, "nothing is known about what could be read");
        let text = extractor.extract(input(b"<p>words".to_vec(), "a.html")).await.unwrap();
        assert_eq!(text.sections[0].text, "words", "others are read all the same");
    }
    // Its languages were known once; then no process could be started.
    let gate = Gate::new();
    let extractor = extractor(gate.tools(), gate.recognition());
    assert!(extractor.readers().await.is_some());
    std::fs::remove_file(gate.program()).unwrap();
    let error = extractor.extract(input(picture(), "scan.png")).await.unwrap_err();
    assert_eq!(error, ExtractError::RecognitionUnavailable);
}

#[tokio::test]
async fn what_is_missing_is_named_and_known_as_what_could_not_read() {
    let gate = Gate::new();
    let english = extractor(gate.tools(), gate.recognition());
    let german = |languages: &[&str]| {
        let languages = languages.iter().map(|language| (*language).to_owned()).collect();
        extractor(gate.tools(), Recognition { languages, ..gate.recognition() })
    };
    let document = german(&["chi_sim"]).extract(input(picture(), "scan.png")).await.unwrap();
    assert_eq!(codes(&document), ["recognition_not_installed"]);
    assert!(document.notes[0].reason.message.contains("(tesseract-ocr-chi-sim is missing)"), "{document:?}");
    assert!(!german(&["deu"]).would_read("scan.png", "", "recognition_not_installed").await);
    // One of two will do.
    assert!(german(&["deu", "eng"]).would_read("scan.png", "", "recognition_not_installed").await);
    assert!(!english.would_read("scan.pdf", "", "recognition_not_installed").await, "nothing draws pages");
    assert!(!english.would_read("film.mp4", "video/mp4", "unsupported_type").await);
    assert!(english.would_read("mail.eml", "", "unsupported_type").await);

    let mut known = vec![english.readers().await.unwrap(), german(&["deu"]).readers().await.unwrap()];
    let none = extractor(Tools::default(), Recognition::default());
    known.push(none.readers().await.unwrap());
    let off = extractor(gate.tools(), Recognition { enabled: false, ..gate.recognition() });
    known.push(off.readers().await.unwrap());
    known.sort();
    known.dedup();
    assert_eq!(known.len(), 4, "{known:?}");
}

#[tokio::test]
async fn a_large_pdf_within_a_file_keeps_its_text_and_tells_of_pages_without() {
    let gate = Gate::new();
    let extractor = extractor(gate.tools(), gate.recognition());
    let mut paper = scan::pdf(&[Page::Text("words on paper"), Page::Blank]);
    // Room for nobody knows what; the file's own end stays at its end.
    let end = paper.windows(9).rposition(|window| window == b"startxref").unwrap();
    let tail = paper.split_off(end);
    paper.extend(std::iter::repeat_n(b'\n', 17 << 20));
    paper.extend(tail);
    let document = extractor.extract(input(files::zip_of(&[("paper.pdf", paper)]), "all.zip")).await.unwrap();
    assert_eq!(document.sections[0].text.trim(), "words on paper");
    assert_eq!(codes(&document), ["scans_not_read"]);
    let note = &document.notes[0];
    assert_eq!((note.place.member.as_deref(), note.place.page), (Some("paper.pdf"), Some(2)));
    assert!(note.reason.message.starts_with("a page holds no text"), "{}", note.reason.message);
}

/// A program that prints these words and how sure it is of them, for a page as it lies and for one that was turned.
fn reads(as_it_lies: (&str, u32), turned: (&str, u32)) -> (tempfile::TempDir, Tools) {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("tesseract");
    let prints = |(words, certainty): (&str, u32)| {
        format!("printf '5\\t1\\t1\\t1\\t1\\t1\\t0\\t0\\t9\\t9\\t{certainty}\\t{words}\\n{words}\\n'")
    };
    let script = format!(
        "#!/bin/sh\nif [ \"$1\" = --list-langs ]; then echo eng; exit; fi\n\
         case \"$*\" in *'--psm 1 '*) {};; *) {};; esac\n",
        prints(turned),
        prints(as_it_lies)
    );
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    (folder, Tools { tesseract: Some(program), ..Tools::default() })
}

#[tokio::test]
async fn a_page_on_its_head_is_turned_and_one_that_gives_no_words_says_so() {
    let gibberish = "oy sjunoooe aqi paquasaid jainseer ayL jo sainutpy";
    let cases = [
        (("the right words", 90), ("never asked for", 99), Some("the right words"), None),
        ((gibberish, 25), ("the right words", 90), Some("the right words"), None),
        // What is only unsure is kept, by the surer try.
        (("hard to make out", 50), ("worse", 41), Some("hard to make out"), None),
        ((gibberish, 25), (gibberish, 30), None, Some("recognition_unsure")),
        // A photograph in which there seem to be letters.
        (("spjom", 20), ("spjom", 20), None, None),
    ];
    for (as_it_lies, turned, words, code) in cases {
        let (_folder, tools) = reads(as_it_lies, turned);
        let document =
            extractor(tools, Recognition::default()).extract(input(picture(), "a.png")).await.unwrap();
        let found = document.sections.first().map(|section| section.text.as_str());
        assert_eq!((found, codes(&document).first().copied()), (words, code), "{as_it_lies:?} {turned:?}");
    }
}

#[tokio::test]
async fn a_picture_that_tells_no_size_is_read_as_a_sheet_of_paper() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("tesseract");
    let script = "#!/bin/sh\nif [ \"$1\" = --list-langs ]; then echo eng; exit; fi\necho \"asked for $*\"\n";
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let tools = Tools { tesseract: Some(program), ..Tools::default() };
    let extractor = extractor(tools, Recognition::default());
    let told =
        [&picture()[..], b"\x08\0\0\0\0....\0\0\0\x09pHYs\0\0\x1e\xc2\0\0\x1e\xc2\x01....\0\0\0\0IDAT"]
            .concat();
    let packed = files::zip_of(&[("a.png", picture())]);
    for (name, bytes, is_assumed) in
        [("a.png", picture(), true), ("told.png", told, false), ("a.zip", packed, true)]
    {
        let document = extractor.extract(input(bytes, name)).await.unwrap();
        let asked = document.sections.first().map_or("nothing", |section| section.text.as_str());
        assert_eq!(asked.contains("--dpi 300"), is_assumed, "{name}: {asked}");
    }
}

#[tokio::test]
async fn a_stamp_on_a_scan_is_not_all_of_it() {
    let tools = Tools::find();
    if tools.tesseract.is_none() || tools.pdftoppm.is_none() || tools.pdfimages.is_none() {
        eprintln!("skipped: tesseract or poppler is not installed");
        return;
    }
    let pages = [Page::Text("a page with a few words"), Page::Stamped("Received 17", "THE LAMPS ARE LOW")];
    let extractor = extractor(tools, Recognition::default());
    let document = extractor.extract(input(scan::pdf(&pages), "paper.pdf")).await.unwrap();
    let found: Vec<_> =
        document.sections.iter().map(|one| (one.place.page, one.text.trim().to_uppercase())).collect();
    assert_eq!(found.len(), 3, "{found:?}");
    assert_eq!(found[0], (Some(1), "A PAGE WITH A FEW WORDS".to_owned()));
    assert_eq!(found[1], (Some(2), "RECEIVED 17".to_owned()));
    assert!(found[2].0 == Some(2) && found[2].1.contains("LAMPS"), "{found:?}");
}

#[tokio::test]
async fn scans_that_were_pasted_into_a_document_are_read_where_it_has_no_text_of_its_own() {
    let (_folder, tools) = reads(("words of the sheet", 90), ("never asked for", 99));
    let extractor = extractor(tools, Recognition::default());
    let head = |side: u32| [&picture()[..16], &side.to_be_bytes(), &side.to_be_bytes()].concat();
    let (sheet, icon) = (head(1_600), head(64));
    let text = |words: &str| files::paragraph(None, words);
    let cases = [
        (text("Scan"), vec![icon.clone(), sheet.clone(), sheet.clone()], 2),
        (text("Scan"), vec![icon], 0),
        (text(&"a letter with words of its own ".repeat(20)), vec![sheet], 0),
    ];
    for (body, pictures, sheets) in cases {
        let document =
            extractor.extract(input(files::docx_with_pictures(&body, &pictures), "a.docx")).await.unwrap();
        let read = document.sections.iter().filter(|one| one.text == "words of the sheet").count();
        assert_eq!((read, document.notes.len()), (sheets, 0), "{document:?}");
    }
}
