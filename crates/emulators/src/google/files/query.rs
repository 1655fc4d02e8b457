//! The `q` language: tokenizer, parser and its syntax tree. `and` and `or` bind alike, from left to right.

use crate::kernel::clock::parse_rfc3339;

/// A search expression.
#[derive(Debug, Clone, PartialEq)]
pub enum Expression {
    And(Box<Expression>, Box<Expression>),
    Or(Box<Expression>, Box<Expression>),
    Not(Box<Expression>),
    Term(Term),
}

/// How two ordered values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    Equal,
    Different,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// Which of a file's times is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeField {
    Created,
    Modified,
    ViewedByMe,
    SharedWithMe,
}

/// Which of a file's people are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeopleField {
    Owners,
    Writers,
    Readers,
}

/// One condition.
#[derive(Debug, Clone, PartialEq)]
pub enum Term {
    Name(Comparison, String),
    NameContains(String),
    FullText(String),
    Mime(Comparison, String),
    MimeContains(String),
    Time(TimeField, Comparison, i64),
    Trashed(bool),
    Starred(bool),
    SharedWithMe(bool),
    InParents(String),
    InPeople(PeopleField, String),
    Property {
        key: String,
        value: String,
        private: bool,
    },
    Visibility(Comparison, String),
    ShortcutTarget(Comparison, String),
    /// Shared drives only.
    Hidden(bool),
    Members(Comparison, i64),
    Organizers(Comparison, i64),
}

/// The query could not be read.
#[derive(Debug, PartialEq, Eq)]
pub struct BadQuery;

impl Expression {
    /// Reads a query; a blank one is no query.
    pub fn parse(text: &str) -> Result<Option<Expression>, BadQuery> {
        let tokens = tokenize(text)?;
        if tokens.is_empty() {
            return Ok(None);
        }
        let mut parser = Parser { tokens, at: 0 };
        let expression = parser.expression(0)?;
        if parser.at < parser.tokens.len() {
            return Err(BadQuery);
        }
        Ok(Some(expression))
    }

    /// Visits every term.
    pub fn terms<'a>(&'a self, visit: &mut impl FnMut(&'a Term)) {
        match self {
            Expression::And(left, right) | Expression::Or(left, right) => {
                left.terms(visit);
                right.terms(visit);
            }
            Expression::Not(inner) => inner.terms(visit),
            Expression::Term(term) => visit(term),
        }
    }

    /// Returns the parent every match must have, if the query says so outright.
    pub fn required_parent(&self) -> Option<&str> {
        match self {
            Expression::And(left, right) => left.required_parent().or_else(|| right.required_parent()),
            Expression::Term(Term::InParents(parent)) => Some(parent),
            _ => None,
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Word(String),
    Text(String),
    Sign(&'static str),
}

const SIGNS: [&str; 11] = ["<=", ">=", "!=", "=", "<", ">", "(", ")", "{", "}", ","];

fn tokenize(text: &str) -> Result<Vec<Token>, BadQuery> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        if let Some(quote @ ('\'' | '"')) = rest.chars().next() {
            let (value, after) = quoted(&rest[1..], quote)?;
            tokens.push(Token::Text(value));
            rest = after;
        } else if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            tokens.push(Token::Sign(sign));
            rest = &rest[sign.len()..];
        } else {
            let end = rest
                .find(|c: char| {
                    !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | ':' | '/' | '+'))
                })
                .unwrap_or(rest.len());
            if end == 0 {
                return Err(BadQuery);
            }
            tokens.push(Token::Word(rest[..end].to_owned()));
            rest = &rest[end..];
        }
        rest = rest.trim_start();
    }
    Ok(tokens)
}

/// Reads up to the closing quote; a backslash protects a quote or another backslash.
fn quoted(text: &str, quote: char) -> Result<(String, &str), BadQuery> {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        if character == quote {
            return Ok((value, &text[at + 1..]));
        }
        if character == '\\' {
            let (_, escaped) = characters.next().ok_or(BadQuery)?;
            value.push(escaped);
        } else {
            value.push(character);
        }
    }
    Err(BadQuery)
}

const MAX_NESTING: usize = 100;

struct Parser {
    tokens: Vec<Token>,
    at: usize,
}

impl Parser {
    fn expression(&mut self, depth: usize) -> Result<Expression, BadQuery> {
        if depth > MAX_NESTING {
            return Err(BadQuery);
        }
        let mut left = self.factor(depth)?;
        loop {
            if self.take_word("and") {
                left = Expression::And(Box::new(left), Box::new(self.factor(depth)?));
            } else if self.take_word("or") {
                left = Expression::Or(Box::new(left), Box::new(self.factor(depth)?));
            } else {
                return Ok(left);
            }
        }
    }

