//! People, how they sign in, and the organizations they belong to.

pub mod user;
pub mod session;
pub mod api_key;
pub mod organization;
