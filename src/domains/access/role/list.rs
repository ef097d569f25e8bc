//! How rows of `roles` are loaded and listed.

use super::{Role, RoleRow};
use crate::{
    db::schema::roles,
    gql::{ListNode, by_id_loader, listing},
    kernel::entity,
};

by_id_loader! { RoleRow in roles for entity::Role }
listing! { RoleRow in roles as Role, for entity::Role }

impl ListNode for Role {
    const CONNECTION: &'static str = "RoleConnection";
    const EDGE: &'static str = "RoleEdge";
}
