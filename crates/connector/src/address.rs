//! Building addresses out of an endpoint and path segments; what a segment holds cannot lead elsewhere.

use url::Url;

/// The address of a path below a base; each segment is encoded.
pub fn below(base: &Url, path: &[&str]) -> Url {
    let mut url = base.clone();
    extend(&mut url, path);
    url
}

/// Adds path segments to an address.
pub fn extend(url: &mut Url, path: &[&str]) {
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(path);
    }
}
