//! Databases and data sources, before and after they became two things.

use serde_json::{Map, Value, json};

use super::{View, minute};
use crate::kernel::clock::rfc3339;
use crate::notion::ids;
use crate::notion::properties::render_property;
use crate::notion::workspace::{DataSourceDetail, DatabaseDetail, Detail, Index, Kind};

impl View<'_> {
    fn database_detail(&self, index: Index) -> DatabaseDetail {
        match &self.store.node(index).detail {
            Detail::Database(detail) => (**detail).clone(),
            _ => DatabaseDetail::default(),
        }
    }

    /// Lists the data sources of a database that are not in the trash.
    pub fn sources_of(&self, database: Index) -> Vec<Index> {
        let children = self.store.node(database).children.iter().copied();
        children
            .filter(|child| {
                let node = self.store.node(*child);
                node.kind == Kind::DataSource && !node.trashed
            })
            .collect()
    }

    /// Returns a database as the container it has been since 2025-09-03.
    pub fn database(&self, index: Index) -> Value {
        let node = self.store.node(index);
        let detail = self.database_detail(index);
        let sources: Vec<Value> = self
            .sources_of(index)
            .into_iter()
            .map(|source| {
                let id = ids::show(self.store.node(source).id);
                json!({"id": id, "name": self.store.plain_title(source)})
            })
            .collect();
        // Containers carry exact times, with an offset instead of a Z.
        let exact = |at_ms: i64| rfc3339(at_ms).replace('Z', "+00:00");
        let mut database = Map::new();
        database.insert("object".into(), json!("database"));
        database.insert("id".into(), json!(ids::show(node.id)));
        database.insert("title".into(), self.finish(&Value::Array(detail.title)));
        database.insert("description".into(), self.finish(&Value::Array(detail.description)));
        database.insert("parent".into(), self.parent(index));
        database.insert("is_inline".into(), json!(detail.inline));
        database.insert("is_locked".into(), json!(node.locked));
        database.insert("created_time".into(), json!(exact(node.created_ms)));
        database.insert("last_edited_time".into(), json!(exact(node.edited_ms)));
        database.insert("data_sources".into(), Value::Array(sources));
        database.insert("icon".into(), self.finish(&detail.icon));
        database.insert("cover".into(), self.finish(&detail.cover));
        database.insert("url".into(), json!(self.url(node.id, "")));
        database.insert("public_url".into(), json!(detail.public_url));
        self.add_trash(&mut database, index);
        Value::Object(database)
    }

    /// Returns a data source with its schema.
    pub fn source(&self, index: Index) -> Value {
        let node = self.store.node(index);
        let empty = DataSourceDetail::default();
        let detail = self.store.source(index).unwrap_or(&empty);
        let Some(database) = node.parent else { return Value::Null };
        let container = self.database_detail(database);
        let mut source = Map::new();
        source.insert("object".into(), json!("data_source"));
        source.insert("id".into(), json!(ids::show(node.id)));
        source.insert("cover".into(), self.finish(&container.cover));
        let icon = if detail.icon.is_null() { &container.icon } else { &detail.icon };
        source.insert("icon".into(), self.finish(icon));
        self.add_people_and_times(&mut source, index);
        source.insert("title".into(), self.finish(&Value::Array(detail.title.clone())));
        source.insert("description".into(), self.finish(&Value::Array(detail.description.clone())));
        source.insert("is_inline".into(), json!(container.inline));
        source.insert("properties".into(), self.schema(detail));
        source.insert("parent".into(), self.parent(index));
        source.insert("database_parent".into(), self.parent(database));
        source.insert("url".into(), json!(self.url(self.store.node(database).id, "")));
        source.insert("public_url".into(), json!(container.public_url));
        self.add_trash(&mut source, index);
        Value::Object(source)
    }

    /// Returns a database with the schema of its only data source, as before 2025-09-03.
    pub fn legacy_database(&self, index: Index, source: Index) -> Value {
        let node = self.store.node(index);
        let detail = self.database_detail(index);
        let empty = DataSourceDetail::default();
        let schema = self.store.source(source).unwrap_or(&empty);
        let mut database = Map::new();
        database.insert("object".into(), json!("database"));
        database.insert("id".into(), json!(ids::show(node.id)));
        database.insert("cover".into(), self.finish(&detail.cover));
        database.insert("icon".into(), self.finish(&detail.icon));
        self.add_people_and_times(&mut database, index);
        database.insert("title".into(), self.finish(&Value::Array(detail.title)));
        database.insert("description".into(), self.finish(&Value::Array(detail.description)));
        database.insert("is_inline".into(), json!(detail.inline));
        database.insert("properties".into(), self.schema(schema));
        database.insert("parent".into(), self.parent(index));
        database.insert("url".into(), json!(self.url(node.id, "")));
        database.insert("public_url".into(), json!(detail.public_url));
        self.add_trash(&mut database, index);
        Value::Object(database)
    }

    fn add_people_and_times(&self, object: &mut Map<String, Value>, index: Index) {
        let node = self.store.node(index);
        object.insert("created_time".into(), json!(minute(node.created_ms)));
        object.insert("created_by".into(), self.partial_user(node.created_by));
        object.insert("last_edited_by".into(), self.partial_user(node.edited_by));
        object.insert("last_edited_time".into(), json!(minute(node.edited_ms)));
    }

    fn schema(&self, detail: &DataSourceDetail) -> Value {
        detail.schema.iter().map(|property| (property.name.clone(), render_property(property))).collect()
    }
}
