//! Groups, roles and grants: who holds what, where.

use async_graphql::MergedObject;

pub mod group;
pub mod role;
pub mod grant;
mod principal;

pub use principal::{PrincipalId, PrincipalRef};

/// What can be read here.
#[derive(MergedObject, Default)]
pub struct AccessQuery();

/// What can be changed here.
#[derive(MergedObject, Default)]
pub struct AccessMutation();
