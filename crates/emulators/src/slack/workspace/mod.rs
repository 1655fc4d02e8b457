//! One workspace's people, conversations and files, and every way they change.

mod channels;
mod files;
mod messages;
mod model;
mod people;
mod store;
mod ts;

pub use self::channels::NewChannel;
pub use self::files::NewFile;
pub use self::messages::{Deletion, NewMessage};
pub use self::model::{
    Channel, ChannelKind, Content, FileMode, Heading, Message, SlackFile, Team, User, UserGroup, Words,
};
pub use self::people::UserEdit;
pub use self::store::{Audience, Event, Workspace};
pub use self::ts::Ts;
