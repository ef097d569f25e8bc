//! Mutations of attributes.

use super::{
    UserAttribute, UserAttributeRow,
    store::{self, NewAttribute},
};
use crate::{
    authz::{Create, Delete, Edit},
    domains::{access::group::GroupRef, identity::user::UserRef},
    gql::{
        Refusal, ScopeExt as _, Tx, UserError, UserErrorCode, UserErrors, bulk_ids, id_text,
        mutate, payload,
    },
    kernel::{
        Result, entity,
        entity::{GroupId, OrganizationId, UserAttributeId, UserId},
        text,
    },
};
use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, SimpleObject};
use std::sync::Arc;

/// Most values that one attribute is given at once.
const VALUES_MAX: usize = 10_000;

/// A value for a user.
#[derive(Debug, InputObject)]
pub(crate) struct UserAttributeUserValueInput {
    /// The user, a member of the organization. May come several times.
    pub user: UserRef,
    /// The value; at most 255 characters.
    pub value: String,
}

/// A value for the members of a group.
#[derive(Debug, InputObject)]
pub(crate) struct UserAttributeGroupValueInput {
    /// The group, of the same organization. May come several times.
    pub group: GroupRef,
    /// The value; at most 255 characters.
    pub value: String,
}

/// A new attribute.
#[derive(Debug, InputObject)]
pub(crate) struct CreateUserAttributeInput {
    /// The organization. Needs USER_ATTRIBUTE_MANAGE.
    pub organization_id: ID,
    /// Name, unique in the organization: letters, digits and underscores, the first no digit.
    pub name: String,
    /// What it is for; at most 10,000 characters.
    pub description: Option<String>,
    /// The value of users who have none.
    pub default_value: Option<String>,
    /// Values of users.
    pub users: Vec<UserAttributeUserValueInput>,
    /// Values of the members of groups.
    pub groups: Vec<UserAttributeGroupValueInput>,
}

/// An attribute as it shall be: the lists replace what there is.
#[derive(Debug, InputObject)]
pub(crate) struct UpdateUserAttributeInput {
    /// The attribute. Needs USER_ATTRIBUTE_MANAGE on its organization.
    pub id: ID,
    /// Name. Models that ask for another name do not find it any more.
    pub name: String,
    /// What it is for; null clears it, left out it stays.
    pub description: MaybeUndefined<String>,
    /// The value of users who have none; null clears it, left out it stays.
    pub default_value: MaybeUndefined<String>,
    /// Values of users.
    pub users: Vec<UserAttributeUserValueInput>,
    /// Values of the members of groups.
    pub groups: Vec<UserAttributeGroupValueInput>,
}

/// Attributes to delete.
#[derive(Debug, InputObject)]
pub(crate) struct DeleteUserAttributesInput {
    /// The attributes, at most 100. Needs USER_ATTRIBUTE_MANAGE on the organization of each; one that
    /// fails keeps all.
    pub ids: Vec<ID>,
}

/// What `createUserAttribute` answers.
#[derive(SimpleObject)]
pub(crate) struct CreateUserAttributePayload {
    /// The attribute; null if there are mistakes.
    pub user_attribute: Option<UserAttribute>,
    /// Mistakes in the input; nothing was stored if there are any.
    pub user_errors: Vec<UserError>,
}

/// What `updateUserAttribute` answers.
#[derive(SimpleObject)]
pub(crate) struct UpdateUserAttributePayload {
    /// The attribute; null if there are mistakes.
    pub user_attribute: Option<UserAttribute>,
    /// Mistakes in the input; nothing was stored if there are any.
    pub user_errors: Vec<UserError>,
}

/// What `deleteUserAttributes` answers.
#[derive(SimpleObject)]
pub(crate) struct DeleteUserAttributesPayload {
    /// Ids of the deleted attributes; null if there are mistakes.
    pub deleted_ids: Option<Vec<ID>>,
    /// Mistakes in the input; nothing was deleted if there are any.
    pub user_errors: Vec<UserError>,
}

