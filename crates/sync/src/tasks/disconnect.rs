//! Disconnecting: nothing stays behind, here or at the provider. Documents go first and at once; what the provider
//! has to confirm is tried until it does, and the connection's row stays that long.

use gangway_model::{Connection, ConnectionId, ConnectionState};
use gangway_oauth::{Revoked, SupplyError};

use crate::context::TaskContext;
use crate::stop::Stop;
use crate::tasks::payload::{OfConnection, OfUser};
use crate::tasks::subscriptions::stop_all;

pub async fn run(context: &TaskContext, payload: OfConnection) -> Result<(), Stop> {
    let store = &context.rooms.store;
    let Some(connection) = store.find_connection(&payload.connection).await? else {
        // The last step may not have been taken.
        return take_out(context, &payload.connection).await;
    };
    if connection.state != ConnectionState::Disconnecting {
        // Connected again before its turn came.
        return Ok(());
    }
    take_apart(context, &connection).await?;
    Ok(())
}

/// Deletes a user: every connection first, then the rows, and with them the key that their grants were sealed with.
pub async fn run_user(context: &TaskContext, payload: OfUser) -> Result<(), Stop> {
    let rooms = &context.rooms;
    for connection in rooms.store.find_connections(&payload.user, None).await? {
        context.check()?;
        take_apart(context, &connection).await?;
    }
    rooms.index.remove_user(&payload.user).await?;
    rooms.index.flush().await?;
    match rooms.store.delete_user(&payload.user).await {
        Ok(()) | Err(gangway_store::StoreError::NotFound) => {}
        Err(error) => return Err(error.into()),
    }
    // What was at work may have put something in until its rows were gone.
    rooms.index.remove_user(&payload.user).await?;
    rooms.index.flush().await?;
    rooms.vault.forget_user(&payload.user);
    tracing::info!(user = %payload.user, "user deleted");
    Ok(())
}

async fn take_apart(context: &TaskContext, connection: &Connection) -> Result<(), Stop> {
    let rooms = &context.rooms;
    take_out(context, &connection.id).await?;
    rooms.store.delete_content_of_connection(&connection.id).await?;
    stop_all(context, connection).await?;
    revoke(context, connection).await?;
    match rooms.store.delete_connection(&connection.id).await {
        Ok(()) | Err(gangway_store::StoreError::NotFound) => {}
        Err(error) => return Err(error.into()),
    }
    // What was at work may have put something in until the connection's row was gone; from here on no page of it is
    // committed, and one that is not takes out what it put in.
    take_out(context, &connection.id).await?;
    rooms.vault.forget_connection(&connection.id);
    tracing::info!(connection = %connection.id, connector = %connection.connector_id, "connection taken apart");
    Ok(())
}

async fn take_out(context: &TaskContext, connection: &ConnectionId) -> Result<(), Stop> {
    context.rooms.index.remove_connection(connection).await?;
    Ok(context.rooms.index.flush().await?)
}

/// Tells the provider, unless the same account is connected here by somebody else as well: some providers end
/// every grant of an account and app at once, and that would end a connection that nobody asked to end.
async fn revoke(context: &TaskContext, connection: &Connection) -> Result<(), Stop> {
    let rooms = &context.rooms;
    if rooms.store.account_is_connected_elsewhere(connection).await? {
        tracing::info!(connection = %connection.id, "the grant is left to its siblings, not revoked");
        return Ok(());
    }
    match rooms.vault.revoke(connection).await {
        Ok(Revoked::Done | Revoked::AlreadyDead | Revoked::Unsupported) => Ok(()),
        Err(SupplyError::NeedsReauth(_)) => Ok(()),
        Err(SupplyError::AppRejected(why) | SupplyError::Unavailable(why)) => {
            Err(Stop::retry("revocation_unconfirmed", why))
        }
    }
}
