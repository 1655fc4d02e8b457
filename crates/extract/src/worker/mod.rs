//! The child process that parses untrusted files: limits first, then one job after the other until the pipe ends.

mod container;
mod nodes;
mod parse;
mod sandbox;
mod watchdog;

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use crate::protocol::{self, Answer, Reply};

pub(crate) use watchdog::EXIT_TIMED_OUT;

/// Bytes of stack for parsers that recurse; nesting beyond it ends the worker, not the server.
const STACK_BYTES: usize = 32 << 20;

/// Runs a worker on standard input and output until the pipe ends; the hidden subcommand of the binary calls this
/// and nothing else. It takes memory, files and core dumps away from itself before it reads the first job.
pub fn worker_main() -> ExitCode {
    // A panic's message may quote the document; the server must not find it in its logs.
    std::panic::set_hook(Box::new(|_| {}));
    let worker = std::thread::Builder::new().stack_size(STACK_BYTES).spawn(work);
    match worker.map(std::thread::JoinHandle::join) {
        Ok(Ok(Ok(()))) => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

fn work() -> io::Result<()> {
    let mut input = io::stdin().lock();
    let mut output = io::stdout().lock();
    let Some(setup) = protocol::receive_setup(&mut input)? else {
        return Ok(());
    };
    let parser = parse::Parser::new(STACK_BYTES)?;
    let watchdog = watchdog::Watchdog::start()?;
    sandbox::enter(&setup)?;
    protocol::send_greeting(&mut output)?;
    while let Some((job, content)) = protocol::receive_job(&mut input)? {
        sandbox::allow_cpu_time(job.seconds)?;
        watchdog.watch(job.seconds);
        let outcome = catch_unwind(AssertUnwindSafe(|| parser.parse(&job, content)));
        watchdog.rest();
        let last = outcome.is_err();
        let answer = outcome.unwrap_or(Answer::Broken { media_type: job.media_type });
        protocol::send_reply(&mut output, &Reply { answer, last })?;
        if last {
            break;
        }
    }
    Ok(())
}
