//! The row of `groups` and the enums stored in it.

use crate::{
    db::{schema::groups, text_enum},
    kernel::entity::{GroupId, OrganizationId, UserId},
};
use chrono::{DateTime, Utc};
use diesel::{pg::Pg, prelude::*};

text_enum! {
    /// Where the members of a group come from.
    pub enum GroupType {
        /// They are kept here.
        Local = "LOCAL",
        /// They come from a user directory.
        Directory = "DIRECTORY",
    }
}

/// A group.
#[derive(Debug, Clone, Queryable, Selectable, Identifiable)]
#[diesel(table_name = groups, check_for_backend(Pg))]
pub struct GroupRow {
    /// Id.
    pub id: GroupId,
    /// The organization whose members it gathers.
    pub organization_id: OrganizationId,
    /// Unique key within the organization.
    pub key: String,
    /// Name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// Where its members come from.
    #[diesel(column_name = type_)]
    pub group_type: GroupType,
    /// Whether its grants count.
    pub is_active: bool,
    /// Creation.
    pub created_at: DateTime<Utc>,
    /// Who created it.
    pub created_by: Option<UserId>,
    /// Last change.
    pub updated_at: DateTime<Utc>,
    /// Who changed it last.
    pub updated_by: Option<UserId>,
}
