//! The row of `user_attributes`.

use crate::{
    db::schema::user_attributes,
    kernel::entity::{OrganizationId, UserAttributeId},
};
use chrono::{DateTime, Utc};
use diesel::{pg::Pg, prelude::*};

/// An attribute.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = user_attributes, check_for_backend(Pg))]
pub struct UserAttributeRow {
    /// Id.
    pub id: UserAttributeId,
    /// The organization.
    pub organization_id: OrganizationId,
    /// Name, unique in the organization; what models call it.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// The value of users who have none.
    pub default_value: Option<String>,
    /// Creation.
    pub created_at: DateTime<Utc>,
}
