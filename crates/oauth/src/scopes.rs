//! Scopes: from what a caller names to what the provider wants, and from what it granted to what is missing.

use crate::facts::OAuthFacts;

/// A scope that the connector does not offer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the scope `{name}` is not on this connector's list")]
pub struct UnknownScope {
    pub name: String,
}

/// Turns short or full names into full ones, each once. Naming none means the defaults; the identity
/// scopes always come along.
pub fn resolve_scopes(facts: &OAuthFacts, requested: &[String]) -> Result<Vec<String>, UnknownScope> {
    let mut resolved: Vec<String> = Vec::with_capacity(facts.scopes.len());
    let mut add = |full: &str| {
        if !resolved.iter().any(|known| known == full) {
            resolved.push(full.to_owned());
        }
    };
    if requested.is_empty() {
        facts.scopes.iter().filter(|scope| scope.default).for_each(|scope| add(scope.full));
    }
    for name in requested {
        let scope = facts.find_scope(name).ok_or_else(|| UnknownScope { name: name.clone() })?;
        add(scope.full);
    }
    facts.scopes.iter().filter(|scope| scope.identity).for_each(|scope| add(scope.full));
    Ok(resolved)
}

/// The scopes that were asked for and not granted, in full form.
pub fn missing_scopes(facts: &OAuthFacts, asked: &[String], granted: &[String]) -> Vec<String> {
    asked
        .iter()
        .map(|scope| facts.canonical_scope(scope))
        .filter(|scope| !granted.iter().any(|given| facts.canonical_scope(given) == *scope))
        .map(str::to_owned)
        .collect()
}

/// Reads the scopes of a token answer, whatever stands between them, each once and by its canonical name.
pub(crate) fn split_scopes(facts: &OAuthFacts, text: &str) -> Vec<String> {
    let mut scopes: Vec<String> = Vec::new();
    let words = text.split(|c: char| c == ',' || c.is_whitespace()).filter(|word| !word.is_empty());
    for word in words {
        let scope = facts.canonical_scope(word);
        if !scopes.iter().any(|known| known == scope) {
            scopes.push(scope.to_owned());
        }
    }
    scopes
}
