//! The row of `projects` and the enums stored in it.

use crate::{
    db::{schema::projects, text_enum},
    kernel::entity::{OrganizationId, ProjectId, UserId},
};
use chrono::{DateTime, Utc};
use diesel::{pg::Pg, prelude::*};

text_enum! {
    /// Whether a project is for work or a preview of a change.
    pub enum ProjectType {
        /// A project for work.
        Default = "DEFAULT",
        /// A preview of changed models.
        Preview = "PREVIEW",
    }
}

/// A project.
#[derive(Debug, Clone, Queryable, Selectable, Identifiable)]
#[diesel(table_name = projects, check_for_backend(Pg))]
pub struct ProjectRow {
    /// Id.
    pub id: ProjectId,
    /// Its organization.
    pub organization_id: OrganizationId,
    /// Unique name within the organization.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// Normal or preview.
    #[diesel(column_name = type_)]
    pub project_type: ProjectType,
    /// Whether it is in use.
    pub is_active: bool,
    /// Where content is promoted to.
    pub upstream_project_id: Option<ProjectId>,
    /// IANA zone of its schedules.
    pub scheduler_timezone: String,
    /// Whether every user brings own warehouse credentials.
    pub require_user_credentials: bool,
    /// Creation.
    pub created_at: DateTime<Utc>,
    /// Who created it.
    pub created_by: Option<UserId>,
    /// Last change.
    pub updated_at: DateTime<Utc>,
    /// Who changed it last.
    pub updated_by: Option<UserId>,
}
