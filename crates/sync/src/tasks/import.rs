//! A sync job: resolve what was chosen, walk every container below it page by page, bring the files in,
//! then sweep what a complete listing no longer shows.

use std::collections::HashSet;
use std::time::Duration;

use futures::StreamExt;
use gangway_connector::{ConnectorError, Disposition, Entry, EntryPage, Source};
use gangway_model::{
    Connection, FileOutcome, ItemKind, JobStatus, Outcome, PageToken, ProviderItemId, Reason, SyncJob,
    SyncMode, Timestamp,
};
use gangway_store::{
    ContainerEnd, ContainerStep, FoundFile, FrontierStep, NewContainer, NewScope, OpenContainer, PageEffects,
};

use crate::commit::commit;
use crate::context::TaskContext;
use crate::membership::{ScopeRef, parent_of};
use crate::page::{Bringer, Placed, Waiting};
use crate::schedule::enqueue;
use crate::stop::Stop;
use crate::sweep::sweep;
use crate::tasks::payload::{self, OfJob};
use crate::tree::Tree;

pub async fn run(context: &TaskContext, payload: OfJob) -> Result<(), Stop> {
    let store = &context.rooms.store;
    let Some(job) = store.find_job(&payload.job).await? else { return Ok(()) };
    if job.status.is_final() {
        return Ok(());
    }
    let Some(connection) = store.find_connection(&job.connection_id).await? else { return Ok(()) };
    context.check_user(&connection.id).await?;
    let begun = context.rooms.now();
    let is_last_try = context.task.attempts >= context.rooms.settings.max_attempts;
    let carried_out = carry_out(context, &job, &connection).await;
    // Of what another worker does now, this attempt's time would count twice.
    let worked = match &carried_out {
        Err(Stop::LeaseLost) => Duration::ZERO,
        _ => store.add_job_work(&job.id, (context.rooms.now() - begun).to_std().unwrap_or_default()).await?,
    };
    let result = match carried_out {
        Err(stop) if stop.is_long_pause() => Err(stop),
        Err(Stop::RetryLater { reason, .. }) if is_last_try => Err(Stop::Failed(reason)),
        result => result,
    };
    if !matches!(result, Err(Stop::RetryLater { .. } | Stop::GiveWay | Stop::UserDisabled | Stop::LeaseLost))
    {
        note_listings(context, &job, worked).await?;
    }
    let (status, error) = match &result {
        Ok(finished) => (finished.status, finished.error.clone()),
        Err(Stop::Cancelled) => (JobStatus::Cancelled, None),
        Err(Stop::Failed(reason)) => (JobStatus::Failed, Some(reason.clone())),
        Err(Stop::Reconnect(why)) => {
            let what_to_do = format!("connect the account again: {}", why.message);
            (JobStatus::Failed, Some(Reason::new(why.code.clone(), what_to_do)))
        }
        Err(Stop::RetryLater { .. } | Stop::GiveWay | Stop::UserDisabled | Stop::LeaseLost) => {
            return result.map(|_| ());
        }
    };
    store.finish_job(&job.id, status, error.as_ref(), context.rooms.now()).await?;
    store.delete_frontier(&job.id).await?;
    context.rooms.watchers.announce(&job.id);
    metrics::counter!("gangway_sync_jobs_total", "connector" => job.connector_id.to_string(), "status" => status.as_str())
        .increment(1);
    result.map(|_| ())
}

/// Notes when the scopes of a job were last tried, however that ended, and how long it took in all its attempts: what cannot
/// be listed whole is not listed again at once.
async fn note_listings(context: &TaskContext, job: &SyncJob, took: Duration) -> Result<(), Stop> {
    let store = &context.rooms.store;
    let Some(collection) = &job.collection_id else { return Ok(()) };
    let now = context.rooms.now();
    for scope in store.list_scopes(Some(&job.connection_id), Some(collection), false).await? {
        if job.roots.contains(&scope.root_id) {
            store.note_listing(&scope.id, now, took).await?;
        }
    }
    Ok(())
}

