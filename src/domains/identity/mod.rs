//! People, how they sign in, and the organizations they belong to.

use async_graphql::MergedObject;

pub mod user;
pub mod session;
pub mod api_key;
pub mod organization;
pub mod authentication;

/// What can be read here.
#[derive(MergedObject, Default)]
pub struct IdentityQuery();

/// What can be changed here.
#[derive(MergedObject, Default)]
pub struct IdentityMutation();
