//! Boots the whole house in one process: an emulated Google, the server on a free port, a clock that is stepped.

mod gate;
mod house;
mod person;

pub use gate::Gate;
pub use house::{ADMIN_KEY, House, HouseOptions, extractor};
pub use person::Person;
