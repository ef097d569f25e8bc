//! How rows of `groups` are loaded and listed.

use super::{Group, GroupRow};
use crate::{
    db::schema::groups,
    gql::{ListNode, by_id_loader, listing},
    kernel::entity,
};

by_id_loader! { GroupRow in groups for entity::Group }
listing! { GroupRow in groups as Group, for entity::Group }

impl ListNode for Group {
    const CONNECTION: &'static str = "GroupConnection";
    const EDGE: &'static str = "GroupEdge";
}
