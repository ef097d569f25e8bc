//! The row of a membership: what it takes of `access_grants`.

use crate::{
    db::schema::access_grants,
    kernel::entity::{GroupId, OrganizationId, OrganizationMembershipId, RoleId, UserId},
};
use chrono::{DateTime, Utc};
use diesel::{pg::Pg, prelude::*};

/// A user's or a group's grant on an organization.
#[derive(Debug, Clone, Queryable, Selectable, Identifiable)]
#[diesel(table_name = access_grants, check_for_backend(Pg))]
pub struct OrganizationMembershipRow {
    /// Id: that of the grant, with another prefix.
    pub id: OrganizationMembershipId,
    /// The organization.
    pub organization_id: OrganizationId,
    /// The user, if it is one.
    pub user_id: Option<UserId>,
    /// The group, if it is one.
    pub group_id: Option<GroupId>,
    /// The role there.
    pub role_id: RoleId,
    /// Since when.
    pub created_at: DateTime<Utc>,
    /// Last change.
    pub updated_at: DateTime<Utc>,
}
