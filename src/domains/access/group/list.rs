//! Filters and orders of group lists.

use super::{Group, GroupRow, GroupType};
use crate::{
    authz::{Resource as _, Viewer},
    db::{Fragment, schema::groups, sql},
    gql::{
        BooleanFilter, IdFilter, ListNode, StringFilter, by_id_loader, column, direct, enum_filter,
        filterable, listing, search, sortable,
    },
    kernel::entity,
};

by_id_loader! { GroupRow in groups for entity::Group }
listing! {
    GroupRow in groups as Group, for entity::Group, keys {
        "groups.id" => id,
        "groups.name" => name,
        "groups.created_at" => created_at,
        "groups.updated_at" => updated_at,
    }
}

impl ListNode for Group {
    const CONNECTION: &'static str = "GroupConnection";
    const EDGE: &'static str = "GroupEdge";
    const DIRECT: &'static [direct::Field<Self>] = Self::DIRECT;
}

enum_filter! { GroupTypeFilter on GroupType }

filterable! {
    /// Which groups to list.
    pub struct GroupFilter {
        /// Whose name, key or description contains this text.
        search: String => search(&["groups.name", "groups.key", "groups.description"]),
        /// By name.
        name: StringFilter => column("groups.name"),
        /// By key.
        key: StringFilter => column("groups.key"),
        /// Kept here or in a user directory.
        #[graphql(name = "type")]
        group_type: GroupTypeFilter => column("groups.type"),
        /// In use or not.
        is_active: BooleanFilter => column("groups.is_active"),
        /// Of this organization.
        organization_id: IdFilter => IdFilter::of::<entity::Organization>("groups.organization_id"),
    }
}

sortable! {
    /// Fields by which groups can be ordered.
    pub enum GroupOrderField, GroupOrder in "groups", tie "groups.id", default Name Asc {
        /// By name.
        Name = "NAME" => "groups.name" as "::text",
        /// By type.
        Type = "TYPE" => "groups.type" as "::text",
        /// By the name of the organization.
        OrganizationName = "ORGANIZATION_NAME" => "(SELECT o.name FROM organizations o WHERE o.id = groups.organization_id)" as "::text",
        /// By the number of members.
        MemberCount = "MEMBER_COUNT" => "(SELECT count(*) FROM group_members m WHERE m.group_id = groups.id)" as "::bigint",
        /// By time of creation.
        CreatedAt = "CREATED_AT" => "groups.created_at" as "::timestamptz",
        /// By time of the last change.
        UpdatedAt = "UPDATED_AT" => "groups.updated_at" as "::timestamptz",
    }
}

/// Roles that some grant to the group `p.id` carries which the viewer may see.
pub(super) fn granted_to_group(viewer: &Viewer) -> Fragment {
    sql(
        "EXISTS (SELECT FROM access_grants WHERE access_grants.role_id = roles.id \
         AND access_grants.group_id = p.id AND ",
        [],
    )
    .with(entity::AccessGrant::visible(viewer))
    .then(")", [])
}
