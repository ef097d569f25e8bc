//! Statements on spaces.

use super::SpaceRow;
use crate::{
    authz::{Create, Delete, Edit, Grant, Resource as _, Visible},
    db::{
        Conn,
        schema::{projects, spaces},
        sql,
    },
    kernel::{
        Error, Result,
        entity::{Project, ProjectId, Space, SpaceId, UserId},
    },
};
use chrono::{DateTime, Utc};
use diesel::{prelude::*, sql_types as st};
use diesel_async::RunQueryDsl;

/// Where a space is made: on the first level of a project, or inside another space.
pub(crate) enum ParentGrant<'a> {
    /// On the first level.
    Project(&'a Grant<Create<Space>, Project>),
    /// Inside a space.
    Space(&'a Grant<Create<Space>, Space>),
}

/// A space to be stored.
#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = spaces, check_for_backend(diesel::pg::Pg))]
pub(crate) struct NewSpace<'a> {
    /// Id.
    pub(crate) id: SpaceId,
    /// Name.
    pub(crate) name: &'a str,
    /// Slug, free among the siblings.
    pub(crate) slug: &'a str,
    /// Whether wider grants end here.
    pub(crate) is_private: bool,
    /// Creation; now if not given.
    pub(crate) created_at: Option<DateTime<Utc>>,
    /// Who creates it.
    pub(crate) created_by: Option<UserId>,
    /// Last change; now if not given.
    pub(crate) updated_at: Option<DateTime<Utc>>,
}

/// What may change of a space beside its place. `None` leaves a field as it is.
#[derive(Debug, Default, AsChangeset)]
#[diesel(table_name = spaces, check_for_backend(diesel::pg::Pg))]
pub(crate) struct SpaceChanges {
    pub(crate) name: Option<String>,
    pub(crate) slug: Option<String>,
    pub(crate) is_private: Option<bool>,
    pub(crate) parent_id: Option<Option<SpaceId>>,
    pub(crate) updated_at: Option<DateTime<Utc>>,
}

/// Keeps others from changing the trees of these projects until the transaction ends. Content can
/// still be added meanwhile.
pub(crate) async fn lock(mut conn: &Conn, _: &Visible<Project>, ids: &[ProjectId]) -> Result<()> {
    projects::table
        .select(projects::id)
        .filter(projects::id.eq_any(ids))
        .order(projects::id)
        .for_no_key_update()
        .execute(&mut conn)
        .await?;
    Ok(())
}

/// The space of the grant.
pub(crate) async fn get<A>(mut conn: &Conn, space: &Grant<A, Space>) -> Result<SpaceRow> {
    let row = spaces::table
        .find(space.id())
        .select(SpaceRow::as_select())
        .first(&mut conn)
        .await?;
    Ok(row)
}

/// A slug for a name that is free among the spaces in `parent`; `None` if one that the viewer may
/// see has the name. Others' names are not given away; only their slugs are evaded.
pub(crate) async fn free_slug(
    mut conn: &Conn,
    visible: &Visible<Space>,
    (project, parent): (ProjectId, Option<SpaceId>),
    (name, slug): (&str, &str),
    except: SpaceId,
) -> Result<Option<String>> {
    let statement = sql("SELECT slug, (lower(name) = lower(?) AND ", [name.into()])
        .with(Space::visible(visible.viewer()))
        .then(
            ") FROM spaces WHERE project_id = ? AND parent_id IS NOT DISTINCT FROM ? AND id <> ?",
            [project.into(), parent.into(), except.into()],
        );
    let siblings: Vec<(String, bool)> = statement
        .statement::<(st::Text, st::Bool)>()
        .load(&mut conn)
        .await?;
    if siblings.iter().any(|(_, same)| *same) {
        return Ok(None);
    }
    let taken = |slug: &str| siblings.iter().any(|(other, _)| other == slug);
    if !taken(slug) {
        return Ok(Some(slug.to_owned()));
    }
    // One more number than there are siblings: one is free.
    let numbers = 2..siblings.len().saturating_add(3);
    Ok(numbers
        .map(|n| format!("{slug}-{n}"))
        .find(|slug| !taken(slug)))
}

