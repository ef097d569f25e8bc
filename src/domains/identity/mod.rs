//! People, how they sign in, and the organizations they belong to.

use async_graphql::MergedObject;

pub mod api_key;
pub mod authentication;
pub mod membership;
pub mod organization;
pub mod password;
pub mod session;
pub mod user;

/// What can be read here.
#[derive(MergedObject, Default)]
pub struct IdentityQuery(organization::OrganizationQuery);

/// What can be changed here.
#[derive(MergedObject, Default)]
pub struct IdentityMutation(
    organization::OrganizationMutation,
    membership::MembershipMutation,
);
