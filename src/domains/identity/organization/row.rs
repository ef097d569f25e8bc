//! The row of `organizations` and the enums stored in it.

use crate::{
    db::schema::organizations,
    kernel::entity::{OrganizationId, ProjectId},
};
use chrono::{DateTime, Utc};
use diesel::{pg::Pg, prelude::*};

/// An organization.
#[derive(Debug, Clone, Queryable, Selectable, Identifiable)]
#[diesel(table_name = organizations, check_for_backend(Pg))]
pub struct OrganizationRow {
    /// Id.
    pub id: OrganizationId,
    /// Unique name.
    pub name: String,
    /// Name as shown.
    pub display_name: String,
    /// What it is.
    pub description: Option<String>,
    /// Theme of the front end.
    pub theme_id: Option<String>,
    /// The organization above.
    pub parent_id: Option<OrganizationId>,
    /// Default palette.
    pub chart_colors: Vec<String>,
    /// Project shown at the first sign-in.
    pub default_project_id: Option<ProjectId>,
    /// Creation.
    pub created_at: DateTime<Utc>,
    /// Last change.
    pub updated_at: DateTime<Utc>,
}
