//! Looks at the lines in which tasks wait: a step for each line, however many tasks stand in it.

use std::collections::HashSet;

use gangway_model::Timestamp;

use super::TaskId;
use crate::Store;
use crate::error::Result;
use crate::open::Backend;
use crate::row::Columns;
use crate::sql::Sql;

/// Lines that one look steps through at most.
const MOST: u64 = 512;

/// The first due task of a line.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Head {
    pub id: TaskId,
    pub kind: String,
    pub line: String,
    pub run_at: Timestamp,
}

/// What one look saw.
#[derive(Default)]
pub(super) struct Seen {
    pub heads: Vec<Head>,
    /// The last line looked at, when there may be more behind it.
    pub last: Option<String>,
}

/// Whose line this is; `None` for nobody's.
pub(super) fn owner_of(line: &str) -> Option<&str> {
    line.split_once(' ').map(|(owner, _)| owner).filter(|owner| !owner.is_empty())
}

/// An owner's lines are those from its name with a space up to its name with what follows a space.
pub(super) fn lines_of(owner: &str) -> (String, String) {
    (format!("{owner} "), format!("{owner}!"))
}

/// The lane of a line, or the id of a task that has none.
pub(super) fn lane_of(line: &str) -> &str {
    line.split_once(' ').map_or(line, |(_, lane)| lane)
}

impl Store {
    /// The first due task of each line behind `after`, in no order; those of `passed_over` are stepped over at once. Lines
    /// whose lane is at work have none; tasks whose lease ran out are among them.
    pub(super) async fn look_at_lines(
        &self,
        kinds: &[&str],
        after: Option<&str>,
        passed_over: &[&str],
        now: Timestamp,
    ) -> Result<Seen> {
        let bounds: Vec<(String, String)> = passed_over.iter().map(|owner| lines_of(owner)).collect();
        // SQLite would rather read all that wait and sort them.
        let next = match self.backend() {
            Backend::Sqlite => "SELECT s.line FROM tasks s INDEXED BY tasks_lines WHERE s.state = 'queued'",
            Backend::Postgres => "SELECT s.line FROM tasks s WHERE s.state = 'queued'",
        };
        let mut sql = Sql::new("WITH RECURSIVE lines(line, n) AS (SELECT line, 1 FROM (")
            .sql(next)
            .arg_if(" AND s.line > ", after)
            .sql(" ORDER BY s.line LIMIT 1) first UNION ALL SELECT (")
            .sql(next)
            .sql(" AND s.line > ");
        sql = match bounds.is_empty() {
            true => sql.sql("l.line"),
            false => sql.sql("CASE"),
        };
        for (from, to) in &bounds {
            sql = sql.sql(" WHEN l.line >= ").arg(from).sql(" AND l.line < ").arg(to).sql(" THEN ").arg(to);
        }
        let rows = sql
            .sql_if(!bounds.is_empty(), " ELSE l.line END")
            .sql(" ORDER BY s.line LIMIT 1), l.n + 1 FROM lines l WHERE l.line IS NOT NULL AND l.n < ")
            .arg(MOST)
            .sql(
                "), heads AS MATERIALIZED (SELECT l.line, (SELECT h.id FROM tasks h WHERE h.state = 'queued' \
                 AND h.line = l.line AND h.run_at <= ",
            )
            .arg(now)
            .sql(" AND h.kind IN ")
            .list(kinds.iter().copied())
            .sql(
                " ORDER BY h.run_at, h.id LIMIT 1) AS id FROM lines l WHERE l.line IS NOT NULL) \
                 SELECT heads.line, heads.id, (SELECT kind FROM tasks WHERE id = heads.id) AS kind, \
                 (SELECT run_at FROM tasks WHERE id = heads.id) AS run_at, 0 AS at_work FROM heads \
                 UNION ALL SELECT line, id, kind, run_at, CASE WHEN locked_until <= ",
            )
            .arg(now)
            .sql(" THEN 1 ELSE 2 END FROM tasks WHERE state = 'running'")
            .all(&self.read)
            .await?;
        let (mut heads, mut busy, mut lines, mut last) = (Vec::new(), HashSet::new(), 0, None);
        for row in &rows {
            let (line, at_work) = (row.text("line")?, row.int("at_work")?);
            if at_work == WAITS {
                lines += 1;
                last = last.max(Some(line.clone()));
            } else {
                busy.insert(lane_of(&line).to_owned());
            }
            let Some(id) = row.opt_text("id")? else { continue };
            let head = Head { id: id.into(), kind: row.text("kind")?, run_at: row.time("run_at")?, line };
            let is_claimable =
                at_work == WAITS || (at_work == LEASE_OVER && kinds.contains(&head.kind.as_str()));
            if is_claimable {
                heads.push((head, at_work));
            }
        }
        heads.retain(|(head, at_work)| *at_work != WAITS || !busy.contains(lane_of(&head.line)));
        let heads = heads.into_iter().map(|(head, _)| head).collect();
        Ok(Seen { heads, last: last.filter(|_| lines >= MOST) })
    }
}

/// What the look's last column says of a row.
const WAITS: i64 = 0;
const LEASE_OVER: i64 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_whose_it_is_and_which_lane() {
        assert_eq!((owner_of("ada follow:1 2"), lane_of("ada follow:1 2")), (Some("ada"), "follow:1 2"));
        assert_eq!((owner_of(" id"), lane_of(" id")), (None, "id"));
        assert_eq!((owner_of("id"), lane_of("id")), (None, "id"));
    }
}
