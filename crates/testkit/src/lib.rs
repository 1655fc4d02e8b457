//! Boots the whole house in one process: an emulated Google, the server on a free port, a clock that is stepped.

mod house;
mod person;

pub use house::{ADMIN_KEY, House, HouseOptions};
pub use person::Person;
