//! Making a file of an upload that is whole, should the request that brought its last byte not have managed to.

use std::sync::Weak;

use crate::context::TaskContext;
use crate::stop::Stop;
use crate::tasks::payload::OfUpload;

pub async fn run(context: &TaskContext, payload: OfUpload) -> Result<(), Stop> {
    let finisher = context.rooms.finisher.get().and_then(Weak::upgrade);
    let finisher = finisher.ok_or_else(|| Stop::retry("starting", "this process is not ready yet"))?;
    finisher.finish_upload(&payload.upload).await
}
