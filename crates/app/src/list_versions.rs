//! An item's version history, as the provider keeps it.

use gangway_connector::Version;
use gangway_model::{ConnectionId, ProviderItemId, User};

use crate::app::App;
use crate::browse_files::page_token;
use crate::error::{AppError, AppResult};
use crate::page::{Page, seal_cursor};

impl App {
    /// Oldest first. The provider decides how many come at once.
    pub async fn list_versions(
        &self,
        user: &User,
        connector_id: &str,
        wanted: Option<&ConnectionId>,
        file: &ProviderItemId,
        cursor: Option<&str>,
    ) -> AppResult<Page<Version>> {
        let (connector, connection) = self.working_connection(user, connector_id, wanted).await?;
        let descriptor = connector.descriptor();
        if !descriptor.capabilities.versions {
            let message = format!("{} has no version history", descriptor.name);
            return Err(AppError::unsupported(descriptor, message));
        }
        let page = page_token(cursor)?;
        let source = self.open_source(&connection)?;
        let listed = source
            .versions(file, page.as_ref())
            .await
            .map_err(|error| AppError::from_connector(descriptor, "list the versions of a file at", error))?;
        Ok(Page { rows: listed.versions, next: listed.next.map(|token| seal_cursor(token.as_str())) })
    }
}
