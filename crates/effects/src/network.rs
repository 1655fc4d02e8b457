//! The outgoing network: one client for all providers, with the rules every call obeys.
//!
//! - Redirects are never followed by the client; whoever needs one follows it by hand, without credentials.
//! - Private, loopback and link-local addresses are refused, by literal and by resolved name, unless the
//!   host is on the allowed list. Hosts the operator named as an endpoint belong on that list.
//! - Where only allowed hosts may be called, every other is refused before its name is looked up.
//! - `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` are honoured; a proxy's own host may be private.
//! - An extra CA file (PEM) is trusted beside the built-in roots.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use http::Method;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

#[derive(Clone, Debug)]
pub struct NetworkOptions {
    /// Allows every private address. For emulators and tests.
    pub allow_private_addresses: bool,
    /// Hosts (names or literal addresses) that may be private.
    pub allowed_hosts: BTreeSet<String>,
    /// Calls no other hosts than the allowed ones.
    pub only_allowed_hosts: bool,
    /// PEM file with further certificate authorities.
    pub extra_ca_file: Option<PathBuf>,
    pub connect_timeout: Duration,
    /// How long an answer may be silent before the call is given up.
    pub read_timeout: Duration,
}

impl Default for NetworkOptions {
    fn default() -> Self {
        Self {
            allow_private_addresses: false,
            allowed_hosts: BTreeSet::new(),
            only_allowed_hosts: false,
            extra_ca_file: None,
            connect_timeout: Duration::from_secs(10),
            read_timeout: Duration::from_secs(60),
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    #[error("refused to call {host}: it is a private address; name it in outgoing.allowed_hosts to allow it")]
    PrivateAddress { host: String },
    #[error("refused to call {host}: outgoing.only_allowed_hosts is set, and it is not among them")]
    HostNotAllowed { host: String },
    #[error("refused to call {url}: only http and https are spoken")]
    Scheme { url: String },
    #[error("cannot read the CA file {path}: {source}")]
    CaFile { path: PathBuf, source: std::io::Error },
    #[error("the CA file {path} holds no usable certificate: {message}")]
    CaContent { path: PathBuf, message: String },
    #[error("cannot set up the outgoing client: {0}")]
    Setup(String),
}

impl NetworkError {
    /// What people are told who cannot change it. The host and the setting are the operator's, who finds them in the log.
    pub fn for_people(&self) -> &'static str {
        match self {
            Self::PrivateAddress { .. } | Self::HostNotAllowed { .. } => {
                "this source's address is not allowed by whoever runs this server: ask them"
            }
            Self::Scheme { .. } => {
                "this source names an address that cannot be called: it is neither http nor https"
            }
            Self::CaFile { .. } | Self::CaContent { .. } | Self::Setup(_) => {
                "this server cannot call anybody: tell whoever runs it"
            }
        }
    }
}

/// The one client that outgoing calls go through.
#[derive(Clone, Debug)]
pub struct Network {
    client: reqwest::Client,
    rules: Arc<AddressRules>,
}

impl Network {
    pub fn new(options: NetworkOptions) -> Result<Self, NetworkError> {
        let rules = Arc::new(AddressRules {
            allow_private: options.allow_private_addresses,
            allowed_hosts: options.allowed_hosts,
            only_allowed: options.only_allowed_hosts,
            proxy_hosts: proxy_hosts_from_environment(),
        });
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("gangway/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(options.connect_timeout)
            .read_timeout(options.read_timeout)
            .pool_max_idle_per_host(64)
            .tcp_nodelay(true)
            .dns_resolver(Arc::new(GuardedResolver { rules: Arc::clone(&rules) }));
        if let Some(path) = options.extra_ca_file {
            let pem =
                std::fs::read(&path).map_err(|source| NetworkError::CaFile { path: path.clone(), source })?;
            let certificates = reqwest::Certificate::from_pem_bundle(&pem).map_err(|error| {
                NetworkError::CaContent { path: path.clone(), message: error.to_string() }
            })?;
            if certificates.is_empty() {
                let message = "no certificate in it".to_owned();
                return Err(NetworkError::CaContent { path, message });
            }
            for certificate in certificates {
                builder = builder.add_root_certificate(certificate);
            }
        }
        let client = builder.build().map_err(|error| NetworkError::Setup(error.to_string()))?;
        Ok(Self { client, rules })
    }

    /// Starts a request after checking its address. Names are checked again when they are resolved. What is refused is logged
    /// here, once: whoever asked is told less.
    pub fn request(&self, method: Method, url: Url) -> Result<reqwest::RequestBuilder, NetworkError> {
        self.rules.check(&url).inspect_err(log_refusal)?;
        Ok(self.client.request(method, url))
    }
}

#[derive(Debug)]
struct AddressRules {
    allow_private: bool,
    allowed_hosts: BTreeSet<String>,
    only_allowed: bool,
    proxy_hosts: BTreeSet<String>,
}

impl AddressRules {
    fn check(&self, url: &Url) -> Result<(), NetworkError> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(NetworkError::Scheme { url: format!("{}:…", url.scheme()) });
        }
        let (host, literal) = match url.host() {
            Some(Host::Ipv4(address)) => (address.to_string(), Some(IpAddr::V4(address))),
            Some(Host::Ipv6(address)) => (address.to_string(), Some(IpAddr::V6(address))),
            Some(Host::Domain(name)) => (name.to_owned(), None),
            None => return Err(NetworkError::Scheme { url: format!("{}:…", url.scheme()) }),
        };
        if self.allowed_hosts.contains(&host) {
            return Ok(());
        }
        if self.only_allowed {
            return Err(NetworkError::HostNotAllowed { host });
        }
        // A name is looked at again when it is resolved.
        if self.allow_private || literal.is_none_or(is_public) {
            return Ok(());
        }
        Err(NetworkError::PrivateAddress { host })
    }

