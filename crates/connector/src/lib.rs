//! The contract between the engine and the providers: `Connector`, `Source`, and the words they speak.

pub mod address;
pub mod contract;
pub mod descriptor;
pub mod entry;
pub mod error;
pub mod http;
pub mod notification;
pub mod signature;

#[cfg(any(test, feature = "conformance"))]
pub mod conformance;

pub use contract::{ConnectionContext, Connector, Source, Told};
pub use descriptor::{
    AppSecret, Availability, Capabilities, ConnectorKind, Descriptor, EndpointFact, Push, RateFact, RateOwner,
};
pub use entry::{
    BrowseRequest, Change, ChangePage, Content, Entry, EntryPage, FetchLimits, Inline, Version, VersionPage,
};
pub use error::{ConnectorError, Disposition};
pub use notification::{
    Hint, NotificationKey, NotificationRequest, OfferedSecret, Rejected, SubscribeRequest, Subscription,
    Verdict, Whose,
};
