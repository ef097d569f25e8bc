//! People who have an account.

mod list;
mod object;
mod policy;
mod row;

pub use object::User;
pub use row::*;
