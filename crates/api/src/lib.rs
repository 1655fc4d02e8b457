//! HTTP: reads requests strictly, calls one use case, shapes the answer. `router` is the table of contents.

mod router;
mod state;

mod assistants;
mod console;
mod front;
mod health;
mod pages;
mod reference;
mod v1;
mod webhooks;

mod caller;
mod documented;
mod embedded;
mod examples;
mod layers;
mod looks;
mod openapi;
mod origin;
mod problem;
mod strict;

pub use openapi::document_text;
pub use problem::status_of;
pub use router::{router, router_with};
pub use state::{ApiState, RenderMetrics};

#[cfg(test)]
mod tests;
