//! The child process that parses untrusted files: limits first, then one job after the other until the pipe ends.

mod confine;
mod sandbox;
mod tool;
mod watchdog;

mod archive;
mod charts;
mod container;
mod flat;
mod mail;
mod mailbox;
mod names;
mod nodes;
mod outlook;
mod page_words;
mod parse;
mod parts;
mod pasted;
mod pdf_remarks;
mod picture;
mod reader;
mod remarks;
mod rtf;
mod slides;
mod svg;
mod tar;
mod tnef;
mod word;
mod workbook;
mod wrapped;

use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use crate::protocol::{self, Confinement, Job, Refusal, Reply};

#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use container::look_into;
pub(crate) use nodes::moment;
pub(crate) use pdf_remarks::{add as add_remarks, unread as unread_remarks};
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use tar::Members;
pub(crate) use tool::{EXIT_NOT_CONFINED, EXIT_NOT_RUN, ORDER, ToolOrder};
pub(crate) use watchdog::EXIT_TIMED_OUT;

/// Rewrites any bytes in each way that files are rewritten before the library reads them.
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) fn rewritten(bytes: &[u8]) -> [Vec<u8>; 3] {
    let packed = flat::packed(bytes, crate::media_type::ODT).unwrap_or_default();
    [rtf::with_levels(bytes.to_vec()), word::with_marks(bytes.to_vec()), packed]
}

/// Bytes of stack for parsers that recurse; nesting beyond it ends the worker, not the server.
const STACK_BYTES: usize = 32 << 20;

/// Runs a worker on standard input and output until the pipe ends; the hidden subcommand of the binary calls this
/// and nothing else. It takes memory, files, the network and other processes away from itself before it reads the
/// first job. When the server orders a tool instead, the process limits itself and becomes that tool.
pub fn worker_main() -> ExitCode {
    if let Some(order) = std::env::var_os(ORDER) {
        return tool::become_tool(&order);
    }
    // A panic's message may quote the document; the server must not find it in its logs.
    std::panic::set_hook(Box::new(|_| {}));
    let confined = match enter() {
        Ok(Some(confined)) => confined,
        Ok(None) => return ExitCode::SUCCESS,
        Err(_) => return ExitCode::FAILURE,
    };
    let worker = std::thread::Builder::new().stack_size(STACK_BYTES).spawn(move || work(confined));
    match worker.map(std::thread::JoinHandle::join) {
        Ok(Ok(Ok(()))) => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

/// Limits and confines this process while it has one thread, as the server's first words say.
fn enter() -> io::Result<Option<Confinement>> {
    let Some(setup) = protocol::receive_setup(&mut io::stdin().lock())? else {
        return Ok(None);
    };
    sandbox::enter(setup.memory_bytes)?;
    confine::confine_reader().map(Some)
}

fn work(confined: Confinement) -> io::Result<()> {
    let mut input = io::stdin().lock();
    let mut output = io::stdout().lock();
    let parser = parse::Parser::new(STACK_BYTES)?;
    let watchdog = watchdog::Watchdog::start()?;
    protocol::send_greeting(&mut output, confined)?;
    while let Some((job, content)) = protocol::receive_job(&mut input)? {
        sandbox::allow_cpu_time(job.seconds)?;
        watchdog.watch(job.seconds);
        let last = answer(&parser, &job, content, &mut output)?;
        watchdog.rest();
        if last {
            break;
        }
    }
    Ok(())
}

/// Reads one file and sends what came of it. True when the worker should end, since something in it broke.
fn answer(parser: &parse::Parser, job: &Job, content: Vec<u8>, output: &mut impl Write) -> io::Result<bool> {
    let mut reader = reader::Reader::new(parser, job, |member| {
        protocol::send_reply(output, &Reply::Reading(member.to_owned())).is_ok()
    });
    let outcome = catch_unwind(AssertUnwindSafe(|| reader.read_file(content)));
    let (last, pictures) = (reader.has_panicked() || outcome.is_err(), reader.into_pictures());
    let answer = outcome.unwrap_or(Err(Refusal::Broken { media_type: job.media_type.clone() }));
    let has_pictures = answer.is_ok();
    protocol::send_reply(output, &Reply::Done { answer, last })?;
    if has_pictures {
        pictures.iter().try_for_each(|picture| output.write_all(picture))?;
        output.flush()?;
    }
    Ok(last)
}
