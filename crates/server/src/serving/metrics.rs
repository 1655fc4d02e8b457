//! Metrics: recorded in this process, rendered for Prometheus at /metrics.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use gangway_effects::{Clock, SystemClock};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use crate::failure::Failure;

/// How often histograms are folded when nobody reads them.
const UPKEEP_EVERY: Duration = Duration::from_secs(5);
/// From a search's millisecond to a long sync's minutes.
const SECONDS: &[f64] = &[0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0, 120.0, 600.0];

/// The recorder of this process.
#[derive(Clone)]
pub struct Metrics {
    handle: PrometheusHandle,
    started: DateTime<Utc>,
}

impl Metrics {
    /// Installs the recorder. Once per process.
    pub fn install() -> Result<Self, Failure> {
        let handle = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), SECONDS)
            .and_then(PrometheusBuilder::install_recorder)
            .map_err(|error| Failure::failed("cannot set up metrics").why(error))?;
        metrics::describe_gauge!(
            "process_resident_memory_bytes",
            "memory of the server, without its workers"
        );
        metrics::describe_gauge!("process_uptime_seconds", "how long the server has been running");
        metrics::gauge!("gangway_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
        Ok(Self { handle, started: SystemClock.now() })
    }

    /// Renders everything that was recorded.
    pub fn renderer(&self) -> Arc<dyn Fn() -> String + Send + Sync> {
        let metrics = self.clone();
        Arc::new(move || {
            metrics.look_at_process();
            metrics.handle.render()
        })
    }

    /// Keeps memory bounded while nobody reads the metrics. Runs until it is dropped.
    pub async fn keep_up(self) {
        loop {
            SystemClock.sleep(UPKEEP_EVERY).await;
            self.handle.run_upkeep();
        }
    }

    fn look_at_process(&self) {
        let uptime = (SystemClock.now() - self.started).num_milliseconds() as f64 / 1000.0;
        metrics::gauge!("process_uptime_seconds").set(uptime);
        if let Some(bytes) = resident_bytes() {
            metrics::gauge!("process_resident_memory_bytes").set(bytes as f64);
        }
    }
}

/// Resident memory of this process, where the system tells it.
pub(super) fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}
