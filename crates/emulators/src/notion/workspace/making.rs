//! Making and editing pages, databases and data sources.

use anyhow::{Context, anyhow, bail};
use serde_json::{Map, Value, json};

use super::model::{DataSourceDetail, DatabaseDetail, Detail, Index, Kind, PageDetail, Series};
use super::store::Workspace;
use crate::kernel::clock::parse_rfc3339;
use crate::notion::blocks::{FileSource, read_icon};
use crate::notion::ids::{self, Id};
use crate::notion::properties::{read_property, read_schema, read_value};
use crate::notion::text;

/// Who changes something, when, and where the files of a seed come from.
#[derive(Clone, Copy)]
pub struct Hand<'a> {
    pub by: Id,
    pub now_ms: i64,
    pub files: FileSource<'a>,
    /// Leaves "last edited" alone, as edits through the API are reported to.
    pub keep_time: bool,
}

pub fn refused(error: String) -> anyhow::Error {
    anyhow!(error)
}

impl Workspace {
    /// Takes the id that a wish asks for, or the next one.
    fn id_for(&mut self, wish: &Value) -> anyhow::Result<Id> {
        let wanted = wish["id"].as_str().or(wish["key"].as_str()).map(ids::of_reference);
        let id = wanted.unwrap_or_else(|| self.next_id());
        anyhow::ensure!(self.find(id).is_none(), "this id or key is taken");
        Ok(id)
    }

    /// Makes a page: `title`, `icon`, `cover`, `properties`, `blocks` and what `edit_page` knows.
    pub fn create_page(
        &mut self,
        parent: Option<Index>,
        at: Option<usize>,
        wish: &Value,
        hand: &Hand<'_>,
    ) -> anyhow::Result<Index> {
        if let Some(parent) = parent {
            self.settle(parent);
            if self.node(parent).kind == Kind::Database {
                bail!("a row is made in a data source, not in a database");
            }
        }
        let id = self.id_for(wish)?;
        let mut detail = PageDetail::default();
        let row_of = parent.filter(|parent| self.node(*parent).kind == Kind::DataSource);
        if let Some(source) = row_of
            && let Detail::DataSource(source) = &mut self.node_mut(source).detail
        {
            source.last_unique_number += 1;
            detail.unique_number = source.last_unique_number;
        }
        let detail = Detail::Page(Box::new(detail));
        let index = self.attach(id, parent, at, detail, hand.by, hand.now_ms);
        if let Err(error) = self.fill_page(index, wish, hand) {
            self.destroy(index);
            return Err(error);
        }
        self.tell("page.created", index, hand.by, hand.now_ms);
        if let Some(parent) = parent {
            if row_of.is_none() {
                self.touch(parent, hand);
            }
            self.tell_content(parent, &[index], hand);
        }
        Ok(index)
    }

    fn fill_page(&mut self, index: Index, wish: &Value, hand: &Hand<'_>) -> anyhow::Result<()> {
        self.write_page(index, wish, hand)?;
        if let Some(blocks) = wish["blocks"].as_array().or(wish["children"].as_array()) {
            let made = self.add_blocks(index, blocks, None, hand)?;
            drop(made);
        }
        for (place, comment) in wish["comments"].as_array().into_iter().flatten().enumerate() {
            let by = comment["by"].as_str().map_or(hand.by, |email| ids::of_key("person", email));
            let hand = Hand { by, now_ms: hand.now_ms + place as i64, ..*hand };
            let words = if comment.is_string() { comment } else { &comment["text"] };
            let on = self.node(index).id;
            let id = self.add_comment(on, None, words, &hand)?;
            if comment["resolved"] == true {
                self.edit_comment(id, None, Some(true), &hand)?;
            }
        }
        let node = self.node_mut(index);
        if let Some(moment) = wish["created"].as_str() {
            node.created_ms = parse_rfc3339(moment)?;
            node.edited_ms = node.created_ms;
        }
        if let Some(moment) = wish["edited"].as_str() {
            node.edited_ms = parse_rfc3339(moment)?;
        }
        Ok(())
    }

    /// Changes a page and says so: title, icon, cover, properties, archive, lock, trash, access.
    pub fn edit_page(&mut self, index: Index, wish: &Value, hand: &Hand<'_>) -> anyhow::Result<()> {
        let mut touched = self.write_page(index, wish, hand)?;
        touched.dedup();
        if !touched.is_empty() {
            self.touch(index, hand);
            let properties = touched.iter().map(|id| json!(id)).collect();
            self.tell_more("page.properties_updated", index, hand.by, hand.now_ms, &[], properties);
        }
        if let Some(locked) = wish["locked"].as_bool().or(wish["is_locked"].as_bool()) {
            self.set_locked(index, locked, hand);
        }
        if let Some(trashed) = wish["trashed"].as_bool().or(wish["in_trash"].as_bool()) {
            self.set_trashed(index, trashed, hand);
        }
        Ok(())
    }

