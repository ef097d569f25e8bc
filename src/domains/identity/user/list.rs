//! How rows of `users` are loaded and listed.

use super::{User, UserRow};
use crate::{
    db::schema::users,
    gql::{ListNode, by_id_loader, listing},
    kernel::entity,
};

by_id_loader! { UserRow in users for entity::User }
listing! { UserRow in users as User, for entity::User }

impl ListNode for User {
    const CONNECTION: &'static str = "UserConnection";
    const EDGE: &'static str = "UserEdge";
}