/// Mutations of attributes.
#[derive(Default)]
pub struct UserAttributeMutation;

#[Object]
impl UserAttributeMutation {
    /// Creates an attribute with its values.
    async fn create_user_attribute(
        &self,
        ctx: &Context<'_>,
        input: CreateUserAttributeInput,
    ) -> Result<CreateUserAttributePayload> {
        let outcome = mutate(ctx.scope(), "createUserAttribute", async |tx| {
            create(tx, &input).await
        });
        let (user_attribute, user_errors) = payload(outcome.await?, |row| Arc::new(row).into());
        Ok(CreateUserAttributePayload {
            user_attribute,
            user_errors,
        })
    }

    /// Changes an attribute; the lists of values replace those that there are.
    async fn update_user_attribute(
        &self,
        ctx: &Context<'_>,
        input: UpdateUserAttributeInput,
    ) -> Result<UpdateUserAttributePayload> {
        let outcome = mutate(ctx.scope(), "updateUserAttribute", async |tx| {
            update(tx, &input).await
        });
        let (user_attribute, user_errors) = payload(outcome.await?, |row| Arc::new(row).into());
        Ok(UpdateUserAttributePayload {
            user_attribute,
            user_errors,
        })
    }

    /// Deletes attributes with their values: all of them, or none. Fields that ask for them cannot be
    /// used by anybody then.
    async fn delete_user_attributes(
        &self,
        ctx: &Context<'_>,
        input: DeleteUserAttributesInput,
    ) -> Result<DeleteUserAttributesPayload> {
        let outcome = mutate(ctx.scope(), "deleteUserAttributes", async |tx| {
            delete(tx, &input).await
        });
        let ids = |ids: Vec<UserAttributeId>| ids.into_iter().map(id_text).collect();
        let (deleted_ids, user_errors) = payload(outcome.await?, ids);
        Ok(DeleteUserAttributesPayload {
            deleted_ids,
            user_errors,
        })
    }
}

/// Names that models can refer to in SQL.
fn name(errors: &mut UserErrors, name: &str) -> String {
    let name = errors.text("name", text::name(name));
    let mut characters = name.chars();
    let first = characters.next();
    let plain = first.is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && characters.all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !plain && !name.is_empty() {
        let message =
            "the name may hold letters, digits and underscores, and does not begin with a digit";
        errors.add(UserErrorCode::Invalid, "name", message);
    }
    name
}

fn value(errors: &mut UserErrors, path: &str, value: &str) -> String {
    errors.text(path, text::name(value))
}

async fn create(
    tx: &Tx<'_>,
    input: &CreateUserAttributeInput,
) -> Result<UserAttributeRow, Refusal> {
    let mut errors = UserErrors::default();
    let organization = errors.id("organizationId", &input.organization_id);
    let name = name(&mut errors, &input.name);
    let description = errors.description(input.description.as_deref());
    let default = input.default_value.as_deref();
    let default = default.map(|text| value(&mut errors, "defaultValue", text));
    errors.check()?;
    let grant = tx
        .authorize::<Create<entity::UserAttribute>, entity::Organization>(
            "organizationId",
            organization,
        )
        .await?;
    tx.audit(|entry| entry.organization = Some(organization));
    let (users, groups) = values(tx, organization, &input.users, &input.groups).await?;
    let new = NewAttribute {
        id: UserAttributeId::new(),
        name: &name,
        description: description.as_deref(),
        default_value: default.as_deref(),
        at: tx.now,
    };
    let row = store::create(tx.conn, &grant, &new).await?;
    tx.audit(|entry| entry.target(row.id));
    let edit = tx
        .authorize::<Edit, entity::UserAttribute>("organizationId", row.id)
        .await?;
    store::set_values(tx.conn, &edit, &users, &groups).await?;
    Ok(row)
}

