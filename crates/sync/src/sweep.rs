//! The sweep: what a complete listing did not show is looked up one by one, and removed only on proof.

use futures::{StreamExt, TryStreamExt};
use gangway_connector::{ConnectorError, Disposition, Entry, Source, Told};
use gangway_model::{Connection, Item, Reason, SyncJob};
use gangway_store::{Placement, Scope};

use crate::context::TaskContext;
use crate::membership::scopes_of_entries;
use crate::removal::{AT_ONCE, Leaving, leave_scopes};
use crate::stop::Stop;
use crate::tree::Tree;

/// What the source says about an item that a listing did not show.
enum Proof {
    Gone,
    /// It is there, but not below this root any more.
    Elsewhere,
    /// It is there after all (it moved while the listing ran), or nothing can be said.
    Stays,
}

/// Removes from a scope what its complete listing no longer showed. Returns the reason when so much would go that a
/// person has to say yes first; then nothing was removed.
pub async fn sweep(
    context: &TaskContext,
    job: &SyncJob,
    connection: &Connection,
    source: &dyn Source,
    scope: &Scope,
) -> Result<Option<Reason>, Stop> {
    let rooms = &context.rooms;
    let unseen = rooms.store.count_unseen_placements(&scope.id, &job.id).await?;
    if unseen == 0 {
        return Ok(None);
    }
    let total = rooms.store.count_placements(&scope.id).await?;
    let share = unseen as f64 / total.max(1) as f64;
    let unusual = unseen > rooms.settings.mass_removal_floor && share > rooms.settings.mass_removal_share;
    if unusual && !job.allow_mass_removal {
        return Ok(Some(Reason::new(
            "mass_removal_blocked",
            format!(
                "{unseen} of {total} items are no longer listed at the source, so nothing was removed; \
                 if that is right, start the sync again with allow_mass_removal"
            ),
        )));
    }
    let mut after = None;
    loop {
        context.check()?;
        let page = rooms.store.unseen_placements(&scope.id, &job.id, after.as_ref(), AT_ONCE).await?;
        let Some(last) = page.last() else { return Ok(None) };
        after = Some(last.id.clone());
        let mut tree = Tree::new(&rooms.store, &connection.id);
        let mut gone = Vec::new();
        let mut elsewhere = Vec::new();
        let mut effects = context.effects();
        for (item, proof) in prove(context, connection, source, scope, &mut tree, page).await? {
            match proof {
                Proof::Gone => gone.push(item),
                Proof::Elsewhere => elsewhere.push(item),
                Proof::Stays => effects.placements.push(Placement {
                    scope_id: scope.id.clone(),
                    item_id: item.id,
                    seen_by: job.id.clone(),
                }),
            }
        }
        rooms.store.commit_page(&effects).await?;
        leave_scopes(context, connection, &gone, &Leaving::All).await?;
        let this = [scope.id.clone()].into();
        leave_scopes(context, connection, &elsewhere, &Leaving::These(&this)).await?;
    }
}

/// Whether the source said anything about the item itself.
fn is_an_answer(answer: &Result<Entry, ConnectorError>) -> bool {
    !matches!(answer, Err(error) if matches!(error.disposition, Disposition::RetryLater { .. }))
}

async fn prove(
    context: &TaskContext,
    connection: &Connection,
    source: &dyn Source,
    scope: &Scope,
    tree: &mut Tree<'_>,
    items: Vec<Item>,
) -> Result<Vec<(Item, Proof)>, Stop> {
    let answers: Vec<_> = futures::stream::iter(items)
        .map(|item| async move {
            // Of each anew: where the source asks for pauses, a page takes long.
            context.check()?;
            context.check_user(&connection.id).await?;
            Ok::<_, Stop>((source.get_again(&item.provider_id, &Told::from(&item)).await, item))
        })
        .buffered(context.rooms.settings.list_concurrency.max(1))
        .try_collect()
        .await?;
    let mut proven = Vec::new();
    let mut present = Vec::new();
    // After several tries an item that still has no answer stays, while others answer: one must not hold up all.
    let some_answer = answers.iter().any(|(answer, _)| is_an_answer(answer));
    let give_up = some_answer && context.gives_up_on_items();
    for (answer, item) in answers {
        match answer {
            Ok(entry) => present.push((entry, item)),
            Err(error) => match error.disposition {
                Disposition::Gone => proven.push((item, Proof::Gone)),
                Disposition::SkipItem | Disposition::Fail => proven.push((item, Proof::Stays)),
                Disposition::RetryLater { .. } if give_up => {
                    tracing::warn!(item = %item.id, code = error.code, "an item cannot be looked up; it stays");
                    proven.push((item, Proof::Stays));
                }
                _ => return Err(Stop::from_connector(&error)),
            },
        }
    }
    let entries: Vec<_> = present.iter().map(|(entry, item)| (entry, Some(item))).collect();
    let scopes = scopes_of_entries(&context.rooms.store, &connection.id, tree, &entries).await?;
    for ((_, item), scopes) in present.into_iter().zip(scopes) {
        let stays = scopes.iter().any(|at| at.id == scope.id);
        proven.push((item, if stays { Proof::Stays } else { Proof::Elsewhere }));
    }
    Ok(proven)
}
