//! Search at size: an index of many people's passages, filled as syncs fill it and asked as one of them.

use std::path::PathBuf;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use gangway_model::{Chunk, Place, from_millis};
use gangway_search::{
    Filters, IndexedDocument, Names, SearchIndex, SearchRequest, TantivyIndex, TantivyOptions, Visibility,
};

use crate::process::resident_memory;
use crate::quality::random;
use crate::report::Report;

/// Passages of a document.
const PASSAGES: usize = 10;
/// Words of a passage: about 1,200 characters, as the extractor cuts them.
const WORDS: usize = 190;
/// Different words; the more frequent of two has the smaller number, as Zipf says.
const VOCABULARY: usize = 60_000;
/// Documents handed in between two flushes, as a sync's batches are.
const BATCH: usize = 100;
/// Documents of one person that come together.
const PIECE: usize = 25;
/// Syncs that fill the index at the same time; the engine lets four run.
const SYNCS: usize = 2;
/// Batches that are made ahead, so that making them is not measured.
const BATCHES_AHEAD: usize = 40;
/// 2026-01-01 in milliseconds.
const NOW: i64 = 1_767_225_600_000;

#[derive(clap::Args)]
pub struct SearchArgs {
    /// Passages in the index.
    #[arg(long, default_value_t = 1_000_000)]
    chunks: usize,
    /// People they belong to; the first owns a tenth of all, the others the same share of the rest.
    #[arg(long, default_value_t = 1_000)]
    users: usize,
    /// Questions asked of each kind.
    #[arg(long, default_value_t = 1_000)]
    questions: usize,
    /// Where the index is made; a temporary folder when left out. One that is there already is asked again.
    #[arg(long)]
    folder: Option<PathBuf>,
}

impl SearchArgs {
    pub fn data(&self) -> String {
        format!("{} passages of {WORDS} words, owned by {} people, made by code", self.chunks, self.users)
    }
}

pub async fn measure(args: &SearchArgs, report: &mut Report) -> anyhow::Result<()> {
    let temporary = tempfile::tempdir()?;
    let folder = args.folder.clone().unwrap_or_else(|| temporary.path().join("index"));
    let index = TantivyIndex::open(&folder, &TantivyOptions::default())?;
    let words = vocabulary();
    if index.stats().await?.chunks == 0 {
        fill(args, &index, &words, report).await?;
    }
    let stats = index.stats().await?;
    let text = (stats.chunks as usize * WORDS * 6) >> 20;
    report.add(
        "search: index size",
        format!("{} MiB for {} passages", stats.bytes >> 20, stats.chunks),
        "stated",
        format!("about {text} MiB of text"),
    );
    for (what, owner) in [("a person with an even share", 1), ("the person with a tenth of all", 0)] {
        let mut all = Vec::new();
        for kind in KINDS {
            let took = ask(args, &index, &words, owner, kind).await?;
            report_times(&format!("search as {what}, {}", kind.name()), took.clone(), report);
            all.extend(took);
        }
        report_times(&format!("search as {what}, all of these"), all, report);
    }
    let memory = resident_memory(std::process::id())?;
    report.add(
        "search: resident memory after all questions",
        format!("{} MiB, of which {} MiB not from files", memory.all >> 20, memory.own >> 20),
        "stated",
        String::from("the index is mapped from files, which the system may take back"),
    );
    Ok(())
}

