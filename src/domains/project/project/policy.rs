//! A project is seen with `PROJECT_VIEW` on it or above, and by those who see a space inside.

use crate::{
    authz::{
        Columns, Create, Delete, Edit, FieldPolicy, ManageAccess, Permission, Permits, Place,
        Resource, View, Viewer,
    },
    db::{Conn, Fragment, sql},
    kernel::{
        Result,
        entity::{
            Chart, Dashboard, Deployment, OrganizationId, Project, ProjectId, Space, Tag,
            ValidationError,
        },
    },
};
use diesel::{OptionalExtension as _, sql_types as st};
use diesel_async::RunQueryDsl as _;
use uuid::Uuid;

/// Policies of the root fields of projects.
pub const POLICIES: &[FieldPolicy] = &[
    FieldPolicy::object(
        "Query.project",
        Permission::ProjectView,
        "the project, or a space inside",
    ),
    FieldPolicy::filter(
        "Query.projects",
        Permission::ProjectView,
        "each project, or a space inside",
    ),
    FieldPolicy::change(
        "Mutation.createProject",
        Permission::ProjectCreate,
        "the organization",
    ),
    FieldPolicy::change(
        "Mutation.updateProject",
        Permission::ProjectEdit,
        "the project",
    ),
    FieldPolicy::change(
        "Mutation.deleteProjects",
        Permission::ProjectDelete,
        "each project",
    ),
];

const COLUMNS: Columns = Columns {
    organization: "projects.organization_id",
    project: "projects.id",
};

impl Resource for Project {
    const TABLE: &'static str = "projects";

    async fn place(mut conn: &Conn, id: ProjectId) -> Result<Option<Place>> {
        let found: Option<Uuid> = sql(
            "SELECT organization_id FROM projects WHERE id = ?",
            [id.into()],
        )
        .statement::<st::Uuid>()
        .get_result(&mut conn)
        .await
        .optional()?;
        Ok(found.map(|organization| Place::project(OrganizationId::from_uuid(organization), id)))
    }

    fn visible(viewer: &Viewer) -> Fragment {
        let projects = viewer.access.reach(Permission::ProjectView);
        let spaces = viewer.access.reach(Permission::SpaceView);
        let visible = projects.of_project_or_space_inside(COLUMNS);
        // Who holds one without the other (by a custom role) still sees what contains the spaces.
        if spaces.projects == projects.projects
            && spaces.organizations_below == projects.organizations_below
            && spaces.everywhere == projects.everywhere
        {
            return visible;
        }
        visible.or(spaces.of_project(COLUMNS))
    }
}

macro_rules! permits {
    ($($action:ty => $permission:ident),* $(,)?) => {$(
        impl Permits<$action> for Project {
            const PERMISSION: Permission = Permission::$permission;
        }
    )*};
}
permits! {
    View => ProjectView,
    Edit => ProjectEdit,
    Delete => ProjectDelete,
    ManageAccess => ProjectAccessManage,
    Create<Space> => SpaceCreate,
    Create<Chart> => ChartCreate,
    Create<Dashboard> => DashboardCreate,
    Create<Deployment> => ProjectCompile,
    Create<Tag> => TagManage,
    Create<ValidationError> => ProjectValidate,
}
