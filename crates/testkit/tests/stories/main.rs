//! End-to-end stories: the real router, the real engine, real rows and index, an emulated Google.

mod allowing;
mod assistants;
mod connect;
mod disabled;
mod disabled_at_work;
mod fair;
mod follow;
mod fresh;
mod grants;
mod leftovers;
mod meaning;
mod pauses;
mod progress;
mod proof;
mod providers;
mod readings;
mod recognition;
mod rooms;
mod searching;
mod tenants;
mod uploads;
mod visibility;
mod webhooks;

use gangway_store::Backend;
use gangway_testkit::{House, HouseOptions};

/// A house with everything as usual.
async fn house() -> House {
    House::start(options()).await
}

fn options() -> HouseOptions {
    HouseOptions::new(env!("CARGO_BIN_EXE_gangway-test-worker"))
}

/// A house whose rows lie in PostgreSQL.
async fn house_on_postgres() -> House {
    House::start(HouseOptions { backend: Backend::Postgres, ..options() }).await
}
