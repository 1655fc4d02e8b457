//! Notifications to every connector: nothing unsigned is ever taken for a push.
#![no_main]

use bytes::Bytes;
use gangway_connector::{NotificationKey, NotificationRequest, Verdict};
use gangway_model::SecretString;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use libfuzzer_sys::fuzz_target;

/// Headers that providers sign with or identify themselves by.
const HEADERS: [&str; 8] = [
    "x-goog-channel-id",
    "x-goog-channel-token",
    "x-goog-resource-state",
    "x-notion-signature",
    "x-slack-signature",
    "x-slack-request-timestamp",
    "x-dropbox-signature",
    "content-type",
];

// Lines: the query, then values of the headers above; what follows an empty line is the body.
fuzz_target!(|bytes: &[u8]| {
    let split = bytes.windows(2).position(|two| two == b"\n\n");
    let (head, body) = split.map_or((&[][..], bytes), |at| (&bytes[..at], &bytes[at + 2..]));
    let mut lines = head.split(|byte| *byte == b'\n');
    let query = lines.next().and_then(|line| std::str::from_utf8(line).ok()).filter(|query| !query.is_empty());
    let mut headers = HeaderMap::new();
    for (name, value) in HEADERS.iter().zip(lines) {
        if let Ok(value) = HeaderValue::from_bytes(value)
            && !value.is_empty()
        {
            headers.append(HeaderName::from_static(name), value);
        }
    }
    for method in [Method::GET, Method::POST] {
        let request = NotificationRequest {
            method,
            headers: headers.clone(),
            query: query.map(str::to_owned),
            body: Bytes::copy_from_slice(body),
            received_at: Default::default(),
        };
        for connector in gangway_connectors::ALL {
            let key = connector.notification_key(&request);
            let secret = SecretString::from("a secret that nobody can guess");
            // Without the secret, the most that can be had is the answer to a handshake.
            let is_handshake = matches!(key, Ok(NotificationKey::Unsigned | NotificationKey::Offer { .. }));
            match connector.verify_notification(&request, &secret) {
                Ok(Verdict::Look(_)) => panic!("{} believes what nobody signed", connector.descriptor().id),
                Ok(Verdict::Answer { .. }) => assert!(is_handshake),
                Ok(Verdict::Nothing) | Err(_) => {}
            }
        }
    }
});
