//! Groups, roles and grants: who holds what, where.

pub mod group;
pub mod role;
pub mod grant;
