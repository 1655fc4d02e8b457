//! Processes that are measured: started, read, and ended with the benchmark.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::Context;

/// A child that ends when this is dropped.
pub struct Process {
    child: Child,
}

impl Process {
    pub fn start(command: &mut Command) -> anyhow::Result<Self> {
        let child = command.stdin(Stdio::null()).spawn().context("the process does not start")?;
        Ok(Self { child })
    }

    /// Starts a process and reads its standard output until `pick` finds what it looks for.
    pub fn start_and_read<T>(
        command: &mut Command,
        pick: impl Fn(&str) -> Option<T>,
    ) -> anyhow::Result<(Self, T)> {
        let mut process = Self::start(command.stdout(Stdio::piped()))?;
        let output = process.child.stdout.take().context("no output")?;
        let mut lines = BufReader::new(output).lines();
        while let Some(line) = lines.next().transpose()? {
            if let Some(found) = pick(&line) {
                // The rest is read and forgotten, so that the process never waits for us.
                std::thread::spawn(move || lines.for_each(drop));
                return Ok((process, found));
            }
        }
        anyhow::bail!("the process ended before it said what it should")
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Resident memory now and at its peak, in bytes.
    pub fn memory(&self) -> anyhow::Result<(u64, u64)> {
        let field = status_of(self.child.id())?;
        Ok((field("VmRSS:")?, field("VmHWM:")?))
    }
}

/// Resident memory in bytes: all of it, and what is not mapped from files.
pub struct ResidentMemory {
    pub all: u64,
    pub own: u64,
}

pub fn resident_memory(process: u32) -> anyhow::Result<ResidentMemory> {
    let field = status_of(process)?;
    Ok(ResidentMemory { all: field("VmRSS:")?, own: field("RssAnon:")? })
}

/// This process's resident memory now and at its peak, in bytes.
pub fn own_memory() -> anyhow::Result<(u64, u64)> {
    let field = status_of(std::process::id())?;
    Ok((field("VmRSS:")?, field("VmHWM:")?))
}

/// Reads a field of a process's status that is told in kibibytes.
fn status_of(process: u32) -> anyhow::Result<impl Fn(&str) -> anyhow::Result<u64>> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    Ok(move |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name)).context("no such field")?;
        let kibibytes = line.split_whitespace().nth(1).context("no figure")?;
        Ok(kibibytes.parse::<u64>()? * 1024)
    })
}

/// The processes that a process started, and those that they started.
pub fn descendants(process: u32) -> Vec<u32> {
    let Ok(tasks) = std::fs::read_dir(format!("/proc/{process}/task")) else { return Vec::new() };
    let lists = tasks.flatten().filter_map(|task| std::fs::read_to_string(task.path().join("children")).ok());
    let children: Vec<u32> = lists
        .flat_map(|list| list.split_whitespace().filter_map(|id| id.parse().ok()).collect::<Vec<_>>())
        .collect();
    children.iter().copied().chain(children.iter().flat_map(|child| descendants(*child))).collect()
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `gangway` in a folder, with nothing of the caller's own settings.
pub fn gangway(program: &Path, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).stderr(Stdio::null());
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("GANGWAY_") {
            command.env_remove(name);
        }
    }
    command
}
