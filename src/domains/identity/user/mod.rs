//! People who have an account.

mod list;
mod object;
mod policy;
mod refs;
mod row;
mod store;

pub use object::User;
pub use refs::UserRef;
pub use row::*;
