//! Mutations of groups.

use super::{Group, GroupRef, GroupRow, command, command::Members};
use crate::{
    domains::identity::user::{User, UserRef, UserRow},
    gql::{Outcome, ScopeExt as _, Tx, UserError, id_text, mutate, payload},
    kernel::{
        Result,
        entity::{GroupId, UserId},
    },
};
use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, SimpleObject};
use futures_util::future::try_join_all;
use std::sync::Arc;

/// A new group.
#[derive(Debug, InputObject)]
pub(crate) struct CreateGroupInput {
    /// Name; at most 255 characters.
    pub name: String,
    /// Key, unique within the organization; made from the name unless given.
    pub key: Option<String>,
    /// What it is for; at most 10,000 characters.
    pub description: Option<String>,
    /// The organization whose members it gathers; the one the caller works in unless given. Needs
    /// GROUP_CREATE there.
    pub organization_id: Option<ID>,
    /// Whether what is granted to it counts.
    #[graphql(default = true)]
    pub is_active: bool,
    /// Users to put into it, members of the organization; at most 1,000.
    pub member_ids: Option<Vec<ID>>,
}

/// A change of a group. Fields left out stay as they are.
#[derive(Debug, InputObject)]
pub(crate) struct UpdateGroupInput {
    /// The group. Needs GROUP_EDIT.
    pub group: GroupRef,
    /// New name.
    pub name: Option<String>,
    /// New description; null clears it.
    pub description: MaybeUndefined<String>,
    /// The organization it belongs to. It cannot change: any other is refused.
    pub organization_id: Option<ID>,
    /// Whether what is granted to it counts. Switching it on needs all that is granted to it.
    pub is_active: Option<bool>,
    /// All its members, who replace those of now; at most 1,000. Adding one needs all that is
    /// granted to the group.
    pub member_ids: Option<Vec<ID>>,
}

/// Groups to delete.
#[derive(Debug, InputObject)]
pub(crate) struct DeleteGroupsInput {
    /// The groups, at most 100. Needs GROUP_DELETE on each; one that fails keeps all.
    pub ids: Vec<ID>,
}

/// Users to put into groups.
#[derive(Debug, InputObject)]
pub(crate) struct AddGroupMembersInput {
    /// The groups, at most 100. Needs GROUP_EDIT, and all that is granted to them.
    pub groups: Vec<GroupRef>,
    /// The users, at most 100; members of the organizations of all the groups.
    pub users: Vec<UserRef>,
}

/// Users to take out of groups.
#[derive(Debug, InputObject)]
pub(crate) struct RemoveGroupMembersInput {
    /// The groups, at most 100. Needs GROUP_EDIT.
    pub groups: Vec<GroupRef>,
    /// The users, at most 100. Who is not in a group is left out of it.
    pub users: Vec<UserRef>,
}

/// What `createGroup` answers.
#[derive(SimpleObject)]
pub(crate) struct CreateGroupPayload {
    /// The group; null if there are mistakes.
    pub group: Option<Group>,
    /// Mistakes in the input; nothing was stored if there are any.
    pub user_errors: Vec<UserError>,
}

/// What `updateGroup` answers.
#[derive(SimpleObject)]
pub(crate) struct UpdateGroupPayload {
    /// The group; null if there are mistakes.
    pub group: Option<Group>,
    /// Mistakes in the input; nothing was stored if there are any.
    pub user_errors: Vec<UserError>,
}

/// What `deleteGroups` answers.
#[derive(SimpleObject)]
pub(crate) struct DeleteGroupsPayload {
    /// Ids of the deleted groups; null if there are mistakes.
    pub deleted_ids: Option<Vec<ID>>,
    /// Mistakes in the input; nothing was deleted if there are any.
    pub user_errors: Vec<UserError>,
}

/// What `addGroupMembers` answers.
#[derive(SimpleObject)]
pub(crate) struct AddGroupMembersPayload {
    /// The groups; null if there are mistakes.
    pub groups: Option<Vec<Group>>,
    /// The users; null if there are mistakes.
    pub users: Option<Vec<User>>,
    /// Mistakes in the input; nothing was stored if there are any.
    pub user_errors: Vec<UserError>,
}

