//! A space is seen with `SPACE_VIEW` on it: by a grant on it or on a space above up to the nearest
//! private one, or by wider grants where nothing is private, or with `SPACE_VIEW_ALL`.

use crate::{
    authz::{
        Create, Delete, Edit, FieldPolicy, ManageAccess, Permission, Permits, Place, Reach,
        Reached, Resource, View, Viewer,
    },
    db::{Conn, Fragment, sql},
    kernel::{
        Result,
        entity::{Chart, Dashboard, OrganizationId, ProjectId, Space, SpaceId},
    },
};
use diesel::sql_types as st;
use diesel_async::RunQueryDsl as _;
use uuid::Uuid;

/// Policies of the root fields of spaces.
pub const POLICIES: &[FieldPolicy] = &[
    FieldPolicy::object("Query.space", Permission::SpaceView, "the space"),
    FieldPolicy::change(
        "Mutation.createSpace",
        Permission::SpaceCreate,
        "the project, or the space it will be in",
    ),
    FieldPolicy::change("Mutation.updateSpace", Permission::SpaceEdit, "the space"),
    FieldPolicy::change(
        "Mutation.deleteSpaces",
        Permission::SpaceDelete,
        "each space and those inside",
    ),
];

/// Columns of a place inside a space: organization, project, grant path, restriction.
type PlaceSql = (st::Uuid, st::Uuid, st::Array<st::Uuid>, st::Bool);
type PlaceRow = (Uuid, Uuid, Vec<Uuid>, bool);

/// The spaces `s` of a fragment that starts after FROM, as places.
///
/// # Errors
/// The database fails.
pub(crate) async fn places(mut conn: &Conn, from: Fragment) -> Result<Vec<Place>> {
    let rows: Vec<PlaceRow> = sql(
        "SELECT s.organization_id, s.project_id, s.grant_path, s.is_restricted FROM ",
        [],
    )
    .with(from)
    .statement::<PlaceSql>()
    .load(&mut conn)
    .await?;
    Ok(rows.into_iter().map(place_of).collect())
}

/// Where a row is that is in a space: `rows` joins its table, as `r`, with its space, as `s`. `None` if
/// there is no such row.
///
/// # Errors
/// The database fails.
pub(crate) async fn place_in_space(
    conn: &Conn,
    rows: &'static str,
    id: Uuid,
) -> Result<Option<Place>> {
    let from = sql(rows, []).then(" WHERE r.id = ?", [id.into()]);
    Ok(places(conn, from).await?.pop())
}

fn place_of((organization, project, spaces, restricted): PlaceRow) -> Place {
    Place {
        organization: Some(OrganizationId::from_uuid(organization)),
        project: Some(ProjectId::from_uuid(project)),
        spaces: spaces.into_iter().map(SpaceId::from_uuid).collect(),
        restricted,
    }
}

impl Resource for Space {
    const TABLE: &'static str = "spaces";

    async fn place(conn: &Conn, id: SpaceId) -> Result<Option<Place>> {
        let from = sql("spaces s WHERE s.id = ?", [id.into()]);
        Ok(places(conn, from).await?.pop())
    }

    fn visible(viewer: &Viewer) -> Fragment {
        viewer.access.reach(Permission::SpaceView).of_space()
    }
}

impl Reached for Space {
    fn reached(reach: &Reach) -> Fragment {
        reach.of_space()
    }
}

macro_rules! permits {
    ($($action:ty => $permission:ident),* $(,)?) => {$(
        impl Permits<$action> for Space {
            const PERMISSION: Permission = Permission::$permission;
        }
    )*};
}
permits! {
    View => SpaceView,
    Edit => SpaceEdit,
    Delete => SpaceDelete,
    ManageAccess => SpaceAccessManage,
    Create<Space> => SpaceCreate,
    Create<Chart> => ChartCreate,
    Create<Dashboard> => DashboardCreate,
}