struct Finished {
    status: JobStatus,
    error: Option<Reason>,
}

async fn carry_out(context: &TaskContext, job: &SyncJob, connection: &Connection) -> Result<Finished, Stop> {
    let source = context.open(connection)?;
    let store = &context.rooms.store;
    store.set_job_status(&job.id, JobStatus::Processing, context.rooms.now()).await?;
    context.rooms.watchers.announce(&job.id);
    let walk = Walk {
        context,
        job,
        connection,
        source: source.as_ref(),
        bringer: Bringer {
            rooms: &context.rooms,
            source: source.as_ref(),
            connection,
            seen_by: job.id.clone(),
            give_up_on_items: context.gives_up_on_items(),
            revision_grain: context.revision_grain(connection),
            stop: context.stop.clone(),
            announced: &context.announced,
        },
    };
    if !store.job_roots_resolved(&job.id).await? {
        walk.resolve_roots().await?;
    }
    walk.list_everything().await?;
    store.set_job_listing_complete(&job.id).await?;
    let blocked = walk.sweep_scopes().await?;
    store.touch_synced(&connection.id, context.rooms.now()).await?;
    if job.mode == SyncMode::Auto {
        let now = context.rooms.now();
        enqueue(&context.rooms, payload::subscriptions(&connection.id, now)).await?;
        enqueue(&context.rooms, payload::follow(&connection.id, now)).await?;
        context.rooms.wake();
    }
    let counters = store.find_job(&job.id).await?.map(|job| job.counters).unwrap_or_default();
    let status = match (counters.failed, counters.synced + counters.skipped + counters.removed) {
        _ if blocked.is_some() => JobStatus::Partial,
        (0, _) => JobStatus::Completed,
        (_, 0) => JobStatus::Failed,
        _ => JobStatus::Partial,
    };
    Ok(Finished { status, error: blocked })
}

struct Walk<'a> {
    context: &'a TaskContext,
    job: &'a SyncJob,
    connection: &'a Connection,
    source: &'a dyn Source,
    bringer: Bringer<'a>,
}

/// A container's page, when it was asked for, and whether the provider goes round in circles.
struct Listed {
    container: OpenContainer,
    page: Result<EntryPage, ConnectorError>,
    observed_at: Timestamp,
    repeats: bool,
}

/// What a page does beside bringing files in. Committed with the page's last batch.
#[derive(Default)]
struct Aside {
    containers: Vec<NewContainer>,
    step: Option<FrontierStep>,
    outcomes: Vec<FileOutcome>,
    roots_resolved: bool,
}