    /// Writes what a wish names and returns the ids of the properties that changed.
    fn write_page(&mut self, index: Index, wish: &Value, hand: &Hand<'_>) -> anyhow::Result<Vec<String>> {
        let mut touched = Vec::new();
        let icon = match wish.get("icon") {
            Some(icon) => Some(read_icon(icon, self, hand.files).map_err(refused)?),
            None => None,
        };
        let cover = match wish.get("cover") {
            Some(cover) => Some(read_icon(cover, self, hand.files).map_err(refused)?),
            None => None,
        };
        let title = match wish.get("title") {
            Some(title) => Some(text::read(title).map_err(refused)?),
            None => None,
        };
        let archived = wish["archived"].as_bool().or(wish["is_archived"].as_bool());
        let page = self.page_mut(index).context("not a page")?;
        if let Some(title) = title {
            page.title = title;
            touched.push("title".to_owned());
        }
        if let Some(icon) = icon {
            page.icon = icon;
            touched.push("icon".to_owned());
        }
        if let Some(cover) = cover {
            page.cover = cover;
            touched.push("cover".to_owned());
        }
        if let Some(url) = wish.get("public_url") {
            page.public_url = url.as_str().map(str::to_owned);
        }
        if let Some(people) = wish.get("full_access") {
            page.full_access = serde_json::from_value(people.clone())?;
        }
        if let Some(archived) = archived {
            self.node_mut(index).archived = archived;
        }
        if let Some(properties) = wish["properties"].as_object() {
            touched.extend(self.write_properties(index, properties, hand)?);
        }
        Ok(touched)
    }

    fn write_properties(
        &mut self,
        index: Index,
        values: &Map<String, Value>,
        hand: &Hand<'_>,
    ) -> anyhow::Result<Vec<String>> {
        let mut touched = Vec::new();
        let source = self.row_of(index);
        for (name, given) in values {
            let Some(source) = source else {
                if name != "title" && name != "Title" {
                    bail!("{name} is not a property that exists.");
                }
                let words = if given.is_object() { &given["title"] } else { given };
                let title = text::read(words).map_err(refused)?;
                self.page_mut(index).context("not a page")?.title = title;
                touched.push("title".to_owned());
                continue;
            };
            let schema = self.source(source).context("no schema")?.schema.clone();
            let place = schema
                .iter()
                .position(|property| property.is_called(name))
                .with_context(|| format!("{name} is not a property that exists."))?;
            let mut property = schema[place].clone();
            let value = read_value(&mut property, given, self, hand.files).map_err(refused)?;
            let id = property.id.clone();
            let is_title = property.kind == "title";
            if let Detail::DataSource(detail) = &mut self.node_mut(source).detail {
                detail.schema[place] = property;
            }
            let page = self.page_mut(index).context("not a page")?;
            if is_title {
                page.title = value.as_array().cloned().unwrap_or_default();
            } else {
                page.properties.insert(id.clone(), value);
            }
            touched.push(id);
        }
        Ok(touched)
    }

    /// Makes a database with its data sources and their rows.
    pub fn create_database(
        &mut self,
        parent: Option<Index>,
        at: Option<usize>,
        wish: &Value,
        hand: &Hand<'_>,
    ) -> anyhow::Result<Index> {
        let id = self.id_for(wish)?;
        let detail = DatabaseDetail {
            title: text::read(&wish["title"]).map_err(refused)?,
            description: text::read(&wish["description"]).map_err(refused)?,
            icon: read_icon(&wish["icon"], self, hand.files).map_err(refused)?,
            cover: read_icon(&wish["cover"], self, hand.files).map_err(refused)?,
            inline: wish["inline"].as_bool().unwrap_or(false),
            public_url: None,
            full_access: serde_json::from_value(wish["full_access"].clone())?,
        };
        let detail = Detail::Database(Box::new(detail));
        let index = self.attach(id, parent, at, detail, hand.by, hand.now_ms);
        self.tell("database.created", index, hand.by, hand.now_ms);
        if let Some(sources) = wish["data_sources"].as_array() {
            for source in sources {
                self.create_source(index, source, hand)?;
            }
        } else {
            let source =
                json!({"title": wish["title"], "properties": wish["properties"], "rows": wish["rows"]});
            self.create_source(index, &source, hand)?;
        }
        if let Some(parent) = parent {
            self.touch(parent, hand);
            self.tell_content(parent, &[index], hand);
        }
        Ok(index)
    }

