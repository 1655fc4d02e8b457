//! Where a program may be sent back to: its own https address, this computer, or a scheme the operator has named.

use std::collections::BTreeSet;

use gangway_oauth::place;
use url::{Host, Url};

/// Characters of the longest address.
const LONGEST: usize = 1024;

/// Whether a client may register an address; why not, if not.
pub fn check(uri: &str, schemes: &BTreeSet<String>, own_origin: &str) -> Result<(), String> {
    let refused = |why: &str| Err(why.to_owned());
    if uri.len() > LONGEST {
        return Err(format!("an address has at most {LONGEST} characters"));
    }
    if uri.contains('#') || uri.chars().any(|c| c.is_whitespace() || c.is_control() || c == '\\') {
        return refused("an address holds neither a fragment nor spaces");
    }
    let Ok(url) = Url::parse(uri) else { return refused("this is not an absolute address") };
    if !url.username().is_empty() || url.password().is_some() {
        return refused("an address holds no user name");
    }
    match url.scheme() {
        "https" if url.origin().ascii_serialization() == own_origin => refused("this server has no programs"),
        "https" => Ok(()),
        "http" if is_loopback(&url) => Ok(()),
        "http" => refused("http is for programs on the person's own computer: 127.0.0.1, [::1] or localhost"),
        scheme if schemes.contains(scheme) => Ok(()),
        scheme => Err(format!(
            "{scheme}: is neither https nor a scheme that this server's operator has named in mcp.redirect_schemes"
        )),
    }
}

/// Whether an authorization may go to `asked` where `registered` was registered: the same text; on this computer with any
/// port, since programs there take one that is free (RFC 8252, 7.3).
pub fn matches(registered: &str, asked: &str) -> bool {
    if registered == asked {
        return true;
    }
    let without_port = |uri: &str| {
        let mut url = Url::parse(uri).ok().filter(|url| url.scheme() == "http" && is_loopback(url))?;
        url.set_port(None).ok()?;
        Some(url)
    };
    let plain =
        !asked.contains(['#', '@', '\\']) && !asked.chars().any(|c| c.is_whitespace() || c.is_control());
    match (without_port(registered), without_port(asked)) {
        (Some(registered), Some(asked)) => plain && registered == asked,
        _ => false,
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.octets() == [127, 0, 0, 1],
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// Where an address leads, in words for the person who decides.
pub fn redirect_place(uri: &str) -> String {
    let Ok(url) = Url::parse(uri) else { return "an unknown place".to_owned() };
    match (url.scheme(), url.host_str()) {
        ("http", _) if is_loopback(&url) => "a program on this computer".to_owned(),
        ("https", _) => place(&url).to_owned(),
        (scheme, _) => format!("the program that opens {scheme}: addresses"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_fine(uri: &str) -> bool {
        check(uri, &BTreeSet::from(["editor".to_owned()]), "https://gw.example").is_ok()
    }

    #[test]
    fn only_https_loopback_and_named_schemes_are_registered() {
        for fine in [
            "https://app.example/cb",
            "https://app.example:8443/cb?x=1",
            "http://127.0.0.1/cb",
            "http://127.0.0.1:4000/cb",
            "http://[::1]:4000/cb",
            "http://localhost/cb",
            "editor://auth/cb",
        ] {
            assert!(is_fine(fine), "{fine}");
        }
        for wrong in [
            "",
            "/cb",
            "http://app.example/cb",
            "http://127.0.0.1.evil.example/cb",
            "http://localhost.evil.example/cb",
            "http://127.0.0.2/cb",
            "https://app.example/cb#x",
            "https://user@app.example/cb",
            "https://app.example/c b",
            "https://app.example\\@evil.example/cb",
            "https://gw.example/oauth/callback",
            "javascript:alert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "unnamed://auth/cb",
        ] {
            assert!(!is_fine(wrong), "{wrong}");
        }
        assert!(!is_fine(&format!("https://app.example/{}", "x".repeat(LONGEST))));
    }

    #[test]
    fn addresses_match_exactly_and_on_this_computer_with_any_port() {
        for (registered, asked) in [
            ("https://app.example/cb", "https://app.example/cb"),
            ("http://127.0.0.1/cb", "http://127.0.0.1:51000/cb"),
            ("http://127.0.0.1:3000/cb", "http://127.0.0.1:51000/cb"),
            ("http://[::1]/cb", "http://[::1]:51000/cb"),
            ("http://localhost:1/cb", "http://localhost/cb"),
        ] {
            assert!(matches(registered, asked), "{asked}");
        }
        for (registered, asked) in [
            ("https://app.example/cb", "https://app.example/cb/"),
            ("https://app.example/cb", "https://app.example:8443/cb"),
            ("https://app.example/cb", "https://APP.example/cb"),
            ("https://app.example/cb", "https://app.example/cb?x=1"),
            ("https://localhost/cb", "https://localhost:8443/cb"),
            ("http://127.0.0.1/cb", "http://127.0.0.1:51000/other"),
            ("http://127.0.0.1/cb", "http://127.0.0.1:51000/cb?x=1"),
            ("http://127.0.0.1/cb", "http://127.0.0.1:51000/cb#x"),
            ("http://127.0.0.1/cb", "http://localhost:51000/cb"),
            ("http://127.0.0.1/cb", "https://127.0.0.1:51000/cb"),
            ("http://127.0.0.1/cb", "http://user@127.0.0.1/cb"),
            ("http://127.0.0.1/cb", "http://127.0.0.1@evil.example/cb"),
            ("http://127.0.0.1/cb", "http://evil.example/cb"),
            ("editor://auth/cb", "editor://auth/other"),
        ] {
            assert!(!matches(registered, asked), "{asked}");
        }
    }

    #[test]
    fn places_are_told_as_people_know_them() {
        assert_eq!(redirect_place("https://app.example/cb?x"), "app.example");
        assert_eq!(redirect_place("https://app.example:8443/cb"), "app.example:8443");
        assert_eq!(redirect_place("http://127.0.0.1:4000/cb"), "a program on this computer");
        assert_eq!(redirect_place("editor://auth/cb"), "the program that opens editor: addresses");
    }
}
