//! Deleting blobs that no row needs any more.

use std::time::Duration;

use crate::context::TaskContext;
use crate::stop::Stop;

/// A blob that was only announced is left to its writer for this long.
pub const GRACE: Duration = Duration::from_secs(3600);
const AT_ONCE: u32 = 200;

pub async fn run(context: &TaskContext) -> Result<(), Stop> {
    let rooms = &context.rooms;
    loop {
        context.check()?;
        let keys = rooms.store.list_orphaned_blobs(rooms.now() - GRACE, AT_ONCE).await?;
        if keys.is_empty() {
            return Ok(());
        }
        for key in keys {
            rooms.blobs.delete(&key).await?;
            rooms.store.forget_orphaned_blob(&key).await?;
        }
    }
}
