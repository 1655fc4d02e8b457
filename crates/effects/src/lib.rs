//! Time, randomness and the network: handed in everywhere, made only here.

pub mod clock;
pub mod network;
pub mod random;

pub use clock::{Clock, SharedClock, SteppedClock, SystemClock};
pub use network::{Network, NetworkError, NetworkOptions, uses_a_proxy};
pub use random::{random_bytes, random_token};
