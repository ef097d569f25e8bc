//! The row of `dashboards` and the enums stored in it.

use crate::{
    db::schema::dashboards,
    kernel::entity::{DashboardId, OrganizationId, ProjectId, SpaceId, UserId},
};
use chrono::{DateTime, Utc};
use diesel::{pg::Pg, prelude::*};

/// A dashboard, without tiles and tabs.
#[derive(Debug, Clone, Queryable, Selectable, Identifiable)]
#[diesel(table_name = dashboards, check_for_backend(Pg))]
pub struct DashboardRow {
    /// Id.
    pub id: DashboardId,
    /// Its organization.
    pub organization_id: OrganizationId,
    /// Its project.
    pub project_id: ProjectId,
    /// Its space.
    pub space_id: SpaceId,
    /// Name for addresses, unique within the project.
    pub slug: String,
    /// Name.
    pub name: String,
    /// What it shows.
    pub description: Option<String>,
    /// How often it was opened.
    pub view_count: i32,
    /// When it was first opened.
    pub first_viewed_at: Option<DateTime<Utc>>,
    /// Creation.
    pub created_at: DateTime<Utc>,
    /// Who created it.
    pub created_by: Option<UserId>,
    /// Last change.
    pub updated_at: DateTime<Utc>,
    /// Who changed it last.
    pub updated_by: Option<UserId>,
}
