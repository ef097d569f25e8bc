//! The row of `access_grants` and the enums stored in it.

use crate::{
    db::{schema::access_grants, text_enum},
    kernel::entity::{AccessGrantId, GroupId, OrganizationId, ProjectId, RoleId, SpaceId, UserId},
};
use chrono::{DateTime, Utc};
use diesel::{pg::Pg, prelude::*};

text_enum! {
    /// On what a grant is.
    pub enum GrantScope {
        /// An organization.
        Organization = "ORGANIZATION",
        /// A project.
        Project = "PROJECT",
        /// A space.
        Space = "SPACE",
    }
}

/// A role given to a user or a group on a scope.
#[derive(Debug, Clone, Queryable, Selectable, Identifiable)]
#[diesel(table_name = access_grants, check_for_backend(Pg))]
pub struct AccessGrantRow {
    /// Id.
    pub id: AccessGrantId,
    /// The organization of the scope.
    pub organization_id: OrganizationId,
    /// Kind of the scope.
    pub scope: GrantScope,
    /// The project, if the scope is one or is in one.
    pub project_id: Option<ProjectId>,
    /// The space, if the scope is one.
    pub space_id: Option<SpaceId>,
    /// The user, if given to one.
    pub user_id: Option<UserId>,
    /// The group, if given to one.
    pub group_id: Option<GroupId>,
    /// What is given.
    pub role_id: RoleId,
    /// Creation.
    pub created_at: DateTime<Utc>,
    /// Who gave it.
    pub created_by: Option<UserId>,
    /// Last change.
    pub updated_at: DateTime<Utc>,
}
