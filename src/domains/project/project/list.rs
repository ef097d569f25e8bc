//! Filters and orders of project lists.

use super::{Project, ProjectRow, ProjectType};
use crate::{
    authz::{Resource as _, Viewer},
    db::{Fragment, schema::projects, sql},
    gql::{
        BooleanFilter, ColumnFilter as _, IdFilter, ListNode, StringFilter, by_id_loader, column,
        direct, enum_filter, filterable, listing, sortable,
    },
    kernel::{Result, entity},
};

by_id_loader! { ProjectRow in projects for entity::Project }
listing! {
    ProjectRow in projects as Project, for entity::Project, keys {
        "projects.id" => id,
        "projects.name" => name,
        "projects.created_at" => created_at,
        "projects.updated_at" => updated_at,
    }
}

impl ListNode for Project {
    const CONNECTION: &'static str = "ProjectConnection";
    const EDGE: &'static str = "ProjectEdge";
    const DIRECT: &'static [direct::Field<Self>] = Self::DIRECT;
}

enum_filter! { ProjectTypeFilter on ProjectType }

filterable! {
    /// Which projects to list.
    pub struct ProjectFilter {
        /// Of this organization.
        organization_id: IdFilter => IdFilter::of::<entity::Organization>("projects.organization_id"),
        /// By name.
        name: StringFilter => column("projects.name"),
        /// By description.
        description: StringFilter => column("projects.description"),
        /// Normal projects or previews.
        #[graphql(name = "type")]
        project_type: ProjectTypeFilter => column("projects.type"),
        /// In use or not.
        is_active: BooleanFilter => column("projects.is_active"),
        /// By the full name of who changed it last, where the caller sees that.
        updated_by: StringFilter => by_editor,
        /// Previews and copies of this project, of those that the caller sees.
        upstream_project_id: IdFilter => IdFilter::of_seen::<entity::Project>("projects.upstream_project_id"),
    }
}

/// Projects by the name of who changed them last, as `Project.updatedBy` shows it.
fn by_editor(filter: &StringFilter, viewer: &Viewer) -> Result<Fragment> {
    Ok(sql(
        "EXISTS (SELECT FROM (SELECT (SELECT users.full_name FROM users WHERE users.id = projects.updated_by AND ",
        [],
    )
    .with(entity::User::visible(viewer))
    .then(") AS name) AS editor WHERE ", [])
    .with(filter.on("editor.name")?)
    .then(")", []))
}

sortable! {
    /// Fields by which projects can be ordered.
    pub enum ProjectOrderField, ProjectOrder in "projects", tie "projects.id", default Name Asc {
        /// By name.
        Name = "NAME" => "projects.name" as "::text",
        /// By description; those without one come first.
        Description = "DESCRIPTION" => "coalesce(projects.description, '')" as "::text",
        /// By the name of the organization.
        OrganizationName = "ORGANIZATION_NAME" => "(SELECT o.name FROM organizations o WHERE o.id = projects.organization_id)" as "::text",
        /// Those not in use first.
        IsActive = "IS_ACTIVE" => "projects.is_active" as "::bool",
        /// By time of creation.
        CreatedAt = "CREATED_AT" => "projects.created_at" as "::timestamptz",
        /// By time of the last change.
        UpdatedAt = "UPDATED_AT" => "projects.updated_at" as "::timestamptz",
    }
}
