//! The running server: its data folder, its address, its end.

pub mod allocator;
pub mod lock;
pub mod metrics;
pub mod signals;
pub mod telemetry;

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::config::Config;
use crate::failure::Failure;
use crate::wiring::House;
use lock::FolderLock;
use metrics::Metrics;

/// A server that answers.
pub struct Server {
    address: SocketAddr,
    public_url: Url,
    house: House,
    stop: CancellationToken,
    answering: JoinHandle<std::io::Result<()>>,
    _lock: FolderLock,
}

impl Server {
    /// Takes the data folder and the address, wires the rooms and starts to answer.
    pub async fn start(config: &Config, metrics: &Metrics) -> Result<Self, Failure> {
        let lock = FolderLock::take(&config.data_dir)?;
        let listener = TcpListener::bind(&config.listen).await.map_err(|error| {
            Failure::failed(format!("cannot listen on {}", config.listen))
                .why(error)
                .remedy("another program may have the port: --listen 127.0.0.1:0 takes any free one")
        })?;
        Self::start_on(listener, lock, config, metrics).await
    }

    /// The same with an address and a folder that were taken already.
    pub async fn start_on(
        listener: TcpListener,
        lock: FolderLock,
        config: &Config,
        metrics: &Metrics,
    ) -> Result<Self, Failure> {
        allocator::give_large_blocks_back();
        let address = listener.local_addr()?;
        let public_url = config.public_url(address);
        let house = House::build(config, public_url.clone()).await?;
        let router = house.router(metrics.renderer());
        let stop = CancellationToken::new();
        let answering = tokio::spawn(answer(listener, router, stop.clone()));
        Ok(Self { address, public_url, house, stop, answering, _lock: lock })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn public_url(&self) -> &Url {
        &self.public_url
    }

    /// Takes no more requests and no more work, lets what runs finish within the limit, gives leases back.
    pub async fn stop(self, limit: Duration) {
        self.stop.cancel();
        let aborted = self.answering.abort_handle();
        let finish = async {
            tokio::join!(self.house.shut_down(), async {
                if let Ok(Err(error)) = self.answering.await {
                    tracing::warn!(%error, "the listener ended badly");
                }
            });
        };
        if tokio::time::timeout(limit, finish).await.is_err() {
            aborted.abort();
            tracing::warn!(
                seconds = limit.as_secs(),
                "stopped before everything had finished; it resumes at the next start"
            );
        }
    }
}

async fn answer(listener: TcpListener, router: Router, stop: CancellationToken) -> std::io::Result<()> {
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).with_graceful_shutdown(stop.cancelled_owned()).await
}
