//! What the rows, the queue and the blobs promise, each case on every database.

mod fixture;

mod app_pushes;
mod assistants;
mod audit;
mod authorization;
mod blobs;
mod callers;
mod collections;
mod connections;
mod coverage;
mod failed;
mod feeds;
mod following;
mod frontier;
mod grants;
mod jobs;
mod orphans;
mod page;
mod page_counters;
mod page_guards;
mod paging;
mod picker;
mod plans;
mod queue;
mod queue_leases;
mod readings;
mod schema;
mod scopes;
mod sessions;
mod subscriptions;
mod tenants;
mod to_embed;
mod tokens;
mod uploads;
mod users;
