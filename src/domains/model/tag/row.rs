//! The row of `tags`.

use crate::{
    db::schema::tags,
    kernel::entity::{OrganizationId, ProjectId, TagId, UserId},
};
use chrono::{DateTime, Utc};
use diesel::{pg::Pg, prelude::*};

/// A tag.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = tags, check_for_backend(Pg))]
pub struct TagRow {
    /// Id.
    pub id: TagId,
    /// The organization of its project.
    pub organization_id: OrganizationId,
    /// The project.
    pub project_id: ProjectId,
    /// Name, unique in the project whatever the letter case.
    pub name: String,
    /// Colour, as `#rrggbb`.
    pub color: String,
    /// Creation.
    pub created_at: DateTime<Utc>,
    /// Who created it.
    pub created_by: Option<UserId>,
}
