//! How rows of `spaces` are loaded and listed.

use super::{Space, SpaceRow};
use crate::{
    db::schema::spaces,
    gql::{ListNode, by_id_loader, listing},
    kernel::entity,
};

by_id_loader! { SpaceRow in spaces for entity::Space }
listing! { SpaceRow in spaces as Space, for entity::Space }

impl ListNode for Space {
    const CONNECTION: &'static str = "SpaceConnection";
    const EDGE: &'static str = "SpaceEdge";
}
