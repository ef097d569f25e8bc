//! Mutations of spaces.

use super::{
    Space, SpaceRow, sharing,
    sharing::SpaceAccessInput,
    store::{self, NewSpace, ParentGrant, SpaceChanges},
};
use crate::{
    authz::{Create, Delete, Edit, Grant, ManageAccess, View},
    gql::{
        Refusal, ScopeExt as _, Tx, UserError, UserErrorCode, UserErrors, bulk_ids, id_text,
        mutate, payload,
    },
    kernel::{
        Error, Result, entity,
        entity::{ProjectId, SpaceId},
        text,
    },
};
use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, SimpleObject};
use std::sync::Arc;

/// Most levels of spaces inside each other.
const DEEPEST: usize = 32;

/// A new space.
#[derive(Debug, InputObject)]
pub struct CreateSpaceInput {
    /// The project that it will belong to.
    pub project_id: ID,
    /// The space that it will be in; needs SPACE_CREATE there. Left out: the first level of the
    /// project, which needs SPACE_CREATE on the project.
    pub parent_id: Option<ID>,
    /// Name, unique among the spaces beside it; at most 255 characters.
    pub name: String,
    /// Whether access to the project and to the spaces above does not count here. Whoever makes a
    /// private space is its admin.
    #[graphql(default)]
    pub is_private: bool,
    /// Who gets which role on it from the start, at most 100; needs SPACE_ACCESS_MANAGE at the
    /// place, and nobody gives permissions that they lack there.
    pub access: Option<Vec<SpaceAccessInput>>,
}

/// A change of a space. Fields left out stay as they are.
#[derive(Debug, InputObject)]
pub struct UpdateSpaceInput {
    /// The space. Needs SPACE_EDIT.
    pub id: ID,
    /// New name, unique among the spaces beside it.
    pub name: Option<String>,
    /// Whether access to the project and to the spaces above does not count here. Making a space
    /// private keeps everybody's access as grants of its own and makes the caller its admin. Needs
    /// SPACE_ACCESS_MANAGE too.
    pub is_private: Option<bool>,
    /// Moves the space, with all that is in it, into this space of the same project; null moves it
    /// to the first level. Needs SPACE_ACCESS_MANAGE on the space, and SPACE_CREATE where it goes.
    pub parent_id: MaybeUndefined<ID>,
}

/// Spaces to delete.
#[derive(Debug, InputObject)]
pub struct DeleteSpacesInput {
    /// The spaces, at most 100. Needs SPACE_DELETE on each and on every space inside; one that
    /// fails keeps all.
    pub ids: Vec<ID>,
}

/// What `createSpace` answers.
#[derive(SimpleObject)]
pub struct CreateSpacePayload {
    /// The space; null if there are mistakes.
    pub space: Option<Space>,
    /// Mistakes in the input; nothing was stored if there are any.
    pub user_errors: Vec<UserError>,
}

/// What `updateSpace` answers.
#[derive(SimpleObject)]
pub struct UpdateSpacePayload {
    /// The space; null if there are mistakes.
    pub space: Option<Space>,
    /// Mistakes in the input; nothing was stored if there are any.
    pub user_errors: Vec<UserError>,
}

/// What `deleteSpaces` answers.
#[derive(SimpleObject)]
pub struct DeleteSpacesPayload {
    /// Ids of the deleted spaces; null if there are mistakes.
    pub deleted_ids: Option<Vec<ID>>,
    /// Mistakes in the input; nothing was deleted if there are any.
    pub user_errors: Vec<UserError>,
}

/// Mutations of spaces.
#[derive(Default)]
pub struct SpaceMutation;

#[Object]
impl SpaceMutation {
    /// Creates a space.
    async fn create_space(
        &self,
        ctx: &Context<'_>,
        input: CreateSpaceInput,
    ) -> Result<CreateSpacePayload> {
        let outcome = mutate(ctx.scope(), "createSpace", async |tx| {
            Box::pin(create(tx, &input)).await
        })
        .await?;
        let outcome = outcome.map(Arc::new);
        if let Ok(row) = &outcome {
            // The rights with which the request began do not reach a new private space yet.
            ctx.scope().lanes.prime_by_id([(row.id, row.clone())])?;
        }
        let (space, user_errors) = payload(outcome, Space::from);
        Ok(CreateSpacePayload { space, user_errors })
    }

    /// Renames, moves, restricts or opens a space.
    async fn update_space(
        &self,
        ctx: &Context<'_>,
        input: UpdateSpaceInput,
    ) -> Result<UpdateSpacePayload> {
        let outcome = mutate(ctx.scope(), "updateSpace", async |tx| {
            Box::pin(update(tx, &input)).await
        })
        .await?;
        let outcome = outcome.map(Arc::new);
        if let Ok(row) = &outcome {
            ctx.scope().lanes.prime_by_id([(row.id, row.clone())])?;
        }
        let (space, user_errors) = payload(outcome, Space::from);
        Ok(UpdateSpacePayload { space, user_errors })
    }

