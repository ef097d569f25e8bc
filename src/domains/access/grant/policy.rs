//! A grant is seen by those who see both its scope and its principal, and by whom it is given to.

use crate::{
    authz::{FieldPolicy, Permission, Place, Resource, Viewer},
    db::{Bind, Conn, Fragment, sql},
    kernel::{
        Result,
        entity::{AccessGrant, AccessGrantId, OrganizationId, Project, Space},
    },
};
use diesel::{OptionalExtension as _, sql_types as st};
use diesel_async::RunQueryDsl as _;
use uuid::Uuid;

/// Policies of the root fields of grants.
pub const POLICIES: &[FieldPolicy] = &[
    FieldPolicy::change(
        "Mutation.grantAccess",
        Permission::SpaceAccessManage,
        "the space; PROJECT_ACCESS_MANAGE on a project, MEMBER_MANAGE on an organization; with everything that the role carries",
    ),
    FieldPolicy::change(
        "Mutation.updateAccessGrant",
        Permission::SpaceAccessManage,
        "the space; PROJECT_ACCESS_MANAGE on a project, MEMBER_MANAGE on an organization; with everything that both roles carry",
    ),
    FieldPolicy::change(
        "Mutation.revokeAccess",
        Permission::SpaceAccessManage,
        "the space; PROJECT_ACCESS_MANAGE on a project, MEMBER_MANAGE on an organization; with everything that the role carries",
    ),
];

impl Resource for AccessGrant {
    const TABLE: &'static str = "access_grants";

    async fn place(mut conn: &Conn, id: AccessGrantId) -> Result<Option<Place>> {
        let found: Option<Uuid> = sql(
            "SELECT organization_id FROM access_grants WHERE id = ?",
            [id.into()],
        )
        .statement::<st::Uuid>()
        .get_result(&mut conn)
        .await
        .optional()?;
        Ok(found.map(|id| Place::organization(OrganizationId::from_uuid(id))))
    }

    fn visible(viewer: &Viewer) -> Fragment {
        let access = &viewer.access;
        let own = sql("access_grants.user_id = ?", [viewer.user.into()]).or(sql(
            "access_grants.group_id = ANY(?)",
            [Bind::from(access.groups.as_slice())],
        ));
        let users = access
            .reach(Permission::MemberView)
            .of_organization("access_grants.organization_id");
        let groups = access
            .reach(Permission::GroupView)
            .of_organization("access_grants.organization_id");
        let principal = own
            .clone()
            .or(sql("access_grants.user_id IS NOT NULL", []).and(users.clone()))
            .or(sql("access_grants.group_id IS NOT NULL", []).and(groups));
        let project = sql("access_grants.scope = 'PROJECT'", [])
            .and(Project::visible_by(viewer, "access_grants.project_id"));
        let space = sql("access_grants.scope = 'SPACE'", [])
            .and(Space::visible_by(viewer, "access_grants.space_id"));
        let organization = sql("access_grants.scope = 'ORGANIZATION'", []).and(own.or(users));
        principal.and(organization.or(project).or(space))
    }
}
