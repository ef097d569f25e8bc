//! How rows of `sessions` are loaded and listed.

use super::{Session, SessionRow};
use crate::{
    db::schema::sessions,
    gql::{ListNode, by_id_loader, listing},
    kernel::entity,
};

by_id_loader! { SessionRow in sessions for entity::Session }
listing! { SessionRow in sessions as Session, for entity::Session }

impl ListNode for Session {
    const CONNECTION: &'static str = "SessionConnection";
    const EDGE: &'static str = "SessionEdge";
}
