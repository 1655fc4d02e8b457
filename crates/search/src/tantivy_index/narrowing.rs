//! What may be seen and was asked for, as a tantivy query: visibility, filters, and the query's own fields.

use std::ops::Bound;

use gangway_model::{CollectionId, Timestamp, to_millis};
use tantivy::Term;
use tantivy::query::{BooleanQuery, ConstScoreQuery, EmptyQuery, Occur, RangeQuery, TermQuery, TermSetQuery};
use tantivy::schema::{Field, IndexRecordOption};

use super::query::{AnyQuery, QueryBuilder};
use crate::query::{ParsedQuery, Wanted};
use crate::request::{Filters, Visibility};

/// From here on one automaton is faster than many terms.
const MANY_TERMS: usize = 16;

impl QueryBuilder<'_> {
    /// What may be seen and was asked for. Adds nothing to scores.
    pub(super) fn allowed(&self, visible: &Visibility, filters: &Filters, query: &ParsedQuery) -> AnyQuery {
        let fields = self.fields;
        let owned = self.term(fields.user, visible.owner.as_str());
        let shared = terms(fields.collection, visible.collections.iter().map(|id| id.as_str()));
        let mut must: Vec<AnyQuery> = vec![Box::new(BooleanQuery::union(vec![owned, shared]))];
        if !filters.collections.is_empty() {
            must.push(self.in_collections(visible, &filters.collections));
        }
        if !filters.connectors.is_empty() {
            must.push(terms(fields.connector, filters.connectors.iter().map(|id| id.as_str())));
        }
        if !filters.media_types.is_empty() {
            must.push(terms(fields.media_type, filters.media_types.iter().map(String::as_str)));
        }
        if !filters.item_ids.is_empty() {
            must.push(terms(fields.item, filters.item_ids.iter().map(|id| id.as_str())));
        }
        if let Some(path) =
            filters.path_prefix.as_deref().map(|path| path.trim_matches('/')).filter(|p| !p.is_empty())
        {
            must.push(self.term(fields.below, path));
        }
        must.extend(self.modified_between(filters.modified_after, filters.modified_before));
        let mut parts: Vec<(Occur, AnyQuery)> = must.into_iter().map(|query| (Occur::Must, query)).collect();
        parts.extend(self.narrowed(visible, query));
        Box::new(ConstScoreQuery::new(Box::new(BooleanQuery::new(parts)), 0.0))
    }

    /// Through collections only that may be seen, or through any that hold an item of the asker's own.
    fn in_collections(&self, visible: &Visibility, asked: &[CollectionId]) -> AnyQuery {
        let fields = self.fields;
        let owned = self.term(fields.user, visible.owner.as_str());
        let mine = terms(fields.collection, asked.iter().map(|id| id.as_str()));
        let mine = BooleanQuery::intersection(vec![owned, mine]);
        let open = asked.iter().filter(|id| visible.collections.contains(id)).map(|id| id.as_str());
        Box::new(BooleanQuery::union(vec![Box::new(mine), terms(fields.collection, open)]))
    }

    /// What the query's own fields narrow to: of one kind any will do, of different kinds each must hold.
    fn narrowed(&self, visible: &Visibility, query: &ParsedQuery) -> Vec<(Occur, AnyQuery)> {
        let fields = self.fields;
        let (mut kinds, mut connectors, mut places) = (Vec::new(), Vec::new(), Vec::new());
        let mut parts: Vec<(Occur, AnyQuery)> = Vec::new();
        for narrowing in &query.narrowings {
            let (group, one): (Option<&mut Vec<AnyQuery>>, AnyQuery) = match &narrowing.to {
                Wanted::Kind(kind) => (Some(&mut kinds), self.term(fields.kind, kind)),
                Wanted::Connectors(ids) => {
                    (Some(&mut connectors), terms(fields.connector, ids.iter().map(|id| id.as_str())))
                }
                Wanted::Within { folder, collections } => {
                    let folder = self.term(fields.folder, folder);
                    let collections = self.in_collections(visible, collections);
                    (Some(&mut places), Box::new(BooleanQuery::union(vec![folder, collections])))
                }
                Wanted::After(at) => match self.modified_between(Some(*at), None) {
                    Some(query) => (None, query),
                    None => continue,
                },
                Wanted::Before(at) => match self.modified_between(None, Some(*at)) {
                    Some(query) => (None, query),
                    None => continue,
                },
            };
            match (narrowing.excluded, group) {
                (true, _) => parts.push((Occur::MustNot, one)),
                (false, Some(group)) => group.push(one),
                (false, None) => parts.push((Occur::Must, one)),
            }
        }
        for group in [kinds, connectors, places] {
            if !group.is_empty() {
                parts.push((Occur::Must, Box::new(BooleanQuery::union(group))));
            }
        }
        parts
    }

    fn modified_between(&self, from: Option<Timestamp>, to: Option<Timestamp>) -> Option<AnyQuery> {
        let bound = |at| Term::from_field_i64(self.fields.modified, to_millis(at));
        let (from, to) = (from.map(bound), to.map(bound));
        if from.is_none() && to.is_none() {
            return None;
        }
        let from = from.map_or(Bound::Unbounded, Bound::Included);
        let to = to.map_or(Bound::Unbounded, Bound::Excluded);
        Some(Box::new(RangeQuery::new(from, to)))
    }
}

/// Any of these terms; none of them means nothing matches.
pub(super) fn terms<'t>(field: Field, texts: impl Iterator<Item = &'t str>) -> AnyQuery {
    let mut terms: Vec<Term> = texts.map(|text| Term::from_field_text(field, text)).collect();
    match terms.len() {
        0 => Box::new(EmptyQuery),
        1 => Box::new(TermQuery::new(terms.remove(0), IndexRecordOption::Basic)),
        count if count < MANY_TERMS => Box::new(BooleanQuery::new_multiterms_query(terms)),
        _ => Box::new(TermSetQuery::new(terms)),
    }
}
