//! Runs programs on a document: as a child that limits and confines itself before it becomes the program.

use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

use super::reach::{Needs, readable};
use crate::pool::WorkerCommand;
use crate::worker::{EXIT_NOT_CONFINED, EXIT_NOT_RUN, ORDER, ToolOrder};

const SIGXCPU: i32 = 24;

/// Why a program gave nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ToolError {
    /// It could not be started, or not be limited: our side's fault, not the document's.
    NotRun,
    /// Our own copy of the document could not be opened.
    NoFeed,
    TimedOut,
    /// It ended with an error: it cannot read the document, or ran against a limit.
    Failed,
}

/// What a program reads on its standard input.
pub(crate) enum Feed<'a> {
    Bytes(&'a [u8]),
    File(std::fs::File),
}

/// What a program printed, and whether there was more than was kept.
pub(crate) struct Printed {
    pub bytes: Vec<u8>,
    pub cut: bool,
}

/// The limits of one run.
#[derive(Clone, Copy)]
pub(crate) struct RunLimits {
    pub time: Duration,
    pub memory_bytes: u64,
    /// Bytes of output that are kept.
    pub output_bytes: usize,
}

/// One program and its arguments.
pub(crate) struct Step<'a> {
    pub program: &'a Path,
    pub args: Vec<String>,
    pub needs: Needs,
    /// A folder of its data that is set.
    pub data_folder: Option<PathBuf>,
}

/// Runs programs one into the other, the first on the document, and returns what the last printed. Dropping the
/// future kills them.
pub(crate) async fn run_chain(
    worker: &WorkerCommand,
    steps: &[Step<'_>],
    feed: Feed<'_>,
    limits: RunLimits,
) -> Result<Printed, ToolError> {
    let mut children = Vec::new();
    let (bytes, mut input) = match feed {
        Feed::Bytes(bytes) => (Some(bytes), Stdio::piped()),
        Feed::File(file) => (None, Stdio::from(file)),
    };
    let mut output: Option<ChildStdout> = None;
    for step in steps {
        if let Some(pipe) = output.take() {
            input = pipe.try_into().map_err(|error| not_run(step.program, &error))?;
        }
        let mut child = start(worker, step, std::mem::replace(&mut input, Stdio::null()), limits)?;
        output = child.stdout.take();
        children.push(child);
    }
    let sink = children.first_mut().and_then(|child| child.stdin.take());
    let send = async {
        if let (Some(mut sink), Some(bytes)) = (sink, bytes) {
            // A program that has seen enough closes its end.
            sink.write_all(bytes).await.ok();
        }
    };
    let receive = async {
        let mut kept = Vec::new();
        if let Some(output) = output {
            output.take(limits.output_bytes as u64 + 1).read_to_end(&mut kept).await.ok();
        }
        kept
    };
    let work = async {
        let (mut send, mut receive) = (pin!(send), pin!(receive));
        let mut is_sent = false;
        // Once the output is all there, what was not read of the input does not matter.
        let mut bytes = loop {
            tokio::select! {
                bytes = &mut receive => break bytes,
                () = &mut send, if !is_sent => is_sent = true,
            }
        };
        let cut = bytes.len() > limits.output_bytes;
        bytes.truncate(limits.output_bytes);
        // Of two that failed, the one that did not run explains the other.
        let mut worst = Ok(());
        for (child, step) in children.iter_mut().zip(steps) {
            if cut {
                child.start_kill().ok();
            }
            let status = child.wait().await.map_err(|error| not_run(step.program, &error))?;
            let outcome = if cut { Ok(()) } else { judge(status, step.program) };
            if outcome == Err(ToolError::NotRun) || worst.is_ok() {
                worst = outcome;
            }
        }
        worst.map(|()| Printed { bytes, cut })
    };
    timeout(limits.time, work).await.unwrap_or(Err(ToolError::TimedOut))
}

fn judge(status: ExitStatus, program: &Path) -> Result<(), ToolError> {
    match (status.code(), status.signal()) {
        (Some(0), _) => Ok(()),
        (Some(code), _) if code == i32::from(EXIT_NOT_RUN) => {
            Err(not_run(program, &"it could not be limited or executed"))
        }
        (Some(code), _) if code == i32::from(EXIT_NOT_CONFINED) => {
            Err(not_run(program, &"landlock or seccomp, which this kernel has, did not apply to it"))
        }
        (_, Some(SIGXCPU)) => Err(ToolError::TimedOut),
        _ => Err(ToolError::Failed),
    }
}

/// Tells that a program could not be started: the operator can mend it, nobody else.
fn not_run(program: &Path, cause: &dyn std::fmt::Display) -> ToolError {
    let name = program.file_name().unwrap_or_default().to_string_lossy().into_owned();
    metrics::counter!("gangway_tool_not_started_total", "program" => name).increment(1);
    tracing::error!(program = %program.display(), %cause, "a program that helps to read files could not be started");
    ToolError::NotRun
}

fn start(
    worker: &WorkerCommand,
    step: &Step<'_>,
    input: Stdio,
    limits: RunLimits,
) -> Result<Child, ToolError> {
    let order = ToolOrder {
        program: step.program.to_owned(),
        args: step.args.clone(),
        env: vec![
            // Two threads on one page take longer than one, and the cores are ours to share.
            ("OMP_THREAD_LIMIT".to_owned(), "1".to_owned()),
            ("LC_ALL".to_owned(), "C.UTF-8".to_owned()),
        ],
        readable: readable(step.program, step.needs).into_iter().chain(step.data_folder.clone()).collect(),
        memory_bytes: limits.memory_bytes,
        cpu_seconds: limits.time.as_secs().max(1),
    };
    let order = serde_json::to_string(&order).map_err(|error| not_run(step.program, &error))?;
    Command::new(&worker.program)
        .args(&worker.args)
        .env_clear()
        .env(ORDER, order)
        .current_dir("/")
        .stdin(input)
        .stdout(Stdio::piped())
        // It may quote the document.
        .stderr(Stdio::null())
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| not_run(step.program, &error))
}
