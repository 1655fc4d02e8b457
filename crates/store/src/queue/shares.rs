//! Who gets the next tasks: those who have least at work come first, and nobody has all the places.

use std::collections::{HashMap, HashSet};

use super::lines::{Head, lane_of, owner_of};

/// What one user has at work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    pub tasks: usize,
    /// Of these, tasks that take long.
    pub long: usize,
}

/// For whom tasks count that have no owner: only their number is of interest, since nobody can have too many of them.
pub const NOBODY: &str = "";

/// How a worker's places are shared out.
#[derive(Clone, Debug)]
pub struct Shares {
    /// Kinds of tasks that take long.
    pub long_kinds: &'static [&'static str],
    /// The most that one user has at work …
    pub most: usize,
    /// … and the most of these that take long, so that the user's short tasks do not wait for long ones.
    pub most_long: usize,
    /// The most tasks at work that take long, whosever they are.
    pub most_long_of_all: usize,
    /// What is at work in this worker, by user; and by [`NOBODY`].
    pub held: HashMap<String, Held>,
}

impl Default for Shares {
    /// Without limits.
    fn default() -> Self {
        Self {
            long_kinds: &[],
            most: usize::MAX,
            most_long: usize::MAX,
            most_long_of_all: usize::MAX,
            held: HashMap::new(),
        }
    }
}

impl Shares {
    /// Those who have as much at work as they may.
    pub(super) fn full(&self) -> Vec<&str> {
        let full = self.held.iter().filter(|(owner, held)| *owner != NOBODY && held.tasks >= self.most);
        full.map(|(owner, _)| owner.as_str()).collect()
    }

    /// Of the first tasks of the lines, up to `limit` that are to be claimed: again and again the one whose user has
    /// least at work, and among equals the one that has waited longest.
    pub(super) fn choose(&self, mut heads: Vec<Head>, limit: usize) -> Vec<Head> {
        heads.sort_by(|one, other| (one.run_at, &one.id).cmp(&(other.run_at, &other.id)));
        let mut held = self.held.clone();
        let mut long: usize = held.values().map(|held| held.long).sum();
        let mut lanes = HashSet::new();
        let mut chosen = Vec::new();
        while chosen.len() < limit {
            let of = |head: &Head| {
                let owner = owner_of(&head.line);
                owner.map(|owner| held.get(owner).copied().unwrap_or_default()).unwrap_or_default()
            };
            let may = |head: &Head| {
                let (has, is_long) = (of(head), self.is_long(head));
                has.tasks < self.most
                    && !(is_long && (has.long >= self.most_long || long >= self.most_long_of_all))
                    && !lanes.contains(lane_of(&head.line))
            };
            let next =
                heads.iter().enumerate().filter(|(_, head)| may(head)).min_by_key(|(_, head)| of(head).tasks);
            let Some((place, _)) = next else { break };
            let head = heads.remove(place);
            let is_long = self.is_long(&head);
            long += usize::from(is_long);
            if let Some(owner) = owner_of(&head.line) {
                let has = held.entry(owner.to_owned()).or_default();
                has.tasks += 1;
                has.long += usize::from(is_long);
            }
            lanes.insert(lane_of(&head.line).to_owned());
            chosen.push(head);
        }
        chosen
    }

    /// Whether somebody waits with a long task who has fewer of them at work than `owner`. Nobody's tasks have nothing to do
    /// with each other: each that is at work has itself, each that waits has nothing.
    pub(super) fn is_outwaited(&self, heads: &[Head], owner: Option<&str>) -> bool {
        let long_of = |owner: &str| self.held.get(owner).map_or(0, |held| held.long);
        let has = owner.map_or(1, long_of);
        heads.iter().any(|head| {
            let waits = owner_of(&head.line);
            let is_anothers = waits.is_none_or(|waits| Some(waits) != owner);
            is_anothers && self.is_long(head) && waits.map_or(0, long_of) < has
        })
    }

    fn is_long(&self, head: &Head) -> bool {
        self.long_kinds.contains(&head.kind.as_str())
    }
}

#[cfg(test)]
mod tests {
    use gangway_model::from_millis;

    use super::*;

    fn head(line: &str, kind: &str, at: i64) -> Head {
        Head {
            id: format!("{line}/{at}").into(),
            kind: kind.to_owned(),
            line: line.to_owned(),
            run_at: from_millis(at),
        }
    }

    fn shares(held: &[(&str, usize, usize)]) -> Shares {
        Shares {
            long_kinds: &["long"],
            most: 3,
            most_long: 2,
            most_long_of_all: 3,
            held: held
                .iter()
                .map(|(owner, tasks, long)| ((*owner).to_owned(), Held { tasks: *tasks, long: *long }))
                .collect(),
        }
    }

