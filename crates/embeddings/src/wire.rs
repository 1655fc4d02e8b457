//! What a failure of a call means, without the client's own words: they hold whole addresses.

use gangway_effects::NetworkError;

pub(crate) enum Failed {
    /// An address that may not be called.
    Refused(String),
    /// What became of the call, to be put behind the host's name.
    ForNow(&'static str),
}

pub(crate) fn meaning_of(error: &reqwest::Error) -> Failed {
    let mut causes = std::iter::successors(std::error::Error::source(error), |cause| cause.source());
    if let Some(refused) = causes.find_map(|cause| cause.downcast_ref::<NetworkError>()) {
        return Failed::Refused(refused.to_string());
    }
    Failed::ForNow(match (error.is_timeout(), error.is_connect()) {
        (true, _) => "did not answer in time",
        (_, true) => "cannot be reached",
        _ => "broke off the connection",
    })
}
