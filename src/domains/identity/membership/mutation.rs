//! Mutations of memberships.

use super::{
    OrganizationMembership, OrganizationMembershipRow,
    store::{self, NewRole},
};
use crate::{
    authz::{Grant, ManageMembers, RoleScope, View},
    domains::access::{last_admin::LastAdmin, role::RoleRef},
    gql::{
        Refusal, ScopeExt as _, Tx, UserError, UserErrorCode, UserErrors, bulk_ids, id_text,
        mutate, payload,
    },
    kernel::{Result, entity, entity::UserId},
};
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use std::sync::Arc;

/// Another role for a member.
#[derive(Debug, InputObject)]
pub(crate) struct UpdateOrganizationMembershipInput {
    /// The organization. Needs MEMBER_MANAGE there.
    pub organization_id: ID,
    /// The member.
    pub user_id: ID,
    /// The new role: one of organizations, with nothing that the caller lacks.
    pub role: RoleRef,
}

/// Members to take out of an organization.
#[derive(Debug, InputObject)]
pub(crate) struct RemoveOrganizationMembersInput {
    /// The organization. Needs MEMBER_MANAGE there.
    pub organization_id: ID,
    /// The members, at most 100; one that fails keeps all.
    pub user_ids: Vec<ID>,
}

/// What `updateOrganizationMembership` answers.
#[derive(SimpleObject)]
pub(crate) struct UpdateOrganizationMembershipPayload {
    /// The membership; null if there are mistakes.
    pub membership: Option<OrganizationMembership>,
    /// Mistakes in the input; nothing was stored if there are any.
    pub user_errors: Vec<UserError>,
}

/// What `removeOrganizationMembers` answers.
#[derive(SimpleObject)]
pub(crate) struct RemoveOrganizationMembersPayload {
    /// Ids of the users who are no longer members; null if there are mistakes.
    pub deleted_ids: Option<Vec<ID>>,
    /// Mistakes in the input; nobody was removed if there are any.
    pub user_errors: Vec<UserError>,
}

/// Mutations of memberships.
#[derive(Default)]
pub struct MembershipMutation;

#[Object]
impl MembershipMutation {
    /// Gives a member of an organization another role there. Refused where the member holds more
    /// than the caller, and for the last administrator.
    async fn update_organization_membership(
        &self,
        ctx: &Context<'_>,
        input: UpdateOrganizationMembershipInput,
    ) -> Result<UpdateOrganizationMembershipPayload> {
        let work = async |tx: &Tx<'_>| update(tx, &input).await;
        let outcome = mutate(ctx.scope(), "updateOrganizationMembership", work).await?;
        let (membership, user_errors) = payload(outcome, |row| Arc::new(row).into());
        Ok(UpdateOrganizationMembershipPayload {
            membership,
            user_errors,
        })
    }

    /// Takes members out of an organization, with all that was granted to them there: all of them,
    /// or none. Accounts stay; where the organization was their home, another one becomes it.
    async fn remove_organization_members(
        &self,
        ctx: &Context<'_>,
        input: RemoveOrganizationMembersInput,
    ) -> Result<RemoveOrganizationMembersPayload> {
        let work = async |tx: &Tx<'_>| remove(tx, &input).await;
        let outcome = mutate(ctx.scope(), "removeOrganizationMembers", work).await?;
        let (deleted_ids, user_errors) =
            payload(outcome, |ids| ids.into_iter().map(id_text).collect());
        Ok(RemoveOrganizationMembersPayload {
            deleted_ids,
            user_errors,
        })
    }
}

type Organization = Grant<ManageMembers, entity::Organization>;

/// Refuses users who are not members (for the viewer), and members who hold more than the viewer.
async fn check_members(
    tx: &Tx<'_>,
    organization: &Organization,
    users: &[UserId],
    path: impl Fn(usize) -> String,
) -> Result<(), Refusal> {
    let visible = tx.viewer.visible::<entity::User, View>();
    let members = store::members_among(tx.conn, &visible, organization.id(), users).await?;
    let held = store::held(tx.conn, organization, users).await?;
    let own = tx.viewer.at(organization.place());
    let mut errors = UserErrors::default();
    for (n, user) in users.iter().enumerate() {
        if !members.contains(user) {
            let text = "there is no such member, or you may not see them";
            errors.add(UserErrorCode::NotFound, &path(n), text);
            continue;
        }
        let more = held
            .get(user)
            .map(|held| held.fitting(RoleScope::Organization).without(own));
        if more.is_some_and(|more| !more.is_empty()) {
            let text = "this member may do more in the organization than you";
            errors.add(UserErrorCode::Forbidden, &path(n), text);
        }
    }
    errors.check()
}

async fn update(
    tx: &Tx<'_>,
    input: &UpdateOrganizationMembershipInput,
) -> Result<OrganizationMembershipRow, Refusal> {
    let mut errors = UserErrors::default();
    let organization = errors.id("organizationId", &input.organization_id);
    let user: UserId = errors.id("userId", &input.user_id);
    errors.check()?;
    tx.audit(|entry| entry.target(user));
    let grant: Organization = tx.authorize("organizationId", organization).await?;
    tx.audit(|entry| {
        entry.organization = Some(organization);
        entry.changed("role", true);
    });
    let last_admin = LastAdmin::lock(tx, &[organization]).await?;
    check_members(tx, &grant, &[user], |_| "userId".to_owned()).await?;
    let scopes = [RoleScope::Organization];
    let role = input
        .role
        .resolve(tx, "role", &scopes, Some(organization))
        .await?;
    let given = role.permission_set().fitting(RoleScope::Organization);
    tx.viewer
        .may_hand_out(given, grant.place())
        .map_err(|error| Refusal::user(UserErrorCode::Forbidden, "role", error.to_string()))?;
    let new = NewRole {
        user,
        role: role.id,
        by: tx.viewer.user,
        at: tx.now,
    };
    let row = store::set_role(tx.conn, &grant, &new).await?;
    last_admin.check(tx, "userId").await?;
    tx.scope.note(|notes| notes.changed_rights = true);
    Ok(row)
}

async fn remove(
    tx: &Tx<'_>,
    input: &RemoveOrganizationMembersInput,
) -> Result<Vec<UserId>, Refusal> {
    let mut errors = UserErrors::default();
    let organization = errors.id("organizationId", &input.organization_id);
    errors.check()?;
    let users = bulk_ids::<entity::User>(tx, "userIds", &input.user_ids)?;
    tx.audit(|entry| users.iter().for_each(|user| entry.target(*user)));
    let grant: Organization = tx.authorize("organizationId", organization).await?;
    tx.audit(|entry| entry.organization = Some(organization));
    let last_admin = LastAdmin::lock(tx, &[organization]).await?;
    check_members(tx, &grant, &users, |n| format!("userIds.{n}")).await?;
    store::remove(tx.conn, &grant, &users).await?;
    last_admin.check(tx, "userIds").await?;
    tx.scope.note(|notes| notes.changed_rights = true);
    Ok(users)
}
