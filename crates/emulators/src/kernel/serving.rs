//! A provider's server while it runs: where it listens, and how it stops.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use url::Url;

/// A bound address that does not answer yet: links can be made before the routes are.
pub struct Bound {
    listener: TcpListener,
    addr: SocketAddr,
    base_url: Url,
}

impl Bound {
    /// Binds an address (port 0 takes any free port). `public_url` is the address in links, if another.
    pub async fn new(listen: SocketAddr, public_url: Option<Url>) -> anyhow::Result<Self> {
        let listener =
            TcpListener::bind(listen).await.with_context(|| format!("cannot listen on {listen}"))?;
        let addr = listener.local_addr()?;
        let base_url = match public_url {
            Some(url) => url,
            None => Url::parse(&format!("http://{addr}"))?,
        };
        Ok(Self { listener, addr, base_url })
    }

    /// Returns the address in links, without a trailing slash.
    pub fn base(&self) -> String {
        self.base_url.as_str().trim_end_matches('/').to_owned()
    }

    /// Begins to answer. `name` is for the log.
    pub fn serve(self, name: &'static str, router: Router) -> Serving {
        let (stop, stopped) = oneshot::channel::<()>();
        let listener = self.listener;
        let task = tokio::spawn(async move {
            let served = axum::serve(listener, router).with_graceful_shutdown(async move {
                let _ = stopped.await;
            });
            if let Err(error) = served.await {
                tracing::error!(%error, name, "emulator stopped");
            }
        });
        Serving { base_url: self.base_url, addr: self.addr, stop: Some(stop), task }
    }
}

/// A running server. Dropping it stops it at once.
pub struct Serving {
    base_url: Url,
    addr: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl Serving {
    pub fn base_url(&self) -> Url {
        self.base_url.clone()
    }

    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Stops serving; open connections are dropped.
    pub async fn shutdown(mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if tokio::time::timeout(Duration::from_millis(200), &mut self.task).await.is_err() {
            self.task.abort();
        }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.task.abort();
    }
}