    fn chosen(shares: &Shares, heads: &[Head], limit: usize) -> Vec<String> {
        shares.choose(heads.to_vec(), limit).into_iter().map(|head| head.line).collect()
    }

    #[test]
    fn who_has_least_comes_first_and_nobody_gets_all() {
        let heads: Vec<Head> = (0..6)
            .map(|number| head(&format!("ada l{number}"), "short", number))
            .chain([head("eve x", "short", 90), head("eve y", "short", 91), head("bob z", "short", 99)])
            .collect();
        assert_eq!(chosen(&shares(&[]), &heads, 4), ["ada l0", "eve x", "bob z", "ada l1"]);
        assert_eq!(chosen(&shares(&[("ada", 2, 0)]), &heads, 4), ["eve x", "bob z", "eve y", "ada l0"]);
        assert_eq!(chosen(&shares(&[("ada", 3, 0), ("eve", 3, 3)]), &heads, 4), ["bob z"]);
        assert_eq!(chosen(&Shares::default(), &heads[..6], 9).len(), 6, "without limits");
    }

    #[test]
    fn who_has_waited_longest_comes_first_in_whatever_order_lines_are_seen() {
        let heads = [head("eve b", "short", 9), head("ada a", "short", 5), head("bob c", "short", 7)];
        assert_eq!(chosen(&shares(&[]), &heads, 2), ["ada a", "bob c"]);
    }

    #[test]
    fn long_tasks_leave_places_to_short_ones() {
        let mut heads = vec![head("ada a", "long", 1), head("ada b", "long", 2), head("ada c", "long", 3)];
        heads.extend([head("eve d", "long", 4), head("ada e", "short", 5), head("bob f", "long", 6)]);
        assert_eq!(
            chosen(&shares(&[]), &heads, 9),
            ["ada a", "eve d", "bob f", "ada e"],
            "three long ones in all"
        );
        assert_eq!(chosen(&shares(&[]), &heads[..3], 9), ["ada a", "ada b"], "two of one user");
        assert_eq!(chosen(&shares(&[("ada", 2, 2)]), &heads[..5], 9), ["eve d", "ada e"]);
    }

    #[test]
    fn nobodys_long_tasks_leave_places_to_short_ones_too() {
        let mut heads: Vec<Head> = (0..6).map(|at| head(&format!(" n{at}"), "long", at)).collect();
        heads.extend([head(" s", "short", 7), head(" t", "short", 8), head("ada a", "long", 9)]);
        assert_eq!(chosen(&shares(&[]), &heads, 9), [" n0", " n1", " n2", " s", " t"]);
        let held = shares(&[(NOBODY, 4, 2)]);
        assert_eq!(chosen(&held, &heads, 9), [" n0", " s", " t"], "with those at work there are three");
        assert!(held.full().is_empty(), "nobody has never too many");
        assert_eq!(chosen(&shares(&[(NOBODY, 3, 3)]), &heads, 9), [" s", " t"]);
    }

    #[test]
    fn who_has_as_much_as_they_may_is_passed_over() {
        let shares = shares(&[("ada", 3, 0), ("eve", 2, 2), ("bob", 4, 1)]);
        let mut full = shares.full();
        full.sort_unstable();
        assert_eq!(full, ["ada", "bob"]);
    }

    #[test]
    fn of_a_lane_one_is_chosen_whosever_line_it_waits_in() {
        let heads = [head("ada a", "short", 1), head(" a", "short", 2), head(" b", "short", 3)];
        assert_eq!(chosen(&shares(&[]), &heads, 9), ["ada a", " b"]);
    }

    #[test]
    fn a_long_task_is_outwaited_by_those_who_have_fewer() {
        let shares = shares(&[("ada", 2, 2), ("eve", 1, 1)]);
        let waits = |line: &str, kind: &str| shares.is_outwaited(&[head(line, kind, 1)], Some("ada"));
        assert!(waits("eve x", "long") && waits("bob x", "long"));
        assert!(!waits("ada x", "long") && !waits("bob x", "short"));
        assert!(!shares.is_outwaited(&[head("ada x", "long", 1)], Some("eve")));
        assert!(waits(" x", "long") && !waits(" x", "short"), "nobody has none");
        let keep_nobodys = |line: &str, kind: &str| shares.is_outwaited(&[head(line, kind, 1)], None);
        assert!(keep_nobodys("bob x", "long") && keep_nobodys(" x", "long"), "they have nothing at work");
        assert!(!keep_nobodys("eve x", "long") && !keep_nobodys("ada x", "long"), "they have one or more");
        assert!(!keep_nobodys("bob x", "short"));
        assert!(
            !Shares { held: HashMap::new(), ..shares.clone() }
                .is_outwaited(&[head("eve x", "long", 1)], Some("ada"))
        );
    }
}
