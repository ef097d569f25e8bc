//! The row of `explores`, without its definition.

use crate::{
    db::schema::explores,
    kernel::entity::{ExploreId, OrganizationId, ProjectId},
};
use diesel::{pg::Pg, prelude::*};

/// An explore of some deployment.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = explores, check_for_backend(Pg))]
pub struct ExploreRow {
    /// Id; another one in each deployment.
    pub id: ExploreId,
    /// The organization of its project.
    pub organization_id: OrganizationId,
    /// The project.
    pub project_id: ProjectId,
    /// Name, unique in the deployment.
    pub name: String,
    /// Title.
    pub label: String,
    /// What it is for.
    pub description: Option<String>,
    /// Folders in which it stands.
    pub groups: Vec<String>,
    /// Labels.
    pub tags: Vec<String>,
    /// Name of the base table.
    pub base_table: String,
    /// The file that defines it.
    pub source_path: Option<String>,
}
