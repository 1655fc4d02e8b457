//! What every handler is handed: the use cases, and how to render the process's metrics.

use std::sync::Arc;

use gangway_app::App;

/// Renders the metrics of this process in Prometheus' text format.
pub type RenderMetrics = Arc<dyn Fn() -> String + Send + Sync>;

#[derive(Clone)]
pub struct ApiState {
    pub app: Arc<App>,
    pub render_metrics: RenderMetrics,
}
