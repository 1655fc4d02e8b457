//! PKCE (RFC 7636): a secret kept by us, and its hash sent ahead.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gangway_effects::random_token;
use secrecy::{ExposeSecret, SecretString};

/// A verifier and the challenge that belongs to it.
#[derive(Clone, Debug)]
pub struct Pkce {
    pub verifier: SecretString,
    pub challenge: String,
}

impl Pkce {
    /// Makes a fresh verifier of 256 random bits.
    pub fn fresh() -> Self {
        Self::of(SecretString::from(random_token("")))
    }

    /// Derives the S256 challenge of a verifier.
    pub fn of(verifier: SecretString) -> Self {
        let hash = digest(&SHA256, verifier.expose_secret().as_bytes());
        Self { challenge: URL_SAFE_NO_PAD.encode(hash), verifier }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_the_one_of_the_specification() {
        let pkce = Pkce::of(SecretString::from("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"));
        assert_eq!(pkce.challenge, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn verifiers_are_legal_differ_and_hide_themselves() {
        let (one, other) = (Pkce::fresh(), Pkce::fresh());
        let text = one.verifier.expose_secret();
        assert!((43..=128).contains(&text.len()));
        assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b)));
        assert_ne!(text, other.verifier.expose_secret());
        assert!(!format!("{one:?}").contains(text));
    }
}
