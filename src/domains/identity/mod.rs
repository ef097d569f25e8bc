//! People, how they sign in, and the organizations they belong to.

use async_graphql::MergedObject;

pub mod api_key;
pub mod authentication;
pub mod membership;
pub mod organization;
pub mod password;
pub mod session;
pub mod user;
pub mod viewer;

/// What can be read here.
#[derive(MergedObject, Default)]
pub struct IdentityQuery(
    api_key::ApiKeyQuery,
    authentication::AuthenticationQuery,
    organization::OrganizationQuery,
    user::UserQuery,
    viewer::ViewerQuery,
);

/// What can be changed here.
#[derive(MergedObject, Default)]
pub struct IdentityMutation(
    api_key::ApiKeyMutation,
    authentication::AuthenticationMutation,
    organization::OrganizationMutation,
    membership::MembershipMutation,
    session::SessionMutation,
    user::UserMutation,
    user::OwnMutation,
);
