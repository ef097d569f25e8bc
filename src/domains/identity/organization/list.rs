//! Filters and orders of organization lists.

use super::{Organization, OrganizationRow};
use crate::{
    db::schema::organizations,
    gql::{
        IdFilter, ListNode, StringFilter, by_id_loader, column, direct, filterable, listing,
        sortable,
    },
    kernel::entity,
};

by_id_loader! { OrganizationRow in organizations for entity::Organization }
listing! {
    OrganizationRow in organizations as Organization, for entity::Organization, keys {
        "organizations.id" => id,
        "organizations.name" => name,
        "organizations.display_name" => display_name,
        "organizations.created_at" => created_at,
    }
}

impl ListNode for Organization {
    const CONNECTION: &'static str = "OrganizationConnection";
    const EDGE: &'static str = "OrganizationEdge";
    const DIRECT: &'static [direct::Field<Self>] = Self::DIRECT;
}

filterable! {
    /// Which organizations to list.
    pub struct OrganizationFilter {
        /// By name.
        name: StringFilter => column("organizations.name"),
        /// By the name that is shown.
        display_name: StringFilter => column("organizations.display_name"),
        /// By description.
        description: StringFilter => column("organizations.description"),
        /// Below this organization.
        parent_id: IdFilter => IdFilter::of_seen::<entity::Organization>("organizations.parent_id"),
    }
}

sortable! {
    /// Fields by which organizations can be ordered.
    pub enum OrganizationOrderField, OrganizationOrder in "organizations", tie "organizations.id", default Name Asc {
        /// By name.
        Name = "NAME" => "organizations.name" as "::text",
        /// By the name that is shown.
        DisplayName = "DISPLAY_NAME" => "organizations.display_name" as "::text",
        /// By description; those without one come first.
        Description = "DESCRIPTION" => "coalesce(organizations.description, '')" as "::text",
        /// By time of creation.
        CreatedAt = "CREATED_AT" => "organizations.created_at" as "::timestamptz",
    }
}
