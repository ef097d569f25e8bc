//! How rows of `charts` are loaded and listed.

use super::{Chart, ChartRow};
use crate::{
    db::schema::charts,
    gql::{ListNode, by_id_loader, listing},
    kernel::entity,
};

by_id_loader! { ChartRow in charts for entity::Chart }
listing! { ChartRow in charts as Chart, for entity::Chart }

impl ListNode for Chart {
    const CONNECTION: &'static str = "ChartConnection";
    const EDGE: &'static str = "ChartEdge";
}
