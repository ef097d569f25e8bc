//! How rows of `access_grants` are loaded and listed.

use super::{AccessGrant, AccessGrantRow};
use crate::{
    db::schema::access_grants,
    gql::{ListNode, by_id_loader, listing},
    kernel::entity,
};

by_id_loader! { AccessGrantRow in access_grants for entity::AccessGrant }
listing! { AccessGrantRow in access_grants as AccessGrant, for entity::AccessGrant }

impl ListNode for AccessGrant {
    const CONNECTION: &'static str = "AccessGrantConnection";
    const EDGE: &'static str = "AccessGrantEdge";
}