    /// Deletes spaces with the spaces inside, their charts and dashboards: all of them, or none.
    async fn delete_spaces(
        &self,
        ctx: &Context<'_>,
        input: DeleteSpacesInput,
    ) -> Result<DeleteSpacesPayload> {
        let outcome = mutate(ctx.scope(), "deleteSpaces", async |tx| {
            Box::pin(delete(tx, &input)).await
        })
        .await?;
        let (deleted_ids, user_errors) =
            payload(outcome, |ids| ids.into_iter().map(id_text).collect());
        Ok(DeleteSpacesPayload {
            deleted_ids,
            user_errors,
        })
    }
}

async fn create(tx: &Tx<'_>, input: &CreateSpaceInput) -> Result<SpaceRow, Refusal> {
    let mut errors = UserErrors::default();
    let project = errors.id("projectId", &input.project_id);
    let parent: Option<SpaceId> = input.parent_id.as_ref().map(|id| errors.id("parentId", id));
    let name = errors.text("name", text::name(&input.name));
    errors.check()?;
    tx.see::<entity::Project>("projectId", project).await?;
    lock(tx, &[project]).await?;
    let (in_project, in_space);
    let (at, place) = if let Some(parent) = parent {
        in_space = inside(tx, project, parent).await?;
        (ParentGrant::Space(&in_space), in_space.place().clone())
    } else {
        in_project = tx
            .authorize::<Create<entity::Space>, entity::Project>("projectId", project)
            .await?;
        (
            ParentGrant::Project(&in_project),
            in_project.place().clone(),
        )
    };
    let access = input.access.as_deref().unwrap_or_default();
    let gifts = sharing::resolve(tx, "access", access, &place).await?;
    let id = SpaceId::new();
    let slug = free_slug(
        tx,
        "name",
        (project, parent),
        (&name, &text::slug(&name)),
        id,
    )
    .await?;
    let new = NewSpace {
        id,
        name: &name,
        slug: &slug,
        is_private: input.is_private,
        created_at: Some(tx.now),
        created_by: Some(tx.viewer.user),
        updated_at: Some(tx.now),
    };
    let row = store::create(tx.conn, &at, &new).await?;
    if row.path.len() > DEEPEST {
        return Err(too_deep());
    }
    let grant = sharing::of_new_space(&row);
    if row.is_private {
        sharing::make_admin(tx, "isPrivate", &place, &grant).await?;
    }
    sharing::give(tx, "access", &grant, &gifts).await?;
    tx.audit(|entry| {
        entry.organization = Some(row.organization_id);
        entry.target(row.id);
    });
    Ok(row)
}

async fn update(tx: &Tx<'_>, input: &UpdateSpaceInput) -> Result<SpaceRow, Refusal> {
    let mut errors = UserErrors::default();
    let id: SpaceId = errors.id("id", &input.id);
    let name = input
        .name
        .as_deref()
        .map(|name| errors.text("name", text::name(name)));
    let parent: Option<Option<SpaceId>> = errors.maybe_id("parentId", &input.parent_id);
    errors.check()?;
    tx.audit(|entry| entry.target(id));
    let place = tx.see::<entity::Space>("id", id).await?.place().clone();
    let project = place.project.ok_or(Error::NotFound)?;
    lock(tx, &[project]).await?;
    let grant = tx.authorize::<Edit, entity::Space>("id", id).await?;
    let before = store::get(tx.conn, &grant).await?;
    let parent = parent.filter(|parent| *parent != before.parent_id);
    let is_private = input
        .is_private
        .filter(|private| *private != before.is_private);
    if let Some(parent) = parent {
        tx.authorize::<ManageAccess, entity::Space>("parentId", id)
            .await?;
        check_target(tx, &grant, project, parent).await?;
    }
    let mut changes = SpaceChanges {
        name: name.filter(|name| *name != before.name),
        parent_id: parent,
        is_private,
        updated_at: Some(tx.now),
        ..SpaceChanges::default()
    };
    if changes.name.is_some() || parent.is_some() {
        let siblings = (project, parent.unwrap_or(before.parent_id));
        let name = changes.name.as_ref().unwrap_or(&before.name);
        let path = if changes.name.is_some() {
            "name"
        } else {
            "parentId"
        };
        let slug = free_slug(tx, path, siblings, (name, &before.slug), id).await?;
        changes.slug = Some(slug).filter(|slug| *slug != before.slug);
    }
    if let Some(is_private) = is_private {
        let manage = tx
            .authorize::<ManageAccess, entity::Space>("isPrivate", id)
            .await?;
        if is_private {
            sharing::keep_access(tx, &manage).await?;
            sharing::make_admin(tx, "isPrivate", grant.place(), &manage).await?;
        }
    }
    tx.audit(|entry| {
        entry.organization = Some(before.organization_id);
        entry.changed("name", changes.name.is_some());
        entry.changed("isPrivate", changes.is_private.is_some());
        entry.changed("parentId", changes.parent_id.is_some());
    });
    let row = store::update(tx.conn, &grant, &changes).await?;
    if parent.is_none() && is_private.is_none() {
        return Ok(row);
    }
    tx.scope.note(|notes| notes.changed_rights = true);
    Ok(store::settle(tx.conn, &grant).await?)
}

