//! Where a connection's credentials may go.

use std::collections::BTreeSet;

use url::Url;

/// Scheme, host and port of every endpoint in force.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowedHosts(BTreeSet<(String, String, u16)>);

impl AllowedHosts {
    /// Allows the hosts of these addresses, over the same scheme and port.
    pub fn of<'a>(endpoints: impl IntoIterator<Item = &'a Url>) -> Self {
        Self(endpoints.into_iter().filter_map(origin).collect())
    }

    pub fn allows(&self, url: &Url) -> bool {
        origin(url).is_some_and(|origin| self.0.contains(&origin))
    }
}

fn origin(url: &Url) -> Option<(String, String, u16)> {
    Some((url.scheme().to_owned(), url.host_str()?.to_owned(), url.port_or_known_default()?))
}
