//! How much one file may cost.

use std::time::Duration;

/// What one file may cost before we stop. Every limit has a default that suits a server with 1–2 GB of memory.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Bytes of input; a larger file is refused as `too_large`. Default 100 MB.
    pub input_bytes: u64,
    /// Bytes of text kept; what exceeds it is cut and the document says `truncated`. Default 10 MB.
    pub text_bytes: usize,
    /// Wall time of one file in a worker; the CPU time has the same limit. Default 60 s.
    pub time_per_file: Duration,
    /// Memory of one worker. Default 1 GiB.
    pub worker_memory_bytes: u64,
    /// Files after which a worker is replaced, so that leaks and fragmentation end. Default 500.
    pub files_per_worker: u32,
    /// Resident memory after a file above which a worker is replaced. Default 256 MiB.
    pub worker_resident_bytes: u64,
    /// How long a worker without work is kept. Default 30 s.
    pub worker_idle: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            input_bytes: 100_000_000,
            text_bytes: 10_000_000,
            time_per_file: Duration::from_secs(60),
            worker_memory_bytes: 1 << 30,
            files_per_worker: 500,
            worker_resident_bytes: 256 << 20,
            worker_idle: Duration::from_secs(30),
        }
    }
}