async fn fill(
    args: &SearchArgs,
    index: &TantivyIndex,
    words: &[String],
    report: &mut Report,
) -> anyhow::Result<()> {
    let mut below = random(11);
    let documents = (args.chunks / PASSAGES).max(1);
    let (mut spent, mut number) = (Duration::ZERO, 0);
    while number < documents {
        // Made before the clock runs.
        let ready: Mutex<Vec<_>> = Mutex::new(Vec::new());
        while number < documents && ready.lock().expect("no holder panics").len() < BATCHES_AHEAD {
            let end = documents.min(number + BATCH);
            let batch = (number..end).map(|number| document(number, args.users, words, &mut below)).collect();
            ready.lock().expect("no holder panics").push(batch);
            number = end;
        }
        let sync = async || -> anyhow::Result<()> {
            loop {
                let Some(batch) = ready.lock().expect("no holder panics").pop() else { return Ok(()) };
                index.put(batch).await?;
                index.flush().await?;
            }
        };
        let begun = Instant::now();
        futures::future::try_join_all((0..SYNCS).map(|_| sync())).await?;
        spent += begun.elapsed();
    }
    let rate = (documents * PASSAGES) as f64 / spent.as_secs_f64();
    let what = format!(
        "search: indexing for {SYNCS} syncs at once, each durable after {BATCH} documents of {PASSAGES} passages"
    );
    report.add(
        &what,
        format!("{rate:.0} passages/s"),
        "≥ 5,000 passages/s",
        format!("{WORDS} words a passage"),
    );
    Ok(())
}

#[derive(Clone, Copy)]
enum Kind {
    /// Words out of the middle of the vocabulary.
    Words,
    /// Two words and the beginning of a third.
    Typing,
    /// A word that every second passage holds, and one that is less frequent.
    Frequent,
    /// A word with two letters exchanged.
    Slip,
    /// With words that most passages hold: where none holds all, what is telling is looked for.
    Question,
}

const KINDS: [Kind; 5] = [Kind::Words, Kind::Typing, Kind::Frequent, Kind::Slip, Kind::Question];

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Words => "1 to 3 words",
            Self::Typing => "still typing",
            Self::Frequent => "with a frequent word",
            Self::Slip => "with a slip",
            Self::Question => "a question of nine words",
        }
    }

    fn question(self, words: &[String], below: &mut impl FnMut(usize) -> usize) -> String {
        match self {
            Self::Words => {
                let count = 1 + below(3);
                let all: Vec<&str> = (0..count).map(|_| any_word(words, below)).collect();
                format!("{} ", all.join(" "))
            }
            Self::Typing => {
                let (one, other, last) =
                    (any_word(words, below), any_word(words, below), any_word(words, below));
                let end = last.len().min(3 + below(3));
                format!("{one} {other} {}", &last[..end])
            }
            Self::Frequent => {
                let frequent = &words[2 + below(10)];
                format!("{frequent} {} ", any_word(words, below))
            }
            Self::Slip => {
                let long = (0..100).map(|_| any_word(words, below)).find(|word| word.len() >= 6);
                let mut letters = long.unwrap_or("misspelled").as_bytes().to_vec();
                let at = 1 + below(letters.len() - 2);
                letters.swap(at, at + 1);
                format!("{} ", String::from_utf8_lossy(&letters))
            }
            Self::Question => {
                let mut word = || any_word(words, below);
                format!("how many {} of the {} have {} their {}?", word(), word(), word(), word())
            }
        }
    }
}

/// A word out of the middle of the vocabulary: none that every passage holds.
fn any_word<'w>(words: &'w [String], below: &mut impl FnMut(usize) -> usize) -> &'w str {
    const COMMONEST: usize = 100;
    &words[COMMONEST + zipf(below) % (words.len() - COMMONEST)]
}

/// How long an answer took, and whether there was anything in it.
#[derive(Clone, Copy)]
struct Asked {
    took: Duration,
    found: bool,
}

async fn ask(
    args: &SearchArgs,
    index: &TantivyIndex,
    words: &[String],
    owner: usize,
    kind: Kind,
) -> anyhow::Result<Vec<Asked>> {
    let mut below = random(13);
    let mut asked = Vec::new();
    // The first tenth only warms up.
    for round in 0..args.questions + args.questions / 10 {
        let request = SearchRequest {
            query: kind.question(words, &mut below),
            visible: Visibility { owner: format!("u{owner}").as_str().into(), collections: Vec::new() },
            filters: Filters::default(),
            names: Names::default(),
            now: from_millis(NOW),
            fold_duplicates: true,
            limit: 10,
            offset: 0,
        };
        let begun = Instant::now();
        let page = index.search(&request).await?;
        if round >= args.questions / 10 {
            asked.push(Asked { took: begun.elapsed(), found: !page.hits.is_empty() });
        }
    }
    Ok(asked)
}

