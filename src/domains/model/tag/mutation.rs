//! Mutations of tags.

use super::{Tag, TagRow, store};
use crate::{
    authz::{Create, Delete, Edit},
    gql::{
        Color, Refusal, ScopeExt as _, Tx, UserError, UserErrors, bulk_ids, id_text, mutate,
        payload,
    },
    kernel::{Result, entity, entity::TagId, text},
};
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use std::sync::Arc;

/// A new tag.
#[derive(Debug, InputObject)]
pub(crate) struct CreateTagInput {
    /// The project. Needs TAG_MANAGE.
    pub project_id: ID,
    /// Name, unique in the project whatever the letter case; at most 255 characters.
    pub name: String,
    /// Colour.
    pub color: Color,
}

/// A change of a tag. Fields left out stay as they are.
#[derive(Debug, InputObject)]
pub(crate) struct UpdateTagInput {
    /// The tag. Needs TAG_MANAGE on its project.
    pub id: ID,
    /// New name.
    pub name: Option<String>,
    /// New colour.
    pub color: Option<Color>,
}

/// Tags to delete.
#[derive(Debug, InputObject)]
pub(crate) struct DeleteTagsInput {
    /// The tags, at most 100. Needs TAG_MANAGE on the project of each; one that fails keeps all.
    pub ids: Vec<ID>,
}

/// What `createTag` answers.
#[derive(SimpleObject)]
pub(crate) struct CreateTagPayload {
    /// The tag; null if there are mistakes.
    pub tag: Option<Tag>,
    /// Mistakes in the input; nothing was stored if there are any.
    pub user_errors: Vec<UserError>,
}

/// What `updateTag` answers.
#[derive(SimpleObject)]
pub(crate) struct UpdateTagPayload {
    /// The tag; null if there are mistakes.
    pub tag: Option<Tag>,
    /// Mistakes in the input; nothing was stored if there are any.
    pub user_errors: Vec<UserError>,
}

/// What `deleteTags` answers.
#[derive(SimpleObject)]
pub(crate) struct DeleteTagsPayload {
    /// Ids of the deleted tags; null if there are mistakes.
    pub deleted_ids: Option<Vec<ID>>,
    /// Mistakes in the input; nothing was deleted if there are any.
    pub user_errors: Vec<UserError>,
}

/// Mutations of tags.
#[derive(Default)]
pub struct TagMutation;

#[Object]
impl TagMutation {
    /// Creates a tag.
    async fn create_tag(
        &self,
        ctx: &Context<'_>,
        input: CreateTagInput,
    ) -> Result<CreateTagPayload> {
        let outcome = mutate(ctx.scope(), "createTag", async |tx| {
            create(tx, &input).await
        });
        let (tag, user_errors) = payload(outcome.await?, |row| Arc::new(row).into());
        Ok(CreateTagPayload { tag, user_errors })
    }

    /// Changes a tag.
    async fn update_tag(
        &self,
        ctx: &Context<'_>,
        input: UpdateTagInput,
    ) -> Result<UpdateTagPayload> {
        let outcome = mutate(ctx.scope(), "updateTag", async |tx| {
            update(tx, &input).await
        });
        let (tag, user_errors) = payload(outcome.await?, |row| Arc::new(row).into());
        Ok(UpdateTagPayload { tag, user_errors })
    }

    /// Deletes tags, and takes them from all items: all of them, or none.
    async fn delete_tags(
        &self,
        ctx: &Context<'_>,
        input: DeleteTagsInput,
    ) -> Result<DeleteTagsPayload> {
        let outcome = mutate(ctx.scope(), "deleteTags", async |tx| {
            delete(tx, &input).await
        });
        let ids = |ids: Vec<TagId>| ids.into_iter().map(id_text).collect();
        let (deleted_ids, user_errors) = payload(outcome.await?, ids);
        Ok(DeleteTagsPayload {
            deleted_ids,
            user_errors,
        })
    }
}

async fn create(tx: &Tx<'_>, input: &CreateTagInput) -> Result<TagRow, Refusal> {
    let mut errors = UserErrors::default();
    let project = errors.id("projectId", &input.project_id);
    let name = errors.text("name", text::name(&input.name));
    errors.check()?;
    let grant = tx
        .authorize::<Create<entity::Tag>, entity::Project>("projectId", project)
        .await?;
    let made = (tx.now, tx.viewer.user);
    let row = store::create(tx.conn, &grant, (&name, input.color.as_str()), made).await?;
    tx.audit(|entry| {
        entry.organization = grant.place().organization;
        entry.target(row.id);
    });
    Ok(row)
}

async fn update(tx: &Tx<'_>, input: &UpdateTagInput) -> Result<TagRow, Refusal> {
    let mut errors = UserErrors::default();
    let id = errors.id("id", &input.id);
    let name = input.name.as_deref();
    let name = name.map(|name| errors.text("name", text::name(name)));
    errors.check()?;
    tx.audit(|entry| entry.target(id));
    let grant = tx.authorize::<Edit, entity::Tag>("id", id).await?;
    tx.audit(|entry| {
        entry.organization = grant.place().organization;
        entry.changed("name", name.is_some());
        entry.changed("color", input.color.is_some());
    });
    let color = input.color.as_ref().map(Color::as_str);
    Ok(store::update(tx.conn, &grant, name.as_deref(), color).await?)
}

async fn delete(tx: &Tx<'_>, input: &DeleteTagsInput) -> Result<Vec<TagId>, Refusal> {
    let ids = bulk_ids::<entity::Tag>(tx, "ids", &input.ids)?;
    tx.audit(|entry| ids.iter().for_each(|id| entry.target(*id)));
    let mut grants = Vec::with_capacity(ids.len());
    for (n, id) in ids.iter().enumerate() {
        let path = format!("ids.{n}");
        grants.push(tx.authorize::<Delete, entity::Tag>(&path, *id).await?);
    }
    tx.audit(|entry| {
        entry.organization = grants.first().and_then(|grant| grant.place().organization);
    });
    store::delete(tx.conn, &grants).await?;
    Ok(ids)
}
