//! The process that reads documents in tests.

fn main() -> std::process::ExitCode {
    gangway_extract::worker_main()
}