    fn may_be_private(&self, host: &str) -> bool {
        self.allow_private || self.allowed_hosts.contains(host) || self.proxy_hosts.contains(host)
    }
}

fn log_refusal(refused: &NetworkError) {
    tracing::warn!(reason = %refused, "an outgoing call was refused");
}

struct GuardedResolver {
    rules: Arc<AddressRules>,
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let rules = Arc::clone(&self.rules);
        Box::pin(async move {
            let host = name.as_str().to_owned();
            let found: Vec<SocketAddr> = tokio::net::lookup_host((host.as_str(), 0)).await?.collect();
            let usable: Vec<SocketAddr> = if rules.may_be_private(&host) {
                found
            } else {
                found.into_iter().filter(|address| is_public(address.ip())).collect()
            };
            if usable.is_empty() {
                let refused = NetworkError::PrivateAddress { host };
                log_refusal(&refused);
                return Err(Box::new(refused) as Box<_>);
            }
            Ok(Box::new(usable.into_iter()) as Addrs)
        })
    }
}

/// Whether the environment names a proxy for outgoing calls.
pub fn uses_a_proxy() -> bool {
    !proxy_hosts_from_environment().is_empty()
}

fn proxy_hosts_from_environment() -> BTreeSet<String> {
    ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"]
        .iter()
        .filter_map(|name| std::env::var(name).ok())
        .filter_map(|text| Url::parse(&text).ok())
        .filter_map(|url| url.host_str().map(str::to_owned))
        .collect()
}

