//! How rows of `dashboards` are loaded and listed.

use super::{Dashboard, DashboardRow};
use crate::{
    db::schema::dashboards,
    gql::{ListNode, by_id_loader, listing},
    kernel::entity,
};

by_id_loader! { DashboardRow in dashboards for entity::Dashboard }
listing! { DashboardRow in dashboards as Dashboard, for entity::Dashboard }

impl ListNode for Dashboard {
    const CONNECTION: &'static str = "DashboardConnection";
    const EDGE: &'static str = "DashboardEdge";
}
