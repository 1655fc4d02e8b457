//! Signed identity tokens: an RS256 key made at first use, and its public half as a key set.

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::secret::stable_digits;

/// A signing key with its id.
pub struct SigningKey {
    pair: KeyPair,
    key_id: String,
}

impl SigningKey {
    /// Makes a fresh 2048-bit key.
    pub fn generate() -> anyhow::Result<Self> {
        let pair =
            KeyPair::generate(KeySize::Rsa2048).map_err(|_| anyhow::anyhow!("cannot generate an RSA key"))?;
        let public = pair.public_key().as_der().map_err(|_| anyhow::anyhow!("no public key"))?;
        let fingerprint = URL_SAFE_NO_PAD.encode(public.as_ref());
        Ok(Self { pair, key_id: stable_digits("key", &fingerprint, 20) })
    }

    /// Signs claims as a compact JWT.
    pub fn sign(&self, claims: &Value) -> String {
        let header = json!({"alg": "RS256", "kid": self.key_id, "typ": "JWT"});
        let signed = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(header.to_string()),
            URL_SAFE_NO_PAD.encode(claims.to_string())
        );
        let mut signature = vec![0u8; self.pair.public_modulus_len()];
        self.pair
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature)
            .expect("a 2048-bit key signs SHA-256");
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// Returns the JSON Web Key Set that verifies this key's signatures.
    pub fn key_set(&self) -> Value {
        let public = self.pair.public_key();
        let modulus = public.modulus().big_endian_without_leading_zero();
        let exponent = public.exponent().big_endian_without_leading_zero();
        json!({"keys": [{
            "kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.key_id,
            "n": URL_SAFE_NO_PAD.encode(modulus), "e": URL_SAFE_NO_PAD.encode(exponent),
        }]})
    }
}
