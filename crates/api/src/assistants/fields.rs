//! The parameters of a query or a form, as OAuth reads them: an empty one is none, and none comes twice.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use gangway_app::Refused;

/// Characters of the longest value.
const LONGEST: usize = 4096;

pub struct Fields(Vec<(String, String)>);

impl Fields {
    pub fn read(text: &str) -> Self {
        let pairs = form_urlencoded::parse(text.as_bytes()).into_owned();
        Self(pairs.filter(|(_, value)| !value.is_empty()).collect())
    }

    /// The body of a form. What is wrong with it is told with the status that HTTP has for it.
    pub fn of_form(
        headers: &HeaderMap,
        body: Result<Bytes, BytesRejection>,
    ) -> Result<Self, (StatusCode, Refused)> {
        let body = body.map_err(|rejection| {
            (rejection.into_response().status(), Refused::request("the body is too large or did not arrive"))
        })?;
        let kind =
            headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let essence = kind.split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            let message = "send a form: Content-Type: application/x-www-form-urlencoded";
            return Err((StatusCode::UNSUPPORTED_MEDIA_TYPE, Refused::request(message)));
        }
        let text = std::str::from_utf8(&body)
            .map_err(|_| (StatusCode::BAD_REQUEST, Refused::request("the body is not text")))?;
        Ok(Self::read(text))
    }

    /// The value of a parameter that may come once.
    pub fn one(&self, name: &str) -> Result<Option<&str>, Refused> {
        let mut values = self.all(name);
        let value = values.next();
        if values.next().is_some() {
            return Err(Refused::request(format!("{name} is given twice")));
        }
        if value.is_some_and(|value| value.chars().count() > LONGEST || value.contains('\0')) {
            return Err(Refused::request(format!("{name}: at most {LONGEST} characters, none of them NUL")));
        }
        Ok(value)
    }

    /// The same for one that has to be there.
    pub fn needed(&self, name: &str) -> Result<&str, Refused> {
        self.one(name)?.ok_or_else(|| Refused::request(format!("{name} is missing")))
    }

    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(found, _)| found == name).map(|(_, value)| value.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_comes_once_and_an_empty_one_is_none() {
        let fields = Fields::read("a=1&b=&c=x&c=x&d=%00&r=1&r=2");
        assert_eq!(fields.one("a").unwrap(), Some("1"));
        assert_eq!(fields.one("b").unwrap(), None);
        assert!(fields.needed("b").is_err() && fields.one("c").is_err() && fields.one("d").is_err());
        assert_eq!(fields.all("r").collect::<Vec<_>>(), ["1", "2"]);
        assert!(Fields::read(&format!("a={}", "x".repeat(LONGEST + 1))).one("a").is_err());
    }
}