/// Whether an address belongs to the public internet.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => is_public_v4(v4),
            None => is_public_v6(v6),
        },
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let shared = a == 100 && (64..128).contains(&b);
    let protocol_assignments = a == 192 && b == 0 && c == 0;
    let benchmarking = a == 198 && (18..20).contains(&b);
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_unspecified()
        || address.is_broadcast()
        || address.is_documentation()
        || address.is_multicast()
        || a == 0
        || a >= 240
        || shared
        || protocol_assignments
        || benchmarking)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let first = address.segments()[0];
    let unique_local = first & 0xfe00 == 0xfc00;
    let link_local = first & 0xffc0 == 0xfe80;
    // 64:ff9b::/96 and 2002::/16 carry an IPv4 address that this machine's gateway may reach.
    let translated = (first == 0x64 && address.segments()[1] == 0xff9b) || first == 0x2002;
    let documentation = first == 0x2001 && address.segments()[1] == 0xdb8;
    !(address.is_loopback()
        || address.is_unspecified()
        || address.is_multicast()
        || unique_local
        || link_local
        || translated
        || documentation)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    fn network(options: NetworkOptions) -> Network {
        Network::new(options).unwrap()
    }

    #[test]
    fn literal_private_addresses_are_refused_in_every_spelling() {
        let network = network(NetworkOptions::default());
        for url in [
            "http://127.0.0.1/",
            "http://2130706433/",
            "http://0x7f.1/",
            "http://10.1.2.3/",
            "http://169.254.169.254/latest/meta-data",
            "http://[::1]/",
            "http://[::ffff:127.0.0.1]/",
            "http://[fd00::1]/",
            "http://[64:ff9b::7f00:1]/",
            "http://100.64.0.1/",
            "file:///etc/passwd",
        ] {
            assert!(network.request(Method::GET, url.parse().unwrap()).is_err(), "{url}");
        }
        assert!(network.request(Method::GET, "https://8.8.8.8/".parse().unwrap()).is_ok());
    }

    #[test]
    fn an_allowed_host_may_be_private() {
        let allowed_hosts = BTreeSet::from(["127.0.0.1".to_owned()]);
        let network = network(NetworkOptions { allowed_hosts, ..NetworkOptions::default() });
        assert!(network.request(Method::GET, "http://127.0.0.1:9/".parse().unwrap()).is_ok());
        assert!(network.request(Method::GET, "http://127.0.0.2:9/".parse().unwrap()).is_err());
    }

    #[test]
    fn where_only_allowed_hosts_may_be_called_no_other_is() {
        let allowed_hosts = BTreeSet::from(["127.0.0.1".to_owned(), "drive.example".to_owned()]);
        let options = NetworkOptions { allowed_hosts, only_allowed_hosts: true, ..NetworkOptions::default() };
        let network = network(NetworkOptions { allow_private_addresses: true, ..options });
        for (url, is_allowed) in [
            ("http://127.0.0.1:9/", true),
            ("https://DRIVE.example/file", true),
            ("https://www.example/file", false),
            ("https://8.8.8.8/", false),
            ("http://127.0.0.2:9/", false),
        ] {
            assert_eq!(network.request(Method::GET, url.parse().unwrap()).is_ok(), is_allowed, "{url}");
        }
    }

    #[tokio::test]
    async fn a_name_that_resolves_to_a_private_address_is_refused() {
        let network = network(NetworkOptions::default());
        let request = network.request(Method::GET, "http://localhost:9/".parse().unwrap()).unwrap();
        let error = format!("{:?}", request.send().await.unwrap_err());
        assert!(error.contains("PrivateAddress"), "{error}");
    }

    /// What was logged while something ran on this thread.
    fn logged(run: impl FnOnce()) -> String {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&lines);
        let subscriber =
            tracing_subscriber::fmt().with_ansi(false).with_writer(move || Kept(Arc::clone(&kept)));
        tracing::subscriber::with_default(subscriber.finish(), run);
        String::from_utf8(lines.lock().unwrap().clone()).unwrap()
    }

    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn the_operator_finds_host_and_setting_in_the_log_and_people_are_told_neither() {
        let only = NetworkOptions { only_allowed_hosts: true, ..NetworkOptions::default() };
        for (options, url, host, setting) in [
            (only, "https://files.example/signed?sig=1", "files.example", "outgoing.only_allowed_hosts"),
            (NetworkOptions::default(), "http://10.1.2.3/a?sig=1", "10.1.2.3", "outgoing.allowed_hosts"),
        ] {
            let network = network(options);
            let mut told = "";
            let log = logged(|| {
                told = network.request(Method::GET, url.parse().unwrap()).unwrap_err().for_people();
            });
            assert!(log.contains(host) && log.contains(setting) && !log.contains("sig"), "{log}");
            assert!(told.contains("whoever runs this server"), "{told}");
            assert!(!told.contains(host) && !told.contains("outgoing"), "{told}");
        }
    }

    #[test]
    fn what_a_name_turned_out_to_be_is_logged() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let log = logged(|| {
            let network = network(NetworkOptions::default());
            let request = network.request(Method::GET, "http://localhost:9/".parse().unwrap()).unwrap();
            assert!(runtime.block_on(async { request.send().await }).is_err());
        });
        assert!(log.contains("localhost") && log.contains("outgoing.allowed_hosts"), "{log}");
    }
}
