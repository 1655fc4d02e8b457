//! Making vectors of passages, long after their documents can be found by words: what is on the list is taken up some at
//! a time, so that a kill at any line costs a few calls, and a removal always wins.

use std::collections::HashMap;
use std::time::Duration;

use gangway_extract::ChunkOptions;
use gangway_model::{Chunk, Connection, ConnectionId, ConnectionState, ItemId, ItemState, Reason};
use gangway_search::{
    EmbedError, EmbeddedItem, EmbeddedPassage, SearchError, TextKind, digest_of, text_key, text_to_embed,
};
use gangway_store::ToEmbed;

use crate::context::{Embeddings, Rooms, TaskContext};
use crate::schedule::enqueue;
use crate::stop::Stop;
use crate::stored::load_document;
use crate::tasks::payload;

/// Items taken up at once …
const ITEMS_AT_ONCE: u32 = 32;
/// … unless their texts are long: more than this many bytes begin the next round.
const TEXT_AT_ONCE: usize = 1 << 20;
/// Passages of one document that get vectors; the first of them.
const MAX_PASSAGES: usize = 5_000;
/// Rounds before the task steps back in line, so that a long list does not keep a worker from other work.
const ROUNDS: usize = 20;
/// Between two tries while only the operator can mend it.
const UNTIL_MENDED: Duration = Duration::from_secs(300);

pub async fn run(context: &TaskContext) -> Result<(), Stop> {
    let rooms = &context.rooms;
    // Switched off since: the list is made anew when it is switched on.
    let Some(embeddings) = &rooms.embeddings else { return Ok(()) };
    for _ in 0..ROUNDS {
        let listed = rooms.store.list_to_embed(ITEMS_AT_ONCE).await?;
        if listed.is_empty() {
            embeddings.vectors.rest().await;
            // What was counted before is no longer so.
            rooms.embedding_notes.counts(&rooms.store, rooms.now(), chrono::Duration::zero()).await?;
            return Ok(());
        }
        Round { context, embeddings }.run(&listed).await?;
    }
    enqueue(rooms, payload::embed(rooms.now())).await?;
    Ok(())
}

struct Round<'a> {
    context: &'a TaskContext,
    embeddings: &'a Embeddings,
}

/// An item whose vectors are to be made.
struct Work {
    listed: ToEmbed,
    connection: Connection,
    chunks: Vec<Chunk>,
    texts: Vec<String>,
    digest: u64,
    /// Why not all of its passages get vectors.
    note: Option<String>,
}

