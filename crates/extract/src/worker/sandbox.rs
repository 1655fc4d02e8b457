//! What a worker takes away from itself before it touches a document.

use std::io;

use rustix::process::{Resource, Rlimit, setrlimit};
use rustix::time::{ClockId, clock_gettime};

/// Pipes, the runtime's own descriptors and a few to spare.
const OPEN_FILES: u64 = 32;
/// Address space beyond the memory limit: thread stacks and arenas are reserved without being used.
const RESERVED_BYTES: u64 = 1 << 30;

/// Limits memory in bytes and open files, and forbids writing files and dumping core. There is no way back.
pub(crate) fn enter(memory_bytes: u64) -> io::Result<()> {
    limit(Resource::Data, memory_bytes)?;
    limit(Resource::As, memory_bytes.saturating_add(RESERVED_BYTES))?;
    limit(Resource::Nofile, OPEN_FILES)?;
    limit(Resource::Fsize, 0)?;
    limit(Resource::Core, 0)
}

/// Grants CPU time for the next job; the kernel ends the worker when it is used up.
pub(crate) fn allow_cpu_time(seconds: u64) -> io::Result<()> {
    let used = u64::try_from(clock_gettime(ClockId::ProcessCPUTime).tv_sec).unwrap_or(0);
    // Only the soft limit: the hard one could not be raised for the job after.
    let current = Some(used.saturating_add(seconds).saturating_add(1));
    Ok(setrlimit(Resource::Cpu, Rlimit { current, maximum: None })?)
}

fn limit(resource: Resource, value: u64) -> io::Result<()> {
    let maximum = rustix::process::getrlimit(resource).maximum;
    let value = Some(maximum.map_or(value, |maximum| maximum.min(value)));
    Ok(setrlimit(resource, Rlimit { current: value, maximum: value })?)
}
