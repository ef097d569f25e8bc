//! Groups, roles and grants: who holds what, where.

use async_graphql::MergedObject;

pub mod effective;
pub mod grant;
pub mod group;
pub mod last_admin;
mod principal;
pub mod role;

pub use principal::{Principal, PrincipalId, PrincipalRef, PrincipalType, PrincipalTypeFilter};

/// What can be read here.
#[derive(MergedObject, Default)]
pub struct AccessQuery(group::GroupQuery, role::RoleQuery);

/// What can be changed here.
#[derive(MergedObject, Default)]
pub struct AccessMutation(
    grant::AccessGrantMutation,
    group::GroupMutation,
    role::RoleMutation,
);
