//! One worker process: started with nothing of ours but a pipe, asked, watched, and its death explained.

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, BufReader};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::WorkerCommand;
use crate::limits::Limits;
use crate::protocol::{self, Answer, Confinement, Job, Reply, SendError, Setup};
use crate::worker::EXIT_TIMED_OUT;

/// A worker that says nothing for so long after its start is none.
const START_TIME: Duration = Duration::from_secs(10);
/// How long a broken worker may take to be gone before it is killed.
const DEATH_TIME: Duration = Duration::from_secs(1);
/// Bytes of standard error that are looked at. They may quote the document and are never logged.
const COMPLAINT_BYTES: usize = 4096;
const SIGXCPU: i32 = 24;
/// How the GNU C library's allocator goes about memory in a worker: parsers take and give back megabytes for each file,
/// and by default the kernel gets them back, and is asked for them again, in between (docs/benchmarks.md, "Extraction"). What a worker
/// keeps is bounded by its age and `worker_resident_bytes`. Other C libraries pass over it.
const ALLOCATION: &str = "glibc.malloc.trim_threshold=33554432:glibc.malloc.mmap_threshold=4194304:\
    glibc.malloc.top_pad=1048576";

pub(super) struct WorkerProcess {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    complaints: JoinHandle<Vec<u8>>,
    files: u32,
    confined: Confinement,
}

/// What came of one job.
pub(super) struct Exchanged {
    pub answer: Answer,
    /// The bytes of pictures, one for each scan of the answer.
    pub pictures: Vec<Vec<u8>>,
    /// The worker ends after this.
    pub last: bool,
}

/// Why an exchange gave no reply.
pub(super) enum Failure {
    /// Our own content could not be read.
    Content(io::Error),
    /// The worker is gone or does not speak the protocol.
    Pipe(io::Error),
}

#[derive(Debug)]
pub(super) enum Death {
    OutOfTime,
    OutOfMemory,
    Other(Option<ExitStatus>),
}

impl WorkerProcess {
    /// Starts a worker and waits for its greeting. The error is a phrase for people.
    pub(super) async fn start(command: &WorkerCommand, limits: &Limits) -> Result<Self, String> {
        let mut child = Command::new(&command.program)
            .args(&command.args)
            .env_clear()
            .env("GLIBC_TUNABLES", ALLOCATION)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| error.to_string())?;
        let (Some(input), Some(output), Some(complaints)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err("it has no pipes".to_owned());
        };
        let complaints = tokio::spawn(last_words(complaints));
        let confined = Confinement { landlock: false, seccomp: false };
        let mut worker =
            Self { child, input, output: BufReader::new(output), complaints, files: 0, confined };
        let setup = Setup { memory_bytes: limits.worker_memory_bytes };
        match timeout(START_TIME.min(limits.time_per_file), worker.greet(&setup)).await {
            Ok(Ok(confined)) => Ok(Self { confined, ..worker }),
            Ok(Err(_)) => match worker.cause_of_death().await {
                Death::Other(Some(status)) => Err(format!("it ended at once with {status}")),
                _ => Err("it does not speak the worker's protocol".to_owned()),
            },
            Err(_late) => Err("it did not answer in time".to_owned()),
        }
    }

    async fn greet(&mut self, setup: &Setup) -> io::Result<Confinement> {
        protocol::send_setup(&mut self.input, setup).await?;
        protocol::receive_greeting(&mut self.output).await
    }

    /// Sends a job with its content and waits for the answer, without a time limit of its own. `reading` marks the member
    /// of an archive that the worker said last it turns to.
    pub(super) async fn exchange(
        &mut self,
        job: &Job,
        content: &mut (impl AsyncRead + Unpin),
        reading: &mut Option<String>,
    ) -> Result<Exchanged, Failure> {
        self.files += 1;
        let max_frame = protocol::max_reply_frame(job.text_bytes);
        let send = async {
            protocol::send_job(&mut self.input, job, content).await.map_err(|error| match error {
                SendError::Content(error) => Failure::Content(error),
                SendError::Pipe(error) => Failure::Pipe(error),
            })
        };
        let receive = async {
            loop {
                match protocol::receive_reply(&mut self.output, max_frame).await.map_err(Failure::Pipe)? {
                    Reply::Reading(member) => *reading = Some(member),
                    Reply::Done { answer, last } => {
                        let pictures = protocol::receive_pictures(&mut self.output, &answer);
                        let pictures = pictures.await.map_err(Failure::Pipe)?;
                        return Ok(Exchanged { answer, pictures, last });
                    }
                }
            }
        };
        tokio::try_join!(send, receive).map(|((), exchanged)| exchanged)
    }

    /// What the kernel enforces on it.
    pub(super) fn confined(&self) -> Confinement {
        self.confined
    }

    /// How the worker ended; one that still runs is killed.
    pub(super) async fn cause_of_death(mut self) -> Death {
        let status = match timeout(DEATH_TIME, self.child.wait()).await {
            Ok(status) => status.ok(),
            Err(_still_running) => {
                self.child.start_kill().ok();
                None
            }
        };
        if status
            .is_some_and(|status| status.signal() == Some(SIGXCPU) || status.code() == Some(EXIT_TIMED_OUT))
        {
            return Death::OutOfTime;
        }
        let complaints =
            timeout(DEATH_TIME, &mut self.complaints).await.ok().and_then(Result::ok).unwrap_or_default();
        if String::from_utf8_lossy(&complaints).contains("memory allocation of") {
            return Death::OutOfMemory;
        }
        Death::Other(status)
    }

    /// The worker itself, unless it has ended.
    pub(super) fn if_alive(mut self) -> Option<Self> {
        matches!(self.child.try_wait(), Ok(None)).then_some(self)
    }

    /// Files it has been given.
    pub(super) fn files(&self) -> u32 {
        self.files
    }

    /// Its resident memory, where the system tells.
    pub(super) fn resident_bytes(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()?)).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
        Some(kibibytes * 1024)
    }
}

async fn last_words(mut pipe: ChildStderr) -> Vec<u8> {
    let mut kept = Vec::new();
    let mut piece = [0; 1024];
    while let Ok(read @ 1..) = pipe.read(&mut piece).await {
        kept.extend_from_slice(&piece[..read]);
        let excess = kept.len().saturating_sub(COMPLAINT_BYTES);
        kept.drain(..excess);
    }
    kept
}
