//! The search for the nearest vectors at size: how long one person's and everybody's take, what is written, what is held.

use std::time::{Duration, Instant};

use gangway_search::{EmbeddedItem, EmbeddedPassage, FolderVectors, ItemKeys, VectorIndex, item_key};

use crate::quality::random;
use crate::report::Report;

/// Passages of one item.
const PER_ITEM: usize = 10;
/// Items that are put at once, as the task does.
const AT_ONCE: usize = 32;
const QUESTIONS: usize = 30;

#[derive(clap::Args)]
pub struct VectorArgs {
    /// Passages in all.
    #[arg(long, default_value_t = 200_000)]
    passages: usize,
    #[arg(long, default_value_t = 384)]
    dimensions: usize,
    /// People they belong to, in equal parts.
    #[arg(long, default_value_t = 100)]
    people: usize,
}

impl VectorArgs {
    pub fn data(&self) -> String {
        let Self { passages, dimensions, people } = self;
        format!("{passages} vectors of {dimensions} numbers by chance, of {people} people")
    }
}

pub async fn measure(args: &VectorArgs, report: &mut Report) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let vectors = FolderVectors::open_or_recreate(folder.path(), "chance")?;
    let mut below = random(11);
    let mut vector = || (0..args.dimensions).map(|_| below(2001) as f32 - 1000.0).collect::<Vec<f32>>();
    let items = args.passages / PER_ITEM;
    let begun = Instant::now();
    for start in (0..items).step_by(AT_ONCE) {
        let some = (start..items.min(start + AT_ONCE)).map(|item| EmbeddedItem {
            item_id: format!("i{item}").into(),
            user_id: format!("u{}", item % args.people).into(),
            connection_id: "c".into(),
            digest: 0,
            passages: (0..PER_ITEM as u32)
                .map(|chunk| EmbeddedPassage { chunk, text: 0, vector: vector() })
                .collect(),
        });
        vectors.put(some.collect()).await?;
        vectors.flush().await?;
    }
    vectors.rest().await;
    let took = begun.elapsed();
    let held = vectors.stats().await?;
    let rate = held.passages as f64 / took.as_secs_f64();
    report.add("vectors written, in batches of 320", format!("{rate:.0} a second"), "", String::new());
    let each = held.bytes as f64 / held.passages.max(1) as f64;
    report.add("a vector on disk", format!("{each:.0} bytes"), "", format!("{} as f32", args.dimensions * 4));
    let keys = |person: Option<usize>| -> ItemKeys {
        let theirs = (0..items).filter(|item| person.is_none_or(|person| item % args.people == person));
        theirs.map(|item| item_key(&format!("i{item}").into())).collect()
    };
    for (whose, among) in [("one person's", keys(Some(1))), ("everybody's", keys(None))] {
        let mut times: Vec<Duration> = Vec::new();
        for _ in 0..QUESTIONS {
            let question = vector();
            let begun = Instant::now();
            let near = vectors.nearest(&question, &among, -1.0, 100)?;
            times.push(begun.elapsed());
            anyhow::ensure!(near.len() == among.len().min(100), "{} were found", near.len());
        }
        times.sort_unstable();
        let count = among.len() * PER_ITEM;
        let figure = format!("median {:.1?}, slowest {:.1?}", times[QUESTIONS / 2], times[QUESTIONS - 1]);
        report.add(&format!("the 100 nearest among {whose} {count}"), figure, "", String::new());
    }
    Ok(())
}
