//! Where the suite receives pushes: keeps them all, and answers handshakes as the connector says.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use gangway_model::{SecretString, Timestamp};
use http::header;
use secrecy::ExposeSecret;
use url::Url;

use crate::contract::Connector;
use crate::notification::{NotificationKey, NotificationRequest, Verdict};

/// A receiver on a port of its own.
pub(super) struct Receiver {
    pub address: Url,
    inbox: Arc<Inbox>,
}

struct Inbox {
    connector: &'static dyn Connector,
    /// What pushes for the whole app are signed with, as far as it is known.
    secret: Mutex<Option<SecretString>>,
    now: Box<dyn Fn() -> Timestamp + Send + Sync>,
    received: Mutex<Vec<NotificationRequest>>,
}

impl Receiver {
    pub async fn start(
        connector: &'static dyn Connector,
        secret: Option<SecretString>,
        now: impl Fn() -> Timestamp + Send + Sync + 'static,
    ) -> Self {
        let inbox = Arc::new(Inbox {
            connector,
            secret: Mutex::new(secret),
            now: Box::new(now),
            received: Mutex::default(),
        });
        let router = Router::new().fallback(take).with_state(Arc::clone(&inbox));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let bound = listener.local_addr().expect("an address");
        tokio::spawn(async move { axum::serve(listener, router).await });
        let address = format!("http://{bound}/hook").parse().expect("an address");
        Self { address, inbox }
    }

    /// What was received since last asked, handshakes left out.
    pub fn take(&self) -> Vec<NotificationRequest> {
        std::mem::take(&mut *self.inbox.received.lock().expect("no holder of this lock panics"))
    }

    /// The secret that was set, or offered since.
    pub fn secret(&self) -> Option<SecretString> {
        self.inbox.secret()
    }
}

impl Inbox {
    fn secret(&self) -> Option<SecretString> {
        let secret = self.secret.lock().expect("no holder of this lock panics");
        secret.as_ref().map(|secret| SecretString::from(secret.expose_secret()))
    }

    /// The answer to a handshake; `None` for anything else.
    fn handshake(&self, request: &NotificationRequest) -> Option<Response> {
        let secret = match self.connector.notification_key(request).ok()? {
            NotificationKey::Offer { secret } => {
                *self.secret.lock().expect("no holder of this lock panics") = Some(secret.0);
                return Some(().into_response());
            }
            NotificationKey::Unsigned => SecretString::from(""),
            NotificationKey::App => self.secret()?,
            NotificationKey::Subscription { .. } => return None,
        };
        match self.connector.verify_notification(request, &secret).ok()? {
            Verdict::Answer { content_type, body } => {
                Some(([(header::CONTENT_TYPE, content_type)], body).into_response())
            }
            _ => None,
        }
    }
}

async fn take(State(inbox): State<Arc<Inbox>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.expect("a push is small");
    let request = NotificationRequest {
        method: parts.method,
        headers: parts.headers,
        query: parts.uri.query().map(str::to_owned),
        body,
        received_at: (inbox.now)(),
    };
    if let Some(answer) = inbox.handshake(&request) {
        return answer;
    }
    inbox.received.lock().expect("no holder of this lock panics").push(request);
    ().into_response()
}
