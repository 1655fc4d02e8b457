//! The emulators as the conformance suite and the stories see them: the same deeds, whatever the provider.
//!
//! This is where an emulator's words meet the suite's. No connector is named here: what a stand-in knows of its
//! provider comes from the emulator.

mod dropbox;
mod google;
mod notion;
pub mod slack;

pub use dropbox::DropboxStandIn;
pub use google::GoogleStandIn;
pub use notion::NotionStandIn;
pub use slack::SlackStandIn;

use gangway_connector::conformance::ALWAYS;
use gangway_emulators::kernel::control::Kernel;
use serde_json::{Value, json};

/// Arms a fault as the emulator's control API writes it.
fn arm(kernel: &Kernel, operation: &str, times: u64, effect: Value) {
    let times = (times != ALWAYS).then_some(times);
    let fault = json!({"operation": operation, "times": times, "effect": effect});
    kernel.add_fault_json(fault).expect("a fault in the emulator's words");
}

/// The provider's time.
fn now(kernel: &Kernel) -> gangway_model::Timestamp {
    gangway_model::from_millis(kernel.now_ms())
}

/// An address on an emulator.
fn at(base: &url::Url, path: &str) -> url::Url {
    base.join(path).expect("a path on the emulator")
}
