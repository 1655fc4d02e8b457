//! Whether this process can do its work.

use crate::app::App;
use crate::error::AppResult;

impl App {
    /// An error when the database or the index does not answer.
    pub async fn check_readiness(&self) -> AppResult<()> {
        self.store.ping().await?;
        self.index.stats().await?;
        Ok(())
    }
}