impl Round<'_> {
    async fn run(&self, listed: &[ToEmbed]) -> Result<(), Stop> {
        let (store, vectors) = (&self.context.rooms.store, &self.embeddings.vectors);
        let ids: Vec<ItemId> = listed.iter().map(|one| one.item_id.clone()).collect();
        let connections = living(&self.context.rooms, &ids).await?;
        let known = vectors.digests(&ids).await?;
        let mut done = Vec::new();
        let mut bare = Vec::new();
        let mut work: Vec<Work> = Vec::new();
        for (one, known) in listed.iter().zip(known) {
            self.context.check()?;
            if work.iter().flat_map(|work| &work.texts).map(String::len).sum::<usize>() > TEXT_AT_ONCE {
                break;
            }
            let found = match connections.get(&one.item_id) {
                Some(connection) => self.work(one, connection).await?,
                None => None,
            };
            match found {
                None => {
                    bare.push(one.item_id.clone());
                    done.push(one.clone());
                }
                Some(work) if known == Some(work.digest) && work.note.is_none() => done.push(work.listed),
                Some(found) => work.push(found),
            }
        }
        let made = self.vectors(&mut work).await?;
        vectors.remove_items(&bare).await?;
        self.put(made).await?;
        vectors.flush().await?;
        self.remove_what_left_meanwhile(&work).await?;
        let (noted, whole): (Vec<Work>, Vec<Work>) = work.into_iter().partition(|work| work.note.is_some());
        for work in &noted {
            store.was_not_embedded(&work.listed, work.note.as_deref().unwrap_or_default()).await?;
        }
        done.extend(whole.into_iter().map(|work| work.listed));
        Ok(store.was_embedded(&done).await?)
    }

    /// What there is to do for an item; `None` when it has no text.
    async fn work(&self, listed: &ToEmbed, connection: &Connection) -> Result<Option<Work>, Stop> {
        let Some(document) = load_document(&self.context.rooms, &listed.item_id).await? else {
            return Ok(None);
        };
        let mut chunks = gangway_extract::chunk(&document, &ChunkOptions::default());
        if chunks.is_empty() {
            return Ok(None);
        }
        let count = chunks.len();
        chunks.truncate(MAX_PASSAGES);
        let note = (count > MAX_PASSAGES)
            .then(|| format!("only the first {MAX_PASSAGES} of its {count} passages have vectors"));
        let title = document.title.as_deref();
        let texts: Vec<String> = chunks.iter().map(|chunk| text_to_embed(title, chunk)).collect();
        let digest = digest_of(self.embeddings.embedder.model(), texts.iter().map(String::as_str));
        let (listed, connection) = (listed.clone(), connection.clone());
        Ok(Some(Work { listed, connection, chunks, texts, digest, note }))
    }

    /// Makes the vectors of all items together, so that many short documents take few calls.
    async fn vectors(&self, work: &mut [Work]) -> Result<Vec<EmbeddedItem>, Stop> {
        let mut texts = Vec::new();
        let mut places = Vec::new();
        for (at, one) in work.iter_mut().enumerate() {
            for (chunk, text) in one.chunks.iter().zip(std::mem::take(&mut one.texts)) {
                places.push((at, chunk.number, text_key(&chunk.text)));
                texts.push(text);
            }
        }
        let mut passages: Vec<Vec<EmbeddedPassage>> = work.iter().map(|_| Vec::new()).collect();
        let mut refused: HashMap<usize, (usize, String)> = HashMap::new();
        let size = self.embeddings.batch.max(1);
        for (texts, places) in texts.chunks(size).zip(places.chunks(size)) {
            self.context.check()?;
            for (vector, (at, chunk, text)) in self.batch(texts).await?.into_iter().zip(places) {
                match vector {
                    Ok(vector) => passages[*at].push(EmbeddedPassage { chunk: *chunk, text: *text, vector }),
                    Err(why) => refused.entry(*at).or_insert((0, why)).0 += 1,
                }
            }
        }
        for (at, (count, why)) in refused {
            let all = work[at].chunks.len();
            work[at].note = Some(format!("{count} of {all} passages were not taken: {why}"));
        }
        let items = work.iter().zip(passages).map(|(work, passages)| EmbeddedItem {
            item_id: work.listed.item_id.clone(),
            user_id: work.connection.user_id.clone(),
            connection_id: work.connection.id.clone(),
            digest: work.digest,
            passages,
        });
        Ok(items.collect())
    }

    /// A vector for each text, or why it is not taken. Texts that are refused together are tried one by one.
    async fn batch(&self, texts: &[String]) -> Result<Vec<Result<Vec<f32>, String>>, Stop> {
        match self.ask(texts).await? {
            Ok(vectors) => return Ok(vectors.into_iter().map(Ok).collect()),
            Err(why) if texts.len() == 1 => return Ok(vec![Err(why)]),
            Err(_) => {}
        }
        let mut each = Vec::with_capacity(texts.len());
        for text in texts {
            self.context.check()?;
            let answer = self.ask(std::slice::from_ref(text)).await?;
            each.push(answer.map(|vectors| vectors.into_iter().next().unwrap_or_default()));
        }
        Ok(each)
    }

    async fn ask(&self, texts: &[String]) -> Result<Result<Vec<Vec<f32>>, String>, Stop> {
        let passages = |result: &'static str| {
            metrics::counter!("gangway_embedded_passages_total", "result" => result)
                .increment(texts.len() as u64);
        };
        let (notes, now) = (&self.context.rooms.embedding_notes, || self.context.rooms.now());
        let answer = tokio::select! {
            answer = self.embeddings.embedder.embed(TextKind::Passage, texts) => answer,
            () = self.context.stop.cancelled() => return Err(Stop::LeaseLost),
        };
        match answer {
            Ok(vectors) if vectors.len() == texts.len() => {
                passages("done");
                notes.made(texts.len(), now());
                Ok(Ok(vectors))
            }
            Ok(_) => {
                let message = "the embedder answered with another number of vectors than it was asked for";
                notes.failed(Reason::new("embedder_unavailable", message), now());
                Err(Stop::retry("embedder_unavailable", message))
            }
            Err(EmbedError::Refused { message }) => {
                passages("refused");
                Ok(Err(message))
            }
            Err(EmbedError::RetryLater { after, message }) => {
                let reason = Reason::new("embedder_unavailable", message);
                notes.failed(reason.clone(), now());
                Err(Stop::RetryLater { after, reason })
            }
            Err(EmbedError::Configuration { message }) => {
                let reason = Reason::new("embedder_misconfigured", message);
                notes.failed(reason.clone(), now());
                Err(Stop::RetryLater { after: Some(UNTIL_MENDED), reason })
            }
        }
    }

    /// Puts vectors in. Where the model makes longer or shorter ones than it did, all are made anew.
    async fn put(&self, made: Vec<EmbeddedItem>) -> Result<(), Stop> {
        let vectors = &self.embeddings.vectors;
        match vectors.put(made.clone()).await {
            Err(SearchError::OtherDimensions) => {
                tracing::warn!("the model makes vectors of another length now: all are made anew");
                // Listed first: a crash after this finds an index with too much in it, and a list of everything.
                self.context.rooms.store.ask_to_embed_all().await?;
                vectors.clear().await?;
                vectors.flush().await?;
                Ok(vectors.put(made).await?)
            }
            put => Ok(put?),
        }
    }

    /// Whoever removed an item while its vectors were made removed nothing from the vectors; that is made up for.
    async fn remove_what_left_meanwhile(&self, work: &[Work]) -> Result<(), Stop> {
        let ids: Vec<ItemId> = work.iter().map(|work| work.listed.item_id.clone()).collect();
        let living = living(&self.context.rooms, &ids).await?;
        let left: Vec<ItemId> = ids.into_iter().filter(|id| !living.contains_key(id)).collect();
        if !left.is_empty() {
            self.embeddings.vectors.remove_items(&left).await?;
            self.embeddings.vectors.flush().await?;
        }
        Ok(())
    }
}

/// The connections of those items that may be found by their text.
async fn living(rooms: &Rooms, ids: &[ItemId]) -> Result<HashMap<ItemId, Connection>, Stop> {
    let mut connections: HashMap<ConnectionId, Option<Connection>> = HashMap::new();
    let mut living = HashMap::new();
    for item in rooms.store.find_items(ids).await? {
        if !connections.contains_key(&item.connection_id) {
            let found = rooms.store.find_connection(&item.connection_id).await?;
            let open = found.filter(|one| one.state != ConnectionState::Disconnecting);
            connections.insert(item.connection_id.clone(), open);
        }
        if item.state == ItemState::Synced
            && let Some(Some(connection)) = connections.get(&item.connection_id)
        {
            living.insert(item.id.clone(), connection.clone());
        }
    }
    Ok(living)
}
