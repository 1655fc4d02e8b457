//! A program of the system (`tesseract`, `pdftoppm`) on a document of strangers: limited and confined first, then run
//! in place of this process.

use std::ffi::OsStr;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use serde::{Deserialize, Serialize};

use super::sandbox;

/// The variable that turns a worker into a tool. It holds a [`ToolOrder`] as JSON.
pub(crate) const ORDER: &str = "GANGWAY_TOOL_ORDER";
/// How a tool ends that could not be limited or run.
pub(crate) const EXIT_NOT_RUN: u8 = 127;
/// How a tool ends that the kernel could confine, and did not.
pub(crate) const EXIT_NOT_CONFINED: u8 = 126;

/// A program to run, and how much it may cost.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ToolOrder {
    pub program: PathBuf,
    pub args: Vec<String>,
    pub env: Vec<(String, String)>,
    /// All that it may read and execute.
    pub readable: Vec<PathBuf>,
    pub memory_bytes: u64,
    pub cpu_seconds: u64,
}

/// Becomes the ordered program. Comes back only when that cannot be.
pub(super) fn become_tool(order: &OsStr) -> ExitCode {
    let Some(order) = order.to_str().and_then(|order| serde_json::from_str::<ToolOrder>(order).ok()) else {
        return EXIT_NOT_RUN.into();
    };
    let limited =
        sandbox::enter(order.memory_bytes).and_then(|()| sandbox::allow_cpu_time(order.cpu_seconds));
    if limited.is_err() {
        return EXIT_NOT_RUN.into();
    }
    if super::confine::confine_tool(&order.readable).is_err() {
        return EXIT_NOT_CONFINED.into();
    }
    let _error = Command::new(order.program).args(order.args).env_clear().envs(order.env).exec();
    EXIT_NOT_RUN.into()
}