async fn update(
    tx: &Tx<'_>,
    input: &UpdateUserAttributeInput,
) -> Result<UserAttributeRow, Refusal> {
    let mut errors = UserErrors::default();
    let id = errors.id("id", &input.id);
    let name = name(&mut errors, &input.name);
    let description = errors.maybe_description(&input.description);
    let default = input.default_value.as_opt_ref();
    let default = default.map(|text| text.map(|text| value(&mut errors, "defaultValue", text)));
    errors.check()?;
    tx.audit(|entry| entry.target(id));
    let grant = tx
        .authorize::<Edit, entity::UserAttribute>("id", id)
        .await?;
    let organization = grant
        .place()
        .organization
        .ok_or(crate::kernel::Error::NotFound)?;
    tx.audit(|entry| {
        entry.organization = Some(organization);
        entry.changed("name", true);
        entry.changed("description", description.is_some());
        entry.changed("defaultValue", default.is_some());
        entry.changed("users", true);
        entry.changed("groups", true);
    });
    let (users, groups) = values(tx, organization, &input.users, &input.groups).await?;
    let row = store::update(tx.conn, &grant, &name, (description, default), tx.now).await?;
    store::set_values(tx.conn, &grant, &users, &groups).await?;
    Ok(row)
}

type Values = (Vec<(UserId, String)>, Vec<(GroupId, String)>);

/// Whom the values are for.
async fn values(
    tx: &Tx<'_>,
    organization: OrganizationId,
    users: &[UserAttributeUserValueInput],
    groups: &[UserAttributeGroupValueInput],
) -> Result<Values, Refusal> {
    let mut errors = UserErrors::default();
    if users.len() + groups.len() > VALUES_MAX {
        let message = format!("an attribute may be given at most {VALUES_MAX} values at once");
        errors.add(UserErrorCode::LimitExceeded, "users", message);
        errors.check()?;
        return Ok((Vec::new(), Vec::new()));
    }
    let mut of_users = Vec::with_capacity(users.len());
    for (n, given) in users.iter().enumerate() {
        let text = value(&mut errors, &format!("users.{n}.value"), &given.value);
        let path = format!("users.{n}.user");
        let user = given.user.resolve(tx, &path).await?;
        of_users.push((user, text));
    }
    let mut of_groups = Vec::with_capacity(groups.len());
    for (n, given) in groups.iter().enumerate() {
        let text = value(&mut errors, &format!("groups.{n}.value"), &given.value);
        let path = format!("groups.{n}.group");
        let group = given.group.resolve(tx, &path, Some(organization)).await?;
        of_groups.push((group, text));
    }
    errors.check()?;
    let ids: Vec<_> = of_users.iter().map(|(user, _)| *user).collect();
    let members = store::members(tx.conn, &tx.viewer, organization, &ids).await?;
    let mut errors = UserErrors::default();
    for (n, user) in ids.iter().enumerate() {
        if !members.contains(user) {
            let message = "the user is not a member of the organization";
            errors.add(UserErrorCode::NotFound, &format!("users.{n}.user"), message);
        }
    }
    errors.check()?;
    Ok((of_users, of_groups))
}

async fn delete(
    tx: &Tx<'_>,
    input: &DeleteUserAttributesInput,
) -> Result<Vec<UserAttributeId>, Refusal> {
    let ids = bulk_ids::<entity::UserAttribute>(tx, "ids", &input.ids)?;
    tx.audit(|entry| ids.iter().for_each(|id| entry.target(*id)));
    let mut grants = Vec::with_capacity(ids.len());
    for (n, id) in ids.iter().enumerate() {
        let path = format!("ids.{n}");
        grants.push(
            tx.authorize::<Delete, entity::UserAttribute>(&path, *id)
                .await?,
        );
    }
    tx.audit(|entry| {
        entry.organization = grants.first().and_then(|grant| grant.place().organization);
    });
    store::delete(tx.conn, &grants).await?;
    Ok(ids)
}
