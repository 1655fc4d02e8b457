//! The worker alone, for this room's tests.

use std::process::ExitCode;

fn main() -> ExitCode {
    gangway_extract::worker_main()
}
