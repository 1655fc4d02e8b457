//! Whether a file matches a search expression, as one person sees it.

use super::query::{Comparison, Expression, PeopleField, Term, TimeField};
use crate::google::drive::{AccountRef, Drive, FileNode, FileRef, Grantee, Role};

/// Evaluates expressions for one person.
pub struct Matcher<'a> {
    pub drive: &'a Drive,
    pub me: AccountRef,
    pub now_ms: i64,
}

impl Matcher<'_> {
    pub fn matches(&self, expression: &Expression, file: FileRef, node: &FileNode) -> bool {
        match expression {
            Expression::And(left, right) => self.matches(left, file, node) && self.matches(right, file, node),
            Expression::Or(left, right) => self.matches(left, file, node) || self.matches(right, file, node),
            Expression::Not(inner) => !self.matches(inner, file, node),
            Expression::Term(term) => self.term(term, file, node),
        }
    }

    fn term(&self, term: &Term, file: FileRef, node: &FileNode) -> bool {
        let extra = node.extra.as_deref();
        match term {
            Term::Name(comparison, name) => compare(&node.name.as_str(), *comparison, &name.as_str()),
            Term::NameContains(words) => name_contains(&node.name, words),
            Term::FullText(words) => self.full_text(node, words),
            Term::Mime(comparison, mime) => compare(&&*node.mime, *comparison, &mime.as_str()),
            Term::MimeContains(part) => node.mime.contains(part.as_str()),
            Term::Time(field, comparison, at_ms) => {
                let time = match field {
                    TimeField::Created => Some(node.created_ms),
                    TimeField::Modified => Some(node.modified_ms),
                    TimeField::ViewedByMe => extra.and_then(|extra| extra.viewed_by.get(&self.me).copied()),
                    TimeField::SharedWithMe => {
                        extra.and_then(|extra| Some(extra.shared_with_me.get(&self.me)?.0))
                    }
                };
                time.is_some_and(|time| compare(&time, *comparison, at_ms))
            }
            Term::Trashed(wanted) => self.drive.is_trashed(file) == *wanted,
            Term::Starred(wanted) => {
                extra.is_some_and(|extra| extra.starred_by.contains(&self.me)) == *wanted
            }
            Term::SharedWithMe(wanted) => {
                extra.is_some_and(|extra| extra.shared_with_me.contains_key(&self.me)) == *wanted
            }
            Term::InParents(parent) => self.has_parent(node, parent),
            Term::InPeople(field, person) => self.has_person(file, node, *field, person),
            Term::Property { key, value, private } => extra.is_some_and(|extra| {
                let properties = if *private { &extra.app_properties } else { &extra.properties };
                properties.get(key) == Some(value)
            }),
            Term::Visibility(comparison, wanted) => compare(&visibility(node), *comparison, &wanted.as_str()),
            Term::ShortcutTarget(comparison, target) => {
                let own = extra.and_then(|extra| extra.shortcut_target.as_deref());
                own.is_some_and(|own| compare(&own, *comparison, &target.as_str()))
            }
            Term::Hidden(_) | Term::Members(..) | Term::Organizers(..) => false,
        }
    }

    fn has_parent(&self, node: &FileNode, parent: &str) -> bool {
        let Some(own) = node.parent else { return false };
        if parent == "root" {
            return own == self.drive.accounts[self.me as usize].root;
        }
        self.drive.node(own).is_some_and(|folder| &*folder.id == parent)
            && self.drive.sees_parent(self.me, node, self.now_ms)
    }

    fn has_person(&self, file: FileRef, node: &FileNode, field: PeopleField, person: &str) -> bool {
        let account = match person {
            "me" => Some(self.me),
            email => self.drive.find_account(email),
        };
        let least = match field {
            PeopleField::Owners => return account.is_some() && node.owner == account,
            PeopleField::Writers => Role::Writer,
            PeopleField::Readers => Role::Reader,
        };
        match account {
            Some(account) => self.drive.role_of(account, file, self.now_ms).is_some_and(|role| role >= least),
            None => node.permissions().iter().any(|permission| {
                let named = matches!(&permission.grantee,
                    Grantee::Outsider(email) | Grantee::Group(email) if email == person);
                named && permission.role >= least
            }),
        }
    }

    fn full_text(&self, node: &FileNode, words: &str) -> bool {
        let mut text = node.name.clone();
        if let Some(description) = node.extra.as_ref().and_then(|e| e.description.as_ref()) {
            text.push('\n');
            text.push_str(description);
        }
        if let Some(source) = node.content.native() {
            text.push('\n');
            text.push_str(&source.searchable());
        } else if node.mime.starts_with("text/")
            && let Some(bytes) = node.content.blob()
        {
            text.push('\n');
            text.push_str(&String::from_utf8_lossy(&bytes));
        }
        let tokens: Vec<String> = tokens_of(&text).collect();
        let phrase = words.len() > 1 && words.starts_with('"') && words.ends_with('"');
        let wanted: Vec<String> = tokens_of(words).collect();
        if wanted.is_empty() {
            return false;
        }
        if phrase {
            return tokens.windows(wanted.len()).any(|window| window == wanted);
        }
        wanted.iter().all(|word| tokens.contains(word))
    }
}

/// Compares two ordered values.
pub fn compare<T: PartialOrd>(left: &T, comparison: Comparison, right: &T) -> bool {
    match comparison {
        Comparison::Equal => left == right,
        Comparison::Different => left != right,
        Comparison::Less => left < right,
        Comparison::LessOrEqual => left <= right,
        Comparison::Greater => left > right,
        Comparison::GreaterOrEqual => left >= right,
    }
}

/// Matches whole leading words of a name, the last one by its beginning: `Hello` finds `HelloWorld`,
/// `World` does not.
fn name_contains(name: &str, words: &str) -> bool {
    let name: Vec<String> = tokens_of(name).collect();
    let words: Vec<String> = tokens_of(words).collect();
    let Some((last, firsts)) = words.split_last() else {
        return false;
    };
    name.windows(words.len())
        .any(|window| window[..firsts.len()] == *firsts && window[firsts.len()].starts_with(last.as_str()))
}

fn tokens_of(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase)
}

fn visibility(node: &FileNode) -> &'static str {
    let mut found = "limited";
    for permission in node.permissions() {
        found = match (&permission.grantee, permission.allow_discovery) {
            (Grantee::Anyone, true) => return "anyoneCanFind",
            (Grantee::Anyone, false) => return "anyoneWithLink",
            (Grantee::Domain(_), true) => "domainCanFind",
            (Grantee::Domain(_), false) => "domainWithLink",
            _ => found,
        };
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_match_by_prefix_of_words() {
        assert!(name_contains("HelloWorld", "hello"));
        assert!(!name_contains("HelloWorld", "World"));
        assert!(name_contains("Annual plan, refund policy.pdf", "refund pol"));
        assert!(!name_contains("Annual plan", "plan refund"));
    }
}
