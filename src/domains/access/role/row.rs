//! The row of `roles` and the enums stored in it.

use crate::{
    authz::{PermissionSet, RoleScope},
    db::{schema::roles, text_enum},
    kernel::entity::{OrganizationId, RoleId},
};
use chrono::{DateTime, Utc};
use diesel::{pg::Pg, prelude::*};

text_enum! {
    /// Whether a role came with the product.
    pub enum RoleType {
        /// It came with the product and cannot be changed.
        BuiltIn = "BUILT_IN",
        /// It was made here.
        Custom = "CUSTOM",
    }
}

/// A role.
#[derive(Debug, Clone, Queryable, Selectable, Identifiable)]
#[diesel(table_name = roles, check_for_backend(Pg))]
pub struct RoleRow {
    /// Id.
    pub id: RoleId,
    /// Owner of a custom role.
    pub organization_id: Option<OrganizationId>,
    /// Unique key within owner and scope.
    pub key: String,
    /// Name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// Where it can be granted.
    pub scope: RoleScope,
    /// Whether it came with the product.
    pub is_built_in: bool,
    /// Whether it grants anything.
    pub is_active: bool,
    /// Whether an assignment holds on every project of the owner.
    pub all_projects: bool,
    /// Names of the permissions.
    pub permissions: Vec<String>,
    /// Number of permissions: how high the role is.
    pub rank: i32,
    /// Creation.
    pub created_at: DateTime<Utc>,
    /// Last change.
    pub updated_at: DateTime<Utc>,
}

impl RoleRow {
    /// What the role grants.
    pub fn permission_set(&self) -> PermissionSet {
        PermissionSet::from_names(self.permissions.iter().map(String::as_str))
    }
}