    fn factor(&mut self, depth: usize) -> Result<Expression, BadQuery> {
        if depth > MAX_NESTING {
            return Err(BadQuery);
        }
        if self.take_word("not") {
            return Ok(Expression::Not(Box::new(self.factor(depth + 1)?)));
        }
        if self.take_sign("(") {
            let inner = self.expression(depth + 1)?;
            return if self.take_sign(")") { Ok(inner) } else { Err(BadQuery) };
        }
        self.term().map(Expression::Term)
    }

    fn term(&mut self) -> Result<Term, BadQuery> {
        match self.next()? {
            Token::Text(value) => {
                if !self.take_word("in") {
                    return Err(BadQuery);
                }
                match self.word()?.as_str() {
                    "parents" => Ok(Term::InParents(value)),
                    "owners" => Ok(Term::InPeople(PeopleField::Owners, value)),
                    "writers" => Ok(Term::InPeople(PeopleField::Writers, value)),
                    "readers" => Ok(Term::InPeople(PeopleField::Readers, value)),
                    _ => Err(BadQuery),
                }
            }
            Token::Word(field) => self.field_term(&field),
            Token::Sign(_) => Err(BadQuery),
        }
    }

    fn field_term(&mut self, field: &str) -> Result<Term, BadQuery> {
        match field {
            "name" | "title" if self.take_word("contains") => Ok(Term::NameContains(self.text()?)),
            "name" | "title" => Ok(Term::Name(self.equality()?, self.text()?)),
            "fullText" if self.take_word("contains") => Ok(Term::FullText(self.text()?)),
            "mimeType" if self.take_word("contains") => Ok(Term::MimeContains(self.text()?)),
            "mimeType" => Ok(Term::Mime(self.equality()?, self.text()?)),
            "createdTime" => self.time(TimeField::Created),
            "modifiedTime" => self.time(TimeField::Modified),
            "viewedByMeTime" => self.time(TimeField::ViewedByMe),
            "sharedWithMeTime" => self.time(TimeField::SharedWithMe),
            "trashed" => Ok(Term::Trashed(self.truth()?)),
            "starred" => Ok(Term::Starred(self.truth()?)),
            "hidden" => Ok(Term::Hidden(self.truth()?)),
            "sharedWithMe" if !self.sign_follows() => Ok(Term::SharedWithMe(true)),
            "sharedWithMe" => Ok(Term::SharedWithMe(self.truth()?)),
            "properties" => self.property(false),
            "appProperties" => self.property(true),
            "visibility" => {
                let comparison = self.equality()?;
                let value = self.text()?;
                let known = ["anyoneCanFind", "anyoneWithLink", "domainCanFind", "domainWithLink", "limited"];
                if !known.contains(&value.as_str()) {
                    return Err(BadQuery);
                }
                Ok(Term::Visibility(comparison, value))
            }
            "shortcutDetails.targetId" => Ok(Term::ShortcutTarget(self.equality()?, self.text()?)),
            "memberCount" => Ok(Term::Members(self.comparison()?, self.number()?)),
            "organizerCount" => Ok(Term::Organizers(self.comparison()?, self.number()?)),
            _ => Err(BadQuery),
        }
    }

    fn time(&mut self, field: TimeField) -> Result<Term, BadQuery> {
        let comparison = self.comparison()?;
        let at_ms = parse_rfc3339(&self.text()?).map_err(|_| BadQuery)?;
        Ok(Term::Time(field, comparison, at_ms))
    }

    /// Reads `= true`, `!= true` and their opposites.
    fn truth(&mut self) -> Result<bool, BadQuery> {
        let equal = self.equality()? == Comparison::Equal;
        let value = match self.next()? {
            Token::Word(word) | Token::Text(word) => word,
            Token::Sign(_) => return Err(BadQuery),
        };
        match value.to_ascii_lowercase().as_str() {
            "true" => Ok(equal),
            "false" => Ok(!equal),
            _ => Err(BadQuery),
        }
    }

    /// Reads `has { key='k' and value='v' }`.
    fn property(&mut self, private: bool) -> Result<Term, BadQuery> {
        let opens = self.take_word("has") && self.take_sign("{") && self.take_word("key");
        if !opens || !self.take_sign("=") {
            return Err(BadQuery);
        }
        let key = self.text()?;
        if !self.take_word("and") || !self.take_word("value") || !self.take_sign("=") {
            return Err(BadQuery);
        }
        let value = self.text()?;
        if !self.take_sign("}") {
            return Err(BadQuery);
        }
        Ok(Term::Property { key, value, private })
    }

    fn equality(&mut self) -> Result<Comparison, BadQuery> {
        match self.comparison()? {
            found @ (Comparison::Equal | Comparison::Different) => Ok(found),
            _ => Err(BadQuery),
        }
    }

