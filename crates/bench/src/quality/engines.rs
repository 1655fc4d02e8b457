//! What is asked: our index with and without vectors, vectors alone, tantivy as its own example sets it up, and SQLite's FTS5 with its defaults.

use std::sync::Arc;

use async_trait::async_trait;
use gangway_model::{Chunk, Place};
use gangway_search::{
    EmbeddedItem, EmbeddedPassage, Embedder, Filters, FolderVectors, HybridIndex, HybridOptions,
    IndexedDocument, ItemKeys, Names, SearchIndex, SearchRequest, TantivyIndex, TantivyOptions, TextKind,
    VectorIndex, Visibility, item_key, text_key,
};
use sqlx::Row;
use sqlx::sqlite::{SqlitePool, SqlitePoolOptions};
use tantivy::collector::TopDocs;
use tantivy::query::QueryParser;
use tantivy::schema::{STORED, STRING, Schema, TEXT, Value};
use tantivy::{Index, TantivyDocument};

use super::corpus::Corpus;

#[async_trait]
pub trait Engine: Send + Sync {
    fn name(&self) -> &'static str;

    /// The ids of the documents found, the best first.
    async fn ask(&self, question: &str, limit: usize) -> anyhow::Result<Vec<String>>;
}

pub struct Ours {
    name: &'static str,
    index: Box<dyn SearchIndex>,
}

impl Ours {
    /// By words alone, as it is without a model.
    pub async fn fill(corpus: &Corpus) -> anyhow::Result<Self> {
        Self::with("Gangway", Box::new(TantivyIndex::in_memory(&TantivyOptions::default())?), corpus).await
    }

    /// Words and meaning together.
    pub async fn hybrid(corpus: &Corpus, dense: &Dense, at_least: f32) -> anyhow::Result<Self> {
        let words = TantivyIndex::in_memory(&TantivyOptions::default())?;
        let options = HybridOptions { at_least };
        let index = HybridIndex::new(words, dense.vectors.clone(), dense.embedder.clone(), options);
        Self::with("Gangway with vectors", Box::new(index), corpus).await
    }

    async fn with(name: &'static str, index: Box<dyn SearchIndex>, corpus: &Corpus) -> anyhow::Result<Self> {
        let documents = corpus.documents.iter().map(|document| IndexedDocument {
            item_id: document.id.as_str().into(),
            user_id: "asker".into(),
            connection_id: "c".into(),
            connector_id: "files".into(),
            collections: Vec::new(),
            name: document.name.clone(),
            path: None,
            media_type: "text/plain".to_owned(),
            modified_at: None,
            url: None,
            title: None,
            chunks: vec![Chunk { number: 0, place: Place::default(), text: document.text.clone() }],
        });
        index.put(documents.collect()).await?;
        index.flush().await?;
        Ok(Self { name, index })
    }
}

/// Vectors alone: the nearest, whatever words they have.
pub struct Dense {
    embedder: Arc<dyn Embedder>,
    vectors: Arc<FolderVectors>,
    all: ItemKeys,
}

impl Dense {
    pub async fn fill(corpus: &Corpus, embedder: Arc<dyn Embedder>) -> anyhow::Result<Self> {
        let vectors = Arc::new(FolderVectors::in_memory()?);
        for some in corpus.documents.chunks(32) {
            let texts: Vec<String> = some.iter().map(|document| document.text.clone()).collect();
            let made = embedder.embed(TextKind::Passage, &texts).await?;
            let items = some.iter().zip(made).map(|(document, vector)| EmbeddedItem {
                item_id: document.id.as_str().into(),
                user_id: "asker".into(),
                connection_id: "c".into(),
                digest: 0,
                passages: vec![EmbeddedPassage { chunk: 0, text: text_key(&document.text), vector }],
            });
            vectors.put(items.collect()).await?;
        }
        vectors.flush().await?;
        let all = corpus.documents.iter().map(|document| item_key(&document.id.as_str().into())).collect();
        Ok(Self { embedder, vectors, all })
    }
}

