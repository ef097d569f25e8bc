//! Filters and orders of role lists.

use super::{Role, RoleRow, RoleType};
use crate::{
    authz::{PermissionSet, Resource as _, RoleScope, Viewer},
    db::{Bind, Fragment, schema::roles, sql},
    gql::{
        BooleanFilter, IdFilter, ListNode, StringFilter, by_id_loader, column, direct, enum_filter,
        filterable, listing, sortable,
    },
    kernel::{Result, entity, entity::OrganizationId},
};

by_id_loader! { RoleRow in roles for entity::Role }
listing! { RoleRow in roles as Role, for entity::Role }

impl ListNode for Role {
    const CONNECTION: &'static str = "RoleConnection";
    const EDGE: &'static str = "RoleEdge";
    const DIRECT: &'static [direct::Field<Self>] = Self::DIRECT;
}

enum_filter! { RoleScopeFilter on RoleScope }
enum_filter! { RoleTypeFilter on RoleType }

filterable! {
    /// Which roles to list.
    pub struct RoleFilter {
        /// By name.
        name: StringFilter => column("roles.name"),
        /// By key.
        key: StringFilter => column("roles.key"),
        /// By where they can be granted.
        scope: RoleScopeFilter => column("roles.scope"),
        /// Built-in or custom.
        #[graphql(name = "type")]
        role_type: RoleTypeFilter => column("(CASE WHEN roles.is_built_in THEN 'BUILT_IN' ELSE 'CUSTOM' END)"),
        /// In use or not.
        is_active: BooleanFilter => column("roles.is_active"),
        /// Custom roles that hold on a project for everybody they are assigned to.
        project_id: IdFilter => holds_on_project,
    }
}

/// Roles by the projects on which they hold, of those that the viewer sees.
fn holds_on_project(filter: &IdFilter, viewer: &Viewer) -> Result<Fragment> {
    filter.on_set::<entity::Project>("projects.id", |project| {
        sql(
            "EXISTS (SELECT FROM projects WHERE CASE \
               WHEN roles.all_projects THEN projects.organization_id = roles.organization_id \
               ELSE EXISTS (SELECT FROM role_projects rp WHERE rp.role_id = roles.id AND rp.project_id = projects.id) \
             END AND ",
            [],
        )
        .with(entity::Project::visible(viewer))
        .then(" AND ", [])
        .with(project)
        .then(")", [])
    })
}

sortable! {
    /// Fields by which roles can be ordered.
    pub enum RoleOrderField, RoleOrder in "roles", tie "roles.id", default Name Asc {
        /// By name.
        Name = "NAME" => "roles.name" as "::text",
        /// Custom roles first.
        Type = "TYPE" => "roles.is_built_in" as "::bool",
        /// By time of creation.
        CreatedAt = "CREATED_AT" => "roles.created_at" as "::timestamptz",
        /// By time of the last change.
        UpdatedAt = "UPDATED_AT" => "roles.updated_at" as "::timestamptz",
    }
}

/// Roles of an organization, and built-in ones, that carry nothing beyond `held`.
pub fn shareable(organization: Option<OrganizationId>, held: PermissionSet) -> Fragment {
    sql(
        "roles.is_active AND roles.scope <> 'TENANT' AND roles.permissions <@ ? \
         AND (roles.organization_id IS NULL OR roles.organization_id = ?)",
        [Bind::Texts(held.names()), organization.into()],
    )
}
