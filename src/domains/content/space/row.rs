//! The row of `spaces` and the enums stored in it.

use crate::{
    authz::Place,
    db::schema::spaces,
    kernel::entity::{OrganizationId, ProjectId, SpaceId, UserId},
};
use chrono::{DateTime, Utc};
use diesel::{pg::Pg, prelude::*};

/// A space.
#[derive(Debug, Clone, Queryable, Selectable, Identifiable)]
#[diesel(table_name = spaces, check_for_backend(Pg))]
pub struct SpaceRow {
    /// Id.
    pub id: SpaceId,
    /// Its organization.
    pub organization_id: OrganizationId,
    /// Its project.
    pub project_id: ProjectId,
    /// The space above.
    pub parent_id: Option<SpaceId>,
    /// Name, unique among siblings.
    pub name: String,
    /// Name for addresses, unique among siblings.
    pub slug: String,
    /// Whether wider grants end here.
    pub is_private: bool,
    /// From the root to this space.
    pub path: Vec<SpaceId>,
    /// Spaces whose grants reach this one.
    pub grant_path: Vec<SpaceId>,
    /// Whether this space or one above is private.
    pub is_restricted: bool,
    /// Creation.
    pub created_at: DateTime<Utc>,
    /// Who created it.
    pub created_by: Option<UserId>,
    /// Last change.
    pub updated_at: DateTime<Utc>,
}

impl SpaceRow {
    /// Where the space is, as far as rights go.
    pub fn place(&self) -> Place {
        Place {
            organization: Some(self.organization_id),
            project: Some(self.project_id),
            spaces: self.grant_path.clone(),
            restricted: self.is_restricted,
        }
    }
}