fn report_times(what: &str, mut asked: Vec<Asked>, report: &mut Report) {
    asked.sort_unstable_by_key(|one| one.took);
    let at = |share: f64| asked[((asked.len() - 1) as f64 * share) as usize].took.as_secs_f64() * 1000.0;
    let found = asked.iter().filter(|one| one.found).count();
    report.add(
        what,
        format!("p50 {:.1} ms, p99 {:.1} ms", at(0.5), at(0.99)),
        "p50 ≤ 5 ms, p99 ≤ 50 ms",
        format!("{found} of {} questions found something", asked.len()),
    );
}

/// Words as frequent as in English: the commonest are real, the rest made of syllables.
fn vocabulary() -> Vec<String> {
    const COMMON: &str = "the of and to in is that for it as was with be by on not he this are or his from at which \
        but have an had they you were their one all we can her has there been if more when will would who so no out up \
        into them then she some its other than about could only new time these two may first any now such like over our \
        even most after also many before must through years where way well should because each people how too much";
    const SYLLABLES: [&str; 40] = [
        "ba", "ce", "di", "fo", "gu", "ha", "je", "ki", "lo", "mu", "na", "pe", "ri", "so", "tu", "va", "we",
        "xi", "yo", "zu", "bra", "cle", "dri", "flo", "gru", "pla", "ste", "tri", "spo", "clu", "man", "ten",
        "sin", "ton", "sur", "ment", "tion", "al", "er", "ing",
    ];
    let mut below = random(3);
    let mut words: Vec<String> = COMMON.split_whitespace().map(str::to_owned).collect();
    let mut met: std::collections::HashSet<String> = words.iter().cloned().collect();
    while words.len() < VOCABULARY {
        let syllables = 2 + below(3);
        let word: String = (0..syllables).map(|_| SYLLABLES[below(SYLLABLES.len())]).collect();
        if met.insert(word.clone()) {
            words.push(word);
        }
    }
    words
}

/// A word's number: half as often when it is twice as large.
fn zipf(below: &mut impl FnMut(usize) -> usize) -> usize {
    let uniform = (below(1 << 30) as f64 + 1.0) / (1u64 << 30) as f64;
    ((VOCABULARY as f64).powf(uniform) - 1.0) as usize
}

/// Whose a document is. What comes together belongs to one person, as in a sync: each tenth batch to one and the same,
/// the others in pieces to all others in turn, again and again.
fn owner(number: usize, users: usize) -> usize {
    let tenths = number / BATCH / 10;
    if (number / BATCH).is_multiple_of(10) {
        return 0;
    }
    let before = number - (tenths + 1) * BATCH;
    1 + before / PIECE % users.saturating_sub(1).max(1)
}

fn document(
    number: usize,
    users: usize,
    words: &[String],
    below: &mut impl FnMut(usize) -> usize,
) -> IndexedDocument {
    let user = owner(number, users);
    let text = |below: &mut dyn FnMut(usize) -> usize| {
        let mut text = String::new();
        for at in 0..WORDS {
            text.push_str(&words[zipf(&mut |end| below(end)).min(words.len() - 1)]);
            text.push_str(if at % 12 == 11 { ". " } else { " " });
        }
        text
    };
    let chunks = (0..PASSAGES).map(|at| Chunk {
        number: at as u32,
        place: Place { page: Some(at as u32 + 1), ..Place::default() },
        text: text(below),
    });
    let chunks = chunks.collect();
    let folder = format!("Area {}/Project {}", below(20), below(200));
    IndexedDocument {
        item_id: format!("i{number}").as_str().into(),
        user_id: format!("u{user}").as_str().into(),
        connection_id: format!("c{user}").as_str().into(),
        connector_id: "files".into(),
        collections: vec![format!("k{user}").as_str().into()],
        name: format!("{} {}.txt", words[100 + below(5000)], number),
        path: Some(format!("{folder}/file {number}.txt")),
        media_type: "text/plain".to_owned(),
        modified_at: Some(from_millis(NOW - 86_400_000 * below(2000) as i64)),
        url: None,
        title: None,
        chunks,
    }
}