impl Walk<'_> {
    /// Looks every chosen root up, makes its scope, and puts containers on the frontier.
    async fn resolve_roots(&self) -> Result<(), Stop> {
        let store = &self.context.rooms.store;
        let Some(collection) = self.job.collection_id.clone() else { return Ok(()) };
        let mut tree = Tree::new(store, &self.connection.id);
        let mut aside = Aside { roots_resolved: true, ..Aside::default() };
        let mut placed = Vec::new();
        let observed_at = self.context.rooms.now();
        let mut answers = futures::stream::iter(self.job.roots.clone())
            .map(|root| async move { (self.resolve(&root).await, root) })
            .buffer_unordered(self.context.rooms.settings.list_concurrency.max(1));
        while let Some((answer, root)) = answers.next().await {
            self.context.check()?;
            let entry = match answer {
                Ok(entry) => entry,
                Err(error) => match error.disposition {
                    Disposition::Gone | Disposition::SkipItem | Disposition::Fail => {
                        aside.outcomes.push(self.failure(&root, root.as_str(), error.reason()));
                        continue;
                    }
                    _ => return Err(Stop::from_connector(&error)),
                },
            };
            let feed = entry.feed.clone().unwrap_or_else(|| self.source.default_feed());
            if self.job.mode == SyncMode::Auto {
                self.remember_feed(&feed).await?;
            }
            let scope = store
                .upsert_scope(&NewScope {
                    connection_id: self.connection.id.clone(),
                    collection_id: collection.clone(),
                    root_id: entry.id.clone(),
                    root_kind: entry.kind,
                    feed: Some(feed),
                    mode: self.job.mode,
                })
                .await?;
            if entry.kind.holds_items() {
                let container = NewContainer { scope_id: scope.id.clone(), container_id: entry.id.clone() };
                aside.containers.push(container);
            }
            let parent = parent_of(&entry, None, None);
            let folder = tree.path(parent.as_ref()).await?;
            placed.push(Placed { entry, parent, scopes: vec![ScopeRef::from(&scope)], folder });
        }
        drop(answers);
        self.bring_in(placed, observed_at, aside).await
    }

    /// A root's entry; a link stands for what it points at.
    async fn resolve(&self, root: &ProviderItemId) -> Result<Entry, ConnectorError> {
        let entry = self.source.get(root).await?;
        match (&entry.kind, &entry.target) {
            (ItemKind::Link, Some(target)) => self.source.get(target).await,
            _ => Ok(entry),
        }
    }

    /// Notes where the feed stands before anything is listed, so that no change falls between.
    async fn remember_feed(&self, feed: &gangway_model::FeedKey) -> Result<(), Stop> {
        let store = &self.context.rooms.store;
        if store.feed_cursor(&self.connection.id, feed).await?.is_some() {
            return Ok(());
        }
        match self.source.start_cursor(feed).await {
            Ok(cursor) => {
                store.set_feed_if_absent(&self.connection.id, feed, &cursor).await?;
                Ok(())
            }
            // Without a change feed, following means listing again.
            Err(error) if error.code == "unsupported" => Ok(()),
            // The root's own listing meets the same, and says so.
            Err(error) if matches!(error.disposition, Disposition::Gone | Disposition::SkipItem) => Ok(()),
            Err(error) => Err(Stop::from_connector(&error)),
        }
    }

    /// Walks the frontier until nothing on it is open. While one round is brought in, the next pages of the
    /// same containers are already being listed.
    async fn list_everything(&self) -> Result<(), Stop> {
        let store = &self.context.rooms.store;
        let width = u32::try_from(self.context.rooms.settings.list_concurrency.max(1)).unwrap_or(u32::MAX);
        let mut pages_seen: HashSet<(ProviderItemId, PageToken)> = HashSet::new();
        let mut ahead: Vec<Listed> = Vec::new();
        let mut turn_begun = self.context.rooms.now();
        loop {
            self.context.check()?;
            self.context.give_way(&mut turn_begun).await?;
            self.check_cancelled().await?;
            let mut round = std::mem::take(&mut ahead);
            if round.is_empty() {
                pages_seen.clear();
                let open = store.open_containers(&self.job.id, width).await?;
                if open.is_empty() {
                    return Ok(());
                }
                round = self.list_round(open).await;
            }
            let continuing = continuations(&mut round, &mut pages_seen);
            let (done, listed) = futures::join!(self.take_in(round), self.list_round(continuing));
            done?;
            ahead = listed;
        }
    }

    async fn list_round(&self, containers: Vec<OpenContainer>) -> Vec<Listed> {
        let width = self.context.rooms.settings.list_concurrency.max(1);
        futures::stream::iter(containers)
            .map(|container| async move {
                let observed_at = self.context.rooms.now();
                let page = self.source.list(&container.container_id, container.page.as_ref()).await;
                Listed { container, page, observed_at, repeats: false }
            })
            .buffered(width)
            .collect()
            .await
    }

    /// Brings one round of pages in.
    async fn take_in(&self, round: Vec<Listed>) -> Result<(), Stop> {
        let mut tree = Tree::new(&self.context.rooms.store, &self.connection.id);
        for Listed { container, page, observed_at, repeats } in round {
            self.context.check()?;
            let page = match page {
                Ok(page) => page,
                Err(error) => {
                    self.container_failed(&container, &error).await?;
                    continue;
                }
            };
            let scope = self.scope_of(&container).await?;
            let folder = tree.path(Some(&container.container_id)).await?;
            let mut aside = Aside::default();
            for (id, reason) in &page.failures {
                aside.outcomes.push(self.failure(id, id.as_str(), reason.clone()));
            }
            let incomplete = page.incomplete || !page.failures.is_empty() || repeats;
            let to = match page.next {
                Some(next) if !repeats && incomplete => ContainerStep::NextPageAfterGap(next),
                Some(next) if !repeats => ContainerStep::NextPage(next),
                _ if incomplete => ContainerStep::End(ContainerEnd::Incomplete, None),
                _ => ContainerStep::End(ContainerEnd::Done, None),
            };
            aside.step = Some(step(&container, to));
            let (entries, dangling) = self.follow_links(page.entries).await?;
            aside.outcomes.extend(dangling);
            let mut placed = Vec::with_capacity(entries.len());
            for entry in entries {
                if entry.kind.holds_items() {
                    aside.containers.push(NewContainer {
                        scope_id: container.scope_id.clone(),
                        container_id: entry.id.clone(),
                    });
                }
                let parent = parent_of(&entry, Some(&container.container_id), None);
                placed.push(Placed { entry, parent, scopes: vec![scope.clone()], folder: folder.clone() });
            }
            self.bring_in(placed, observed_at, aside).await?;
        }
        Ok(())
    }

    /// Brings entries in, batch by batch. What moves the frontier is committed with the last batch, and only
    /// when no batch had a gap.
    async fn bring_in(&self, placed: Vec<Placed>, observed_at: Timestamp, aside: Aside) -> Result<(), Stop> {
        let mut aside = Some(aside);
        let mut waiting = Waiting::new(placed, &self.context.rooms.settings);
        let mut are_found = false;
        loop {
            self.context.check()?;
            let mut brought = self.bringer.bring_in(waiting.next_batch(), observed_at).await?;
            waiting.put_back(std::mem::take(&mut brought.left));
            let is_last = waiting.is_empty();
            let found = waiting.iter().filter(|one| !are_found && one.entry.kind.has_content());
            let found = found
                .map(|one| FoundFile { provider_id: one.entry.id.clone(), name: one.entry.name.clone() })
                .collect();
            are_found = true;
            let stop = brought.stop.take();
            let held = std::mem::take(&mut brought.held);
            let mut effects =
                PageEffects { job: Some(self.job.id.clone()), found, ..brought.into_effects(self.context) };
            if is_last
                && stop.is_none()
                && let Some(aside) = aside.take()
            {
                effects.frontier.add = aside.containers;
                effects.frontier.steps.extend(aside.step);
                effects.outcomes.extend(aside.outcomes);
                effects.roots_resolved = aside.roots_resolved;
            }
            self.commit(&effects).await?;
            drop(held);
            if let Some(stop) = stop {
                return Err(stop);
            }
            if is_last {
                return Ok(());
            }
            self.check_cancelled().await?;
        }
    }

    async fn commit(&self, effects: &PageEffects) -> Result<(), Stop> {
        commit(self.context, self.connection, effects).await?;
        self.context.rooms.watchers.announce(&self.job.id);
        Ok(())
    }

    /// Replaces links by what they point at, keeping the link itself as structure.
    async fn follow_links(&self, entries: Vec<Entry>) -> Result<(Vec<Entry>, Vec<FileOutcome>), Stop> {
        let mut found = Vec::with_capacity(entries.len());
        let mut dangling = Vec::new();
        for entry in entries {
            let target = match (&entry.kind, &entry.target) {
                (ItemKind::Link, Some(target)) => target.clone(),
                _ => {
                    found.push(entry);
                    continue;
                }
            };
            match self.source.get(&target).await {
                // A link to a link leads nowhere that its own target would not show.
                Ok(aim) if aim.kind == ItemKind::Link => {}
                Ok(aim) => found.push(aim),
                Err(error) => match error.disposition {
                    Disposition::Gone | Disposition::SkipItem | Disposition::Fail => {
                        let reason = Reason::new(
                            "shortcut_dangling",
                            "the shortcut points at something that is gone or cannot be seen",
                        );
                        let mut outcome = self.failure(&entry.id, &entry.name, reason);
                        outcome.outcome = Outcome::Skipped;
                        dangling.push(outcome);
                    }
                    _ => return Err(Stop::from_connector(&error)),
                },
            }
            found.push(entry);
        }
        Ok((found, dangling))
    }

    async fn container_failed(&self, container: &OpenContainer, error: &ConnectorError) -> Result<(), Stop> {
        let mut effects = PageEffects { job: Some(self.job.id.clone()), ..self.context.effects() };
        let to = match error.disposition {
            // Gone: nothing below it can be listed any more, and what was there is swept.
            Disposition::Gone => ContainerStep::End(ContainerEnd::Done, None),
            Disposition::RestartFeed if container.page.is_some() => ContainerStep::Restart,
            Disposition::SkipItem | Disposition::Fail => {
                let name = self.name_of(&container.container_id).await?;
                effects.outcomes.push(self.failure(&container.container_id, &name, error.reason()));
                ContainerStep::End(ContainerEnd::Failed, Some(error.reason()))
            }
            _ => return Err(Stop::from_connector(error)),
        };
        effects.frontier.steps.push(step(container, to));
        self.commit(&effects).await
    }

    async fn name_of(&self, id: &ProviderItemId) -> Result<String, Stop> {
        let known = self.context.rooms.store.find_item_by_provider_id(&self.connection.id, id).await?;
        Ok(known.map_or_else(|| id.to_string(), |item| item.name))
    }

    async fn scope_of(&self, container: &OpenContainer) -> Result<ScopeRef, Stop> {
        match self.context.rooms.store.find_scope(&container.scope_id).await? {
            Some(scope) if !scope.removing => Ok(ScopeRef::from(&scope)),
            // The collection let go of it meanwhile.
            _ => Err(Stop::Cancelled),
        }
    }

    async fn sweep_scopes(&self) -> Result<Option<Reason>, Stop> {
        let store = &self.context.rooms.store;
        let Some(collection) = &self.job.collection_id else { return Ok(None) };
        let mut blocked = None;
        for scope in store.list_scopes(Some(&self.connection.id), Some(collection), false).await? {
            if !store.scope_was_listed_by(&self.job.id, &scope.id).await? {
                continue;
            }
            if let Some(reason) = sweep(self.context, self.job, self.connection, self.source, &scope).await? {
                blocked = Some(reason);
            }
            store.set_scope_listed(&scope.id, true).await?;
        }
        Ok(blocked)
    }

    async fn check_cancelled(&self) -> Result<(), Stop> {
        let job = self.context.rooms.store.find_job(&self.job.id).await?;
        match job {
            Some(job) if !job.cancel_requested => Ok(()),
            _ => Err(Stop::Cancelled),
        }
    }

    fn failure(&self, id: &ProviderItemId, name: &str, reason: Reason) -> FileOutcome {
        FileOutcome {
            provider_id: id.clone(),
            name: name.to_owned(),
            outcome: Outcome::Failed,
            reason: Some(reason),
            at: self.context.rooms.now(),
        }
    }
}

fn step(container: &OpenContainer, to: ContainerStep) -> FrontierStep {
    FrontierStep { scope_id: container.scope_id.clone(), container_id: container.container_id.clone(), to }
}

/// The containers of a round that have a further page, at that page. A page token that came before in this
/// container means that the provider goes round in circles: it is marked, and not continued.
fn continuations(
    round: &mut [Listed],
    pages_seen: &mut HashSet<(ProviderItemId, PageToken)>,
) -> Vec<OpenContainer> {
    let mut continuing = Vec::new();
    for listed in round {
        let container = &listed.container;
        let id = &container.container_id;
        pages_seen.extend(container.page.clone().map(|page| (id.clone(), page)));
        let Some(next) = listed.page.as_ref().ok().and_then(|page| page.next.clone()) else { continue };
        if pages_seen.insert((id.clone(), next.clone())) {
            continuing.push(OpenContainer { page: Some(next), ..container.clone() });
        } else {
            listed.repeats = true;
        }
    }
    continuing
}