    /// Adds a data source to a database: `title`, `properties`, `rows`.
    pub fn create_source(&mut self, database: Index, wish: &Value, hand: &Hand<'_>) -> anyhow::Result<Index> {
        let id = self.id_for(wish)?;
        let detail = DataSourceDetail {
            title: text::read(&wish["title"]).map_err(refused)?,
            description: text::read(&wish["description"]).map_err(refused)?,
            icon: read_icon(&wish["icon"], self, hand.files).map_err(refused)?,
            schema: read_schema(&wish["properties"]).map_err(refused)?,
            last_unique_number: 0,
        };
        let detail = Detail::DataSource(Box::new(detail));
        let index = self.attach(id, Some(database), None, detail, hand.by, hand.now_ms);
        self.tell("data_source.created", index, hand.by, hand.now_ms);
        for row in wish["rows"].as_array().into_iter().flatten() {
            self.create_page(Some(index), None, row, hand)?;
        }
        Ok(index)
    }

    /// Changes a database or a data source: title, description, icon; for data sources the schema too, where `null`
    /// removes a column and `{"name"}` renames it.
    pub fn edit_table(&mut self, index: Index, wish: &Value, hand: &Hand<'_>) -> anyhow::Result<()> {
        let title = wish.get("title").map(text::read).transpose().map_err(refused)?;
        let description = wish.get("description").map(text::read).transpose().map_err(refused)?;
        let mut schema_changes = Vec::new();
        match &mut self.node_mut(index).detail {
            Detail::Database(database) => {
                database.title = title.unwrap_or(std::mem::take(&mut database.title));
                database.description = description.unwrap_or(std::mem::take(&mut database.description));
            }
            Detail::DataSource(source) => {
                source.title = title.unwrap_or(std::mem::take(&mut source.title));
                source.description = description.unwrap_or(std::mem::take(&mut source.description));
                for (name, change) in wish["properties"].as_object().into_iter().flatten() {
                    let place = source.schema.iter().position(|one| one.name == *name || one.id == *name);
                    let (id, action) = match (place, change) {
                        (Some(place), Value::Null) => (source.schema.remove(place).id, "deleted"),
                        (Some(place), _) => {
                            let property = &mut source.schema[place];
                            if let Some(name) = change["name"].as_str() {
                                property.name = name.to_owned();
                            } else {
                                let id = property.id.clone();
                                *property = read_property(name, change).map_err(refused)?;
                                property.id = id;
                            }
                            (property.id.clone(), "updated")
                        }
                        (None, change) => {
                            let property = read_property(name, change).map_err(refused)?;
                            let id = property.id.clone();
                            source.schema.push(property);
                            (id, "created")
                        }
                    };
                    schema_changes.push(json!({"id": id, "name": name, "action": action}));
                }
            }
            _ => bail!("not a database and not a data source"),
        }
        self.touch(index, hand);
        if self.node(index).kind == Kind::DataSource
            && (wish.get("title").is_some() || !schema_changes.is_empty())
        {
            self.tell_more("data_source.schema_updated", index, hand.by, hand.now_ms, &[], schema_changes);
        }
        if let Some(trashed) = wish["trashed"].as_bool().or(wish["in_trash"].as_bool()) {
            self.set_trashed(index, trashed, hand);
        }
        Ok(())
    }

    /// Makes many pages whose titles and content are made when they are read.
    pub fn generate(
        &mut self,
        parent: Option<Index>,
        count: u32,
        prefix: &str,
        size: usize,
        hand: &Hand<'_>,
    ) -> Vec<Id> {
        let series = self.series.len() as u32;
        self.series.push(Series { prefix: prefix.to_owned(), size });
        let salt = self.next_number();
        self.nodes.reserve(count as usize);
        self.by_id.reserve(count as usize);
        let mut made = Vec::with_capacity(count as usize);
        for number in 0..count {
            let id = ids::numbered(salt << 32, u64::from(number));
            let detail = Detail::Generated { series, number };
            let index = self.attach(id, parent, None, detail, hand.by, hand.now_ms);
            self.tell("page.created", index, hand.by, hand.now_ms);
            made.push(id);
        }
        made
    }
}
