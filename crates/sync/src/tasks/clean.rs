//! What was written ahead of rows that never came: blobs are deleted, the index is put right.

use std::time::Duration;

use crate::announced::withdraw;
use crate::context::TaskContext;
use crate::stop::Stop;

/// A blob that was only announced is left to its writer for this long.
pub const GRACE: Duration = Duration::from_secs(3600);
/// What was put into the index is left to its page for this long: a page of scans takes hours at most.
pub const ENTRIES_GRACE: Duration = Duration::from_secs(24 * 3600);
const AT_ONCE: u32 = 200;

pub async fn run(context: &TaskContext) -> Result<(), Stop> {
    let rooms = &context.rooms;
    loop {
        context.check()?;
        let keys = rooms.store.list_orphaned_blobs(rooms.now() - GRACE, AT_ONCE).await?;
        if keys.is_empty() {
            break;
        }
        for key in keys {
            rooms.blobs.delete(&key).await?;
            rooms.store.forget_orphaned_blob(&key).await?;
        }
    }
    loop {
        context.check()?;
        let left = rooms.store.list_announced_entries(rooms.now() - ENTRIES_GRACE, AT_ONCE).await?;
        if left.is_empty() {
            return Ok(());
        }
        for announced in left {
            withdraw(rooms, &announced).await?;
        }
    }
}
