//! What every provider emulator is built from.

pub mod answer;
pub mod archive;
pub mod authz;
pub mod calls;
pub mod clock;
pub mod consent;
pub mod control;
pub mod faults;
pub mod json;
pub mod jwt;
pub mod range;
pub mod secret;
pub mod seed;
pub mod serving;
pub mod webhooks;
pub mod words;
