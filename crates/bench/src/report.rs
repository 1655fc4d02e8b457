//! The report: each figure with its goal and its baseline, on a machine that is described.

use std::fmt::Write as _;
use std::path::Path;

pub struct Report {
    title: &'static str,
    /// How the figures come about, and the data they are about.
    head: String,
    data: String,
    rows: Vec<Row>,
}

struct Row {
    what: String,
    figure: String,
    goal: String,
    baseline: String,
}

impl Report {
    /// A report of the whole product at work.
    pub fn new(files: u64) -> Self {
        Self {
            title: "Benchmarks",
            head: "Written by `make bench`. Server, emulator and load run on the same machine and share its \
                   cores, so figures are those of the whole; baselines were taken in the same run."
                .to_owned(),
            data: format!("{files} text files of about 1 kB, made by code"),
            rows: Vec::new(),
        }
    }

    /// A report of search alone.
    pub fn of_search(data: &str) -> Self {
        Self {
            title: "Benchmarks of search",
            head: "Written by `gangway-bench search` and `gangway-bench quality`. The index is asked directly, without \
                   HTTP and rows; baselines were taken in the same run."
                .to_owned(),
            data: data.to_owned(),
            rows: Vec::new(),
        }
    }

    /// A report of extraction alone.
    pub fn of_extraction(data: &str) -> Self {
        Self {
            title: "Benchmarks of extraction",
            head: "Written by `gangway-bench extract`. Everybody reads the same files from the same disk in the same run, \
                   as many at a time, the fastest round of each kind counts; starting up is left out."
                .to_owned(),
            data: data.to_owned(),
            rows: Vec::new(),
        }
    }

    /// Notes a figure and prints it at once.
    pub fn add(&mut self, what: &str, figure: String, goal: &str, baseline: String) {
        println!("{what}: {figure} (goal {goal}; {baseline})");
        self.rows.push(Row { what: what.to_owned(), figure, goal: goal.to_owned(), baseline });
    }

    pub fn finish(&self, path: &Path) -> anyhow::Result<()> {
        let mut text = format!("# {}\n\n{}\n\n", self.title, self.head);
        write!(text, "Machine: {}. ", machine())?;
        let build = if cfg!(debug_assertions) { "Development build" } else { "Release build" };
        writeln!(text, "Data set: {}. {build}.\n", self.data)?;
        text.push_str("| what | measured | to reach | baseline in the same run |\n|---|---|---|---|\n");
        for row in &self.rows {
            writeln!(text, "| {} | {} | {} | {} |", row.what, row.figure, row.goal, row.baseline)?;
        }
        if path == Path::new("-") {
            println!("\n{text}");
        } else {
            // What people wrote below the table stays.
            let notes = std::fs::read_to_string(path).unwrap_or_default();
            let notes = notes.split_once("\n## ").map(|(_, rest)| format!("\n## {rest}")).unwrap_or_default();
            std::fs::write(path, text + &notes)?;
            println!("written to {}", path.display());
        }
        Ok(())
    }
}

fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let cpu = read("/proc/cpuinfo");
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or_default();
    let model = model.trim_start_matches([' ', '\t', ':']);
    let memory = read("/proc/meminfo");
    let kibibytes: u64 = memory.split_whitespace().nth(1).and_then(|text| text.parse().ok()).unwrap_or(0);
    format!("{cores} cores ({model}), {} GiB memory, Linux", kibibytes >> 20)
}
