//! How rows of `organizations` are loaded and listed.

use super::{Organization, OrganizationRow};
use crate::{
    db::schema::organizations,
    gql::{ListNode, by_id_loader, listing},
    kernel::entity,
};

by_id_loader! { OrganizationRow in organizations for entity::Organization }
listing! { OrganizationRow in organizations as Organization, for entity::Organization }

impl ListNode for Organization {
    const CONNECTION: &'static str = "OrganizationConnection";
    const EDGE: &'static str = "OrganizationEdge";
}