/// What `removeGroupMembers` answers.
#[derive(SimpleObject)]
pub(crate) struct RemoveGroupMembersPayload {
    /// The groups; null if there are mistakes.
    pub groups: Option<Vec<Group>>,
    /// The users; null if there are mistakes.
    pub users: Option<Vec<User>>,
    /// Mistakes in the input; nothing was stored if there are any.
    pub user_errors: Vec<UserError>,
}

/// Mutations of groups.
#[derive(Default)]
pub struct GroupMutation;

#[Object]
impl GroupMutation {
    /// Creates a group.
    async fn create_group(
        &self,
        ctx: &Context<'_>,
        input: CreateGroupInput,
    ) -> Result<CreateGroupPayload> {
        let work = async |tx: &Tx<'_>| command::create(tx, &input).await;
        let outcome = mutate(ctx.scope(), "createGroup", work).await?;
        let (group, user_errors) = payload(outcome, |row| Arc::new(row).into());
        Ok(CreateGroupPayload { group, user_errors })
    }

    /// Changes a group. `memberIds`, where given, replaces the whole membership.
    async fn update_group(
        &self,
        ctx: &Context<'_>,
        input: UpdateGroupInput,
    ) -> Result<UpdateGroupPayload> {
        let work = async |tx: &Tx<'_>| command::update(tx, &input).await;
        let outcome = mutate(ctx.scope(), "updateGroup", work).await?;
        let (group, user_errors) = payload(outcome, |row| Arc::new(row).into());
        Ok(UpdateGroupPayload { group, user_errors })
    }

    /// Deletes groups with all that was granted to them: all of them, or none. Their members stay
    /// members of the organization.
    async fn delete_groups(
        &self,
        ctx: &Context<'_>,
        input: DeleteGroupsInput,
    ) -> Result<DeleteGroupsPayload> {
        let work = async |tx: &Tx<'_>| command::delete(tx, &input).await;
        let outcome = mutate(ctx.scope(), "deleteGroups", work).await?;
        let (deleted_ids, user_errors) =
            payload(outcome, |ids| ids.into_iter().map(id_text).collect());
        Ok(DeleteGroupsPayload {
            deleted_ids,
            user_errors,
        })
    }

    /// Puts users into groups: all of them into each, or none into any. Whoever adds a member hands
    /// out all that is granted to the group, and so must hold it.
    async fn add_group_members(
        &self,
        ctx: &Context<'_>,
        input: AddGroupMembersInput,
    ) -> Result<AddGroupMembersPayload> {
        let work = async |tx: &Tx<'_>| {
            command::change_members(tx, &input.groups, &input.users, Members::Add).await
        };
        let outcome = mutate(ctx.scope(), "addGroupMembers", work).await?;
        let (groups, users, user_errors) = shown(ctx, outcome).await?;
        Ok(AddGroupMembersPayload {
            groups,
            users,
            user_errors,
        })
    }

    /// Takes users out of groups: all of them out of each, or none.
    async fn remove_group_members(
        &self,
        ctx: &Context<'_>,
        input: RemoveGroupMembersInput,
    ) -> Result<RemoveGroupMembersPayload> {
        let work = async |tx: &Tx<'_>| {
            command::change_members(tx, &input.groups, &input.users, Members::Remove).await
        };
        let outcome = mutate(ctx.scope(), "removeGroupMembers", work).await?;
        let (groups, users, user_errors) = shown(ctx, outcome).await?;
        Ok(RemoveGroupMembersPayload {
            groups,
            users,
            user_errors,
        })
    }
}

/// The parts of a payload that names groups and users.
type Shown = (Option<Vec<Group>>, Option<Vec<User>>, Vec<UserError>);

async fn shown(ctx: &Context<'_>, outcome: Outcome<(Vec<GroupId>, Vec<UserId>)>) -> Result<Shown> {
    let (groups, users) = match outcome {
        Ok(changed) => changed,
        Err(errors) => return Ok((None, None, errors)),
    };
    let groups = try_join_all(groups.into_iter().map(|id| ctx.by_id::<GroupRow>(id))).await?;
    let users = try_join_all(users.into_iter().map(|id| ctx.by_id::<UserRow>(id))).await?;
    let groups = groups.into_iter().flatten().map(Into::into).collect();
    let users = users.into_iter().flatten().map(Into::into).collect();
    Ok((Some(groups), Some(users), Vec::new()))
}