    fn comparison(&mut self) -> Result<Comparison, BadQuery> {
        match self.next()? {
            Token::Sign("=") => Ok(Comparison::Equal),
            Token::Sign("!=") => Ok(Comparison::Different),
            Token::Sign("<") => Ok(Comparison::Less),
            Token::Sign("<=") => Ok(Comparison::LessOrEqual),
            Token::Sign(">") => Ok(Comparison::Greater),
            Token::Sign(">=") => Ok(Comparison::GreaterOrEqual),
            _ => Err(BadQuery),
        }
    }

    fn number(&mut self) -> Result<i64, BadQuery> {
        self.word()?.parse().map_err(|_| BadQuery)
    }

    fn text(&mut self) -> Result<String, BadQuery> {
        match self.next()? {
            Token::Text(text) => Ok(text),
            _ => Err(BadQuery),
        }
    }

    fn word(&mut self) -> Result<String, BadQuery> {
        match self.next()? {
            Token::Word(word) => Ok(word),
            _ => Err(BadQuery),
        }
    }

    fn next(&mut self) -> Result<Token, BadQuery> {
        let token = self.tokens.get(self.at).cloned().ok_or(BadQuery)?;
        self.at += 1;
        Ok(token)
    }

    fn take_word(&mut self, wanted: &str) -> bool {
        let found =
            matches!(self.tokens.get(self.at), Some(Token::Word(word)) if word.eq_ignore_ascii_case(wanted));
        self.at += usize::from(found);
        found
    }

    fn take_sign(&mut self, wanted: &str) -> bool {
        let found = matches!(self.tokens.get(self.at), Some(Token::Sign(sign)) if *sign == wanted);
        self.at += usize::from(found);
        found
    }

    fn sign_follows(&self) -> bool {
        matches!(self.tokens.get(self.at), Some(Token::Sign("=" | "!=")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Expression {
        Expression::parse(text).unwrap().unwrap()
    }

    #[test]
    fn and_and_or_bind_from_left_to_right() {
        let expression = parse("trashed = false or starred = true and sharedWithMe");
        let Expression::And(left, right) = expression else { panic!("not an and") };
        assert!(matches!(*left, Expression::Or(..)));
        assert_eq!(*right, Expression::Term(Term::SharedWithMe(true)));
    }

    #[test]
    fn quotes_and_backslashes_are_unescaped() {
        let expression = parse(r"name = 'it\'s a \\ test'");
        let expected = Term::Name(Comparison::Equal, r"it's a \ test".into());
        assert_eq!(expression, Expression::Term(expected));
    }

    #[test]
    fn finds_the_required_parent() {
        assert_eq!(parse("trashed=false and ('a' in parents)").required_parent(), Some("a"));
        assert_eq!(parse("'a' in parents or 'b' in parents").required_parent(), None);
        assert_eq!(parse("not 'a' in parents").required_parent(), None);
    }

    #[test]
    fn every_documented_operator_is_read() {
        for text in [
            "name contains 'x'",
            "name != 'x'",
            "fullText contains 'x'",
            "mimeType contains 'image/'",
            "mimeType != 'x'",
            "modifiedTime > '2026-01-01T00:00:00'",
            "createdTime <= '2026-01-01'",
            "viewedByMeTime >= '2026-01-01T00:00:00Z'",
            "trashed != true",
            "starred = true",
            "'me' in owners",
            "'a@example.com' in writers",
            "'a@example.com' in readers",
            "sharedWithMe",
            "sharedWithMe = false",
            "not sharedWithMe and trashed = false",
            "properties has { key='k' and value='v' }",
            "appProperties has {key='k' and value='v'}",
            "visibility = 'anyoneWithLink'",
            "shortcutDetails.targetId != 'x'",
            "memberCount > 2",
            "organizerCount = 1",
            "hidden = false",
            "((trashed = false))",
        ] {
            assert!(Expression::parse(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for text in [
            "name",
            "name =",
            "name = x",
            "name contains",
            "mimeType > 'x'",
            "name = 'x",
            "foo = 'x'",
            "trashed = maybe",
            "trashed",
            "'x' parents",
            "'x' in nowhere",
            "name = 'x' and",
            "(name = 'x'",
            "modifiedTime > 'yesterday'",
            "name = 'x' name = 'y'",
            "visibility = 'secret'",
            "§",
            "fullText = 'x'",
        ] {
            assert_eq!(Expression::parse(text), Err(BadQuery), "{text}");
        }
        assert_eq!(Expression::parse(&"(".repeat(100_000)), Err(BadQuery));
        assert_eq!(Expression::parse(&"not ".repeat(100_000)), Err(BadQuery));
    }
}