async fn delete(tx: &Tx<'_>, input: &DeleteSpacesInput) -> Result<Vec<SpaceId>, Refusal> {
    let ids = bulk_ids::<entity::Space>(tx, "ids", &input.ids)?;
    tx.audit(|entry| ids.iter().for_each(|id| entry.target(*id)));
    let mut projects = Vec::new();
    for (n, id) in ids.iter().enumerate() {
        let seen = tx.see::<entity::Space>(&format!("ids.{n}"), *id).await?;
        projects.extend(seen.place().project);
    }
    lock(tx, &projects).await?;
    let mut grants = Vec::with_capacity(ids.len());
    for (n, id) in ids.iter().enumerate() {
        grants.push(
            tx.authorize::<Delete, entity::Space>(&format!("ids.{n}"), *id)
                .await?,
        );
    }
    let deletable = tx.viewer.visible::<entity::Space, Delete>();
    let blocked = store::with_undeletable_inside(tx.conn, &deletable, &grants).await?;
    let mut errors = UserErrors::default();
    for (n, _) in ids
        .iter()
        .enumerate()
        .filter(|(_, id)| blocked.contains(id))
    {
        let text = "there is a space inside that you may not delete";
        errors.add(UserErrorCode::Forbidden, &format!("ids.{n}"), text);
    }
    errors.check()?;
    tx.audit(|entry| {
        entry.organization = grants.first().and_then(|grant| grant.place().organization);
    });
    store::delete(tx.conn, &grants).await?;
    Ok(ids)
}

async fn lock(tx: &Tx<'_>, projects: &[ProjectId]) -> Result<()> {
    store::lock(
        tx.conn,
        &tx.viewer.visible::<entity::Project, View>(),
        projects,
    )
    .await
}

/// The right to make a space in `parent`, which has to be of the project.
async fn inside(
    tx: &Tx<'_>,
    project: ProjectId,
    parent: SpaceId,
) -> Result<Grant<Create<entity::Space>, entity::Space>, Refusal> {
    let seen = tx.see::<entity::Space>("parentId", parent).await?;
    if seen.place().project != Some(project) {
        let text = "must be a space of the same project";
        return Err(Refusal::user(UserErrorCode::Invalid, "parentId", text));
    }
    tx.authorize::<Create<entity::Space>, entity::Space>("parentId", parent)
        .await
}

/// Whether the space may go to `parent`: the right to, no circle, not too deep.
async fn check_target(
    tx: &Tx<'_>,
    space: &Grant<Edit, entity::Space>,
    project: ProjectId,
    parent: Option<SpaceId>,
) -> Result<(), Refusal> {
    let Some(parent) = parent else {
        tx.authorize::<Create<entity::Space>, entity::Project>("parentId", project)
            .await?;
        return Ok(());
    };
    let target = inside(tx, project, parent).await?;
    let target = store::get(tx.conn, &target).await?;
    if target.path.contains(&space.id()) {
        let text = "a space cannot be moved into itself or into a space inside it";
        return Err(Refusal::user(UserErrorCode::Invalid, "parentId", text));
    }
    if target.path.len() + 1 + store::levels_below(tx.conn, space).await? > DEEPEST {
        return Err(too_deep());
    }
    Ok(())
}

async fn free_slug(
    tx: &Tx<'_>,
    path: &str,
    siblings: (ProjectId, Option<SpaceId>),
    (name, slug): (&str, &str),
    id: SpaceId,
) -> Result<String, Refusal> {
    let visible = tx.viewer.visible::<entity::Space, View>();
    let free = store::free_slug(tx.conn, &visible, siblings, (name, slug), id).await?;
    free.ok_or_else(|| {
        let text = "there is a space of this name at this place";
        Refusal::user(UserErrorCode::AlreadyExists, path, text)
    })
}

fn too_deep() -> Refusal {
    let text = format!("spaces can be at most {DEEPEST} levels deep");
    Refusal::user(UserErrorCode::LimitExceeded, "parentId", text)
}
