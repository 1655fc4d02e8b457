//! Measures what the product promises to reach: data sets made by code, a baseline in the same run, and a report.
//!
//! Times are wall-clock times of whole deeds against real processes; nothing here is a test.

#![allow(clippy::disallowed_methods, reason = "a benchmark measures the machine's own time")]

mod caller;
mod extract;
mod handler;
mod incremental;
mod listing;
mod load;
mod model;
mod process;
mod pushes;
mod quality;
mod report;
mod search;
mod start;
mod sync;
mod vectors;
mod world;

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Parser, Subcommand};

use crate::report::Report;
use crate::world::World;

#[derive(Parser)]
struct Args {
    /// Small files in the data set.
    #[arg(long, default_value_t = 100_000)]
    files: u64,
    /// Where the report goes; `-` prints it only. docs/benchmarks.md for the whole, `-` for a part of it.
    #[arg(long, global = true)]
    report: Option<PathBuf>,
    /// The program that is measured; by default the one beside this one.
    #[arg(long, global = true)]
    gangway: Option<PathBuf>,
    #[command(subcommand)]
    role: Option<Role>,
}

#[derive(Subcommand)]
enum Role {
    /// Serves a handler that does nothing: what the API's rate is compared with.
    EmptyHandler,
    /// Measures search at size: latency, indexing rate, size and memory.
    Search(search::SearchArgs),
    /// Measures how fast files become text, beside other readers, and what the worst of them cost in memory.
    Extract(extract::ExtractArgs),
    /// Measures how well search answers, beside a plain tantivy and SQLite FTS5.
    Quality(quality::QualityArgs),
    /// Measures a model that runs in this process: how long it takes to load and to make vectors, what it holds.
    Model(model::ModelArgs),
    /// Measures the search for the nearest vectors at size.
    Vectors(vectors::VectorArgs),
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let runtime = tokio::runtime::Runtime::new()?;
    let report = |default: &str| args.report.clone().unwrap_or_else(|| PathBuf::from(default));
    match &args.role {
        Some(Role::EmptyHandler) => runtime.block_on(handler::serve_nothing()),
        Some(Role::Search(asked)) => {
            let mut found = Report::of_search(&asked.data());
            runtime.block_on(search::measure(asked, &mut found))?;
            found.finish(&report("-"))
        }
        Some(Role::Quality(asked)) => {
            let mut found = Report::of_search(&asked.data());
            runtime.block_on(quality::measure(asked, &mut found))?;
            found.finish(&report("-"))
        }
        Some(Role::Model(asked)) => {
            let mut found = Report::of_search(&asked.data());
            runtime.block_on(model::measure(asked, &mut found))?;
            found.finish(&report("-"))
        }
        Some(Role::Extract(asked)) => {
            let mut found = Report::of_extraction(&asked.data());
            runtime.block_on(extract::measure(asked, &program(&args)?, &mut found))?;
            found.finish(&report("-"))
        }
        Some(Role::Vectors(asked)) => {
            let mut found = Report::of_search(&asked.data());
            runtime.block_on(vectors::measure(asked, &mut found))?;
            found.finish(&report("-"))
        }
        None => runtime.block_on(measure(&args, &report("docs/benchmarks.md"))),
    }
}

/// The program that is measured.
fn program(args: &Args) -> anyhow::Result<PathBuf> {
    let program = match &args.gangway {
        Some(program) => std::path::absolute(program)?,
        None => std::env::current_exe()?.with_file_name("gangway"),
    };
    anyhow::ensure!(program.is_file(), "{} is not there: build it first", program.display());
    Ok(program)
}

async fn measure(args: &Args, to: &Path) -> anyhow::Result<()> {
    let program = program(args)?;
    let mut report = Report::new(args.files);
    start::measure(&program, &mut report).await.context("start and idle memory")?;
    let world = World::start(&program, args.files).await.context("the data set")?;
    listing::measure(&world, &mut report).await.context("listing")?;
    handler::measure(&world, &mut report).await.context("GET /rest/connectors")?;
    sync::measure(&world, &mut report).await.context("first sync")?;
    incremental::measure(&world, &mut report).await.context("incremental sync")?;
    drop(world);
    pushes::measure(&program, &mut report).await.context("pushes")?;
    report.finish(to)
}
