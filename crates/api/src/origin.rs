//! Whether a browser makes a call from a page of this server.

use axum::http::{HeaderMap, HeaderName, header};

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Browsers name the page's origin. A call without one comes from no browser, so from no foreign page.
pub fn comes_from_here(headers: &HeaderMap, own_origin: &str) -> bool {
    let text = |name| headers.get(name).map(|value: &axum::http::HeaderValue| value.to_str().unwrap_or("?"));
    if text(FETCH_SITE).is_some_and(|site| !matches!(site, "same-origin" | "none")) {
        return false;
    }
    let Some(origin) = text(header::ORIGIN) else { return true };
    let host = text(header::HOST).unwrap_or("?");
    let authority = origin.split_once("://").map(|(_, authority)| authority);
    origin == own_origin || authority == Some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_pages_are_told_from_our_own() {
        let with = |origin: &'static str, site: Option<&'static str>| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ORIGIN, origin.parse().unwrap());
            headers.insert(header::HOST, "127.0.0.1:8080".parse().unwrap());
            if let Some(site) = site {
                headers.insert(FETCH_SITE, site.parse().unwrap());
            }
            comes_from_here(&headers, "https://gw.example")
        };
        assert!(with("https://gw.example", None) && with("http://127.0.0.1:8080", Some("same-origin")));
        for foreign in ["https://evil.example", "null", "https://gw.example.evil"] {
            assert!(!with(foreign, None), "{foreign}");
        }
        for site in ["cross-site", "same-site", "?"] {
            assert!(!with("https://gw.example", Some(site)), "{site}");
        }
        assert!(comes_from_here(&HeaderMap::new(), "https://gw.example"));
    }
}
