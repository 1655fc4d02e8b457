//! How people, conversations, messages and files look in answers and events.

pub mod channels;
pub mod files;
pub mod groups;
pub mod messages;
pub mod people;
pub mod rich_text;
