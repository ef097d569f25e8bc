//! How rows of `sessions` are loaded and listed.

use super::{Session, SessionRow};
use crate::{
    db::schema::sessions,
    gql::{ListNode, OrderDirection, OrderField, by_id_loader, listing},
    kernel::entity,
};

by_id_loader! { SessionRow in sessions for entity::Session }
listing! { SessionRow in sessions as Session, for entity::Session }

impl ListNode for Session {
    const CONNECTION: &'static str = "SessionConnection";
    const EDGE: &'static str = "SessionEdge";
}

/// The one order of lists of sessions: by sign-in, the newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewestFirst;

impl OrderField for NewestFirst {
    const LIST: &'static str = "sessions";
    const TIE: (&'static str, &'static str) = ("sessions.id", "::uuid");

    fn term(self) -> (&'static str, &'static str) {
        ("sessions.created_at", "::timestamptz")
    }

    fn default_order() -> (Self, OrderDirection) {
        (Self, OrderDirection::Desc)
    }
}
