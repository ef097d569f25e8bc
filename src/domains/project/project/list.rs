//! How rows of `projects` are loaded and listed.

use super::{Project, ProjectRow};
use crate::{
    db::schema::projects,
    gql::{ListNode, by_id_loader, listing},
    kernel::entity,
};

by_id_loader! { ProjectRow in projects for entity::Project }
listing! { ProjectRow in projects as Project, for entity::Project }

impl ListNode for Project {
    const CONNECTION: &'static str = "ProjectConnection";
    const EDGE: &'static str = "ProjectEdge";
}