/// Stores a space. The caller holds the lock on the project.
pub(crate) async fn create(
    mut conn: &Conn,
    parent: &ParentGrant<'_>,
    new: &NewSpace<'_>,
) -> Result<SpaceRow> {
    let (place, above) = match parent {
        ParentGrant::Project(grant) => (grant.place(), None),
        ParentGrant::Space(grant) => (grant.place(), Some(get(conn, grant).await?)),
    };
    let (Some(organization), Some(project)) = (place.organization, place.project) else {
        return Err(Error::fault("a space is made outside a project"));
    };
    let mut path = above
        .as_ref()
        .map(|above| above.path.clone())
        .unwrap_or_default();
    path.push(new.id);
    let mut grant_path = match &above {
        Some(above) if !new.is_private => above.grant_path.clone(),
        _ => Vec::new(),
    };
    grant_path.push(new.id);
    let row = diesel::insert_into(spaces::table)
        .values((
            new,
            spaces::organization_id.eq(organization),
            spaces::project_id.eq(project),
            spaces::parent_id.eq(above.as_ref().map(|above| above.id)),
            spaces::path.eq(path),
            spaces::grant_path.eq(grant_path),
            spaces::is_restricted
                .eq(new.is_private || above.is_some_and(|above| above.is_restricted)),
        ))
        .returning(SpaceRow::as_returning())
        .get_result(&mut conn)
        .await?;
    Ok(row)
}

/// Changes the space of the grant; [`settle`] has to follow where its place changed.
pub(crate) async fn update(
    mut conn: &Conn,
    space: &Grant<Edit, Space>,
    changes: &SpaceChanges,
) -> Result<SpaceRow> {
    let row = diesel::update(spaces::table.find(space.id()))
        .set(changes)
        .returning(SpaceRow::as_returning())
        .get_result(&mut conn)
        .await?;
    Ok(row)
}

/// Makes paths and restrictions of the space of the grant, and of all below it, follow from
/// `parent_id` and `is_private`. The caller holds the lock on the project.
pub(crate) async fn settle(mut conn: &Conn, space: &Grant<Edit, Space>) -> Result<SpaceRow> {
    sql(
        "WITH RECURSIVE tree AS ( \
           SELECT s.id, s.project_id, coalesce(a.path, '{}') || s.id AS path, \
                  CASE WHEN s.is_private THEN '{}' ELSE coalesce(a.grant_path, '{}') END || s.id AS grant_path, \
                  s.is_private OR coalesce(a.is_restricted, false) AS is_restricted \
           FROM spaces s LEFT JOIN spaces a ON a.id = s.parent_id WHERE s.id = ? \
           UNION ALL \
           SELECT s.id, s.project_id, a.path || s.id, \
                  CASE WHEN s.is_private THEN '{}' ELSE a.grant_path END || s.id, \
                  s.is_private OR a.is_restricted \
           FROM tree a JOIN spaces s ON s.project_id = a.project_id AND s.parent_id = a.id) \
         UPDATE spaces SET path = tree.path, grant_path = tree.grant_path, is_restricted = tree.is_restricted \
         FROM tree WHERE spaces.id = tree.id AND (spaces.path, spaces.grant_path, spaces.is_restricted) \
           IS DISTINCT FROM (tree.path, tree.grant_path, tree.is_restricted)",
        [space.id().into()],
    )
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    get(conn, space).await
}

/// How many levels there are below the space of the grant.
pub(crate) async fn levels_below(mut conn: &Conn, space: &Grant<Edit, Space>) -> Result<usize> {
    let levels: i32 = sql(
        "SELECT max(cardinality(d.path) - cardinality(s.path)) \
         FROM spaces s JOIN spaces d ON d.path @> ARRAY[s.id] WHERE s.id = ?",
        [space.id().into()],
    )
    .statement::<st::Integer>()
    .get_result(&mut conn)
    .await?;
    Ok(usize::try_from(levels).unwrap_or_default())
}

/// Those of the spaces below which there is one that the viewer may not delete.
pub(crate) async fn with_undeletable_inside(
    mut conn: &Conn,
    deletable: &Visible<Space, Delete>,
    grants: &[Grant<Delete, Space>],
) -> Result<Vec<SpaceId>> {
    let ids: Vec<SpaceId> = grants.iter().map(Grant::id).collect();
    let statement = sql(
        "SELECT i.id FROM unnest(?) AS i(id) WHERE EXISTS (SELECT FROM spaces WHERE spaces.path @> ARRAY[i.id] AND ",
        [ids.into()],
    )
    .with(deletable.reach().of_space().negate())
    .then(")", []);
    Ok(statement.statement::<st::Uuid>().load(&mut conn).await?)
}

/// Deletes the spaces of the grants, with the spaces inside and all content.
pub(crate) async fn delete(mut conn: &Conn, grants: &[Grant<Delete, Space>]) -> Result<()> {
    let ids: Vec<SpaceId> = grants.iter().map(Grant::id).collect();
    diesel::delete(spaces::table.filter(spaces::id.eq_any(ids)))
        .execute(&mut conn)
        .await?;
    Ok(())
}