#[async_trait]
impl Engine for Dense {
    fn name(&self) -> &'static str {
        "vectors alone"
    }

    async fn ask(&self, question: &str, limit: usize) -> anyhow::Result<Vec<String>> {
        let vectors = self.embedder.embed(TextKind::Query, &[question.to_owned()]).await?;
        let question = vectors.first().map(Vec::as_slice).unwrap_or_default();
        let near = self.vectors.nearest(question, &self.all, 0.0, limit)?;
        Ok(near.into_iter().map(|one| one.item_id.into_string()).collect())
    }
}

#[async_trait]
impl Engine for Ours {
    fn name(&self) -> &'static str {
        self.name
    }

    async fn ask(&self, question: &str, limit: usize) -> anyhow::Result<Vec<String>> {
        let request = SearchRequest {
            query: question.to_owned(),
            visible: Visibility { owner: "asker".into(), collections: Vec::new() },
            filters: Filters::default(),
            names: Names::default(),
            now: Default::default(),
            fold_duplicates: true,
            limit,
            offset: 0,
        };
        let page = self.index.search(&request).await?;
        Ok(page.hits.into_iter().map(|hit| hit.item_id.into_string()).collect())
    }
}

pub struct PlainTantivy {
    index: Index,
}

impl PlainTantivy {
    pub fn fill(corpus: &Corpus) -> anyhow::Result<Self> {
        let mut schema = Schema::builder();
        let id = schema.add_text_field("id", STRING | STORED);
        let name = schema.add_text_field("name", TEXT);
        let body = schema.add_text_field("body", TEXT);
        let index = Index::create_in_ram(schema.build());
        let mut writer = index.writer_with_num_threads(1, 20_000_000)?;
        for document in &corpus.documents {
            let mut entry = TantivyDocument::default();
            entry.add_text(id, &document.id);
            entry.add_text(name, &document.name);
            entry.add_text(body, &document.text);
            writer.add_document(entry)?;
        }
        writer.commit()?;
        Ok(Self { index })
    }
}

#[async_trait]
impl Engine for PlainTantivy {
    fn name(&self) -> &'static str {
        "tantivy's defaults"
    }

    async fn ask(&self, question: &str, limit: usize) -> anyhow::Result<Vec<String>> {
        let schema = self.index.schema();
        let (id, name, body) =
            (schema.get_field("id")?, schema.get_field("name")?, schema.get_field("body")?);
        let searcher = self.index.reader()?.searcher();
        let (query, _) = QueryParser::for_index(&self.index, vec![name, body]).parse_query_lenient(question);
        let found = searcher.search(&query, &TopDocs::with_limit(limit).order_by_score())?;
        let id_of = |address| -> anyhow::Result<String> {
            let entry: TantivyDocument = searcher.doc(address)?;
            Ok(entry.get_first(id).and_then(|value| value.as_str()).unwrap_or_default().to_owned())
        };
        found.into_iter().map(|(_, address)| id_of(address)).collect()
    }
}

pub struct Fts5 {
    pool: SqlitePool,
}

impl Fts5 {
    pub async fn fill(corpus: &Corpus) -> anyhow::Result<Self> {
        let pool = SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:").await?;
        sqlx::query("CREATE VIRTUAL TABLE documents USING fts5(id UNINDEXED, name, body)")
            .execute(&pool)
            .await?;
        for document in &corpus.documents {
            sqlx::query("INSERT INTO documents (id, name, body) VALUES ($1, $2, $3)")
                .bind(&document.id)
                .bind(&document.name)
                .bind(&document.text)
                .execute(&pool)
                .await?;
        }
        Ok(Self { pool })
    }
}

#[async_trait]
impl Engine for Fts5 {
    fn name(&self) -> &'static str {
        "SQLite FTS5"
    }

    async fn ask(&self, question: &str, limit: usize) -> anyhow::Result<Vec<String>> {
        // A phrase stays one; words are alternatives, as in the other engines.
        let quoted = |text: &str| format!("\"{}\"", text.replace('"', ""));
        let asked = match question.starts_with('"') {
            true => quoted(question),
            false => question.split_whitespace().map(quoted).collect::<Vec<_>>().join(" OR "),
        };
        let rows = sqlx::query("SELECT id FROM documents WHERE documents MATCH $1 ORDER BY rank LIMIT $2")
            .bind(asked)
            .bind(limit as i64)
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(|row| Ok(row.try_get("id")?)).collect()
    }
}
