//! What callers change about themselves.

use super::{
    UserRow, command,
    input::{ChangePasswordInput, SetDefaultOrganizationInput, UpdateViewerInput, maybe_line},
    secret::{NewPassword, names_of},
    store::{self, UserChanges},
};
use crate::{
    authz::{Credential, Edit, System},
    domains::identity::{
        authentication::{Guess, guess},
        viewer::Viewer,
    },
    gql::{
        Refusal, ScopeExt as _, Tx, UserError, UserErrorCode, UserErrors, id_text, mutate, payload,
    },
    kernel::{Result, entity, text},
};
use async_graphql::{Context, ID, Object, SimpleObject};

/// What `updateViewer` answers.
#[derive(SimpleObject)]
pub struct UpdateViewerPayload {
    /// The caller; null if there are mistakes.
    pub viewer: Option<Viewer>,
    /// Mistakes in the input; nothing was stored if there are any.
    pub user_errors: Vec<UserError>,
}

/// What `deleteViewer` answers.
#[derive(SimpleObject)]
pub struct DeleteViewerPayload {
    /// Id of the deleted account; null if there are mistakes.
    pub deleted_id: Option<ID>,
    /// Mistakes; the account stays if there are any.
    pub user_errors: Vec<UserError>,
}

/// What `changePassword` answers.
#[derive(SimpleObject)]
pub struct ChangePasswordPayload {
    /// The caller; null if there are mistakes.
    pub viewer: Option<Viewer>,
    /// Mistakes in the input; the old password stays if there are any.
    pub user_errors: Vec<UserError>,
}

/// What `setDefaultOrganization` answers.
#[derive(SimpleObject)]
pub struct SetDefaultOrganizationPayload {
    /// The caller; null if there are mistakes.
    pub viewer: Option<Viewer>,
    /// Mistakes in the input; nothing was stored if there are any.
    pub user_errors: Vec<UserError>,
}

/// What callers change about themselves.
#[derive(Default)]
pub struct OwnMutation;

#[Object]
impl OwnMutation {
    /// Changes the caller's profile.
    async fn update_viewer(
        &self,
        ctx: &Context<'_>,
        input: UpdateViewerInput,
    ) -> Result<UpdateViewerPayload> {
        let outcome = mutate(ctx.scope(), "updateViewer", async |tx| {
            update(tx, &input).await
        })
        .await?;
        let (viewer, user_errors) = payload(outcome, |_| viewer(ctx));
        Ok(UpdateViewerPayload {
            viewer: viewer.transpose()?,
            user_errors,
        })
    }

    /// Deletes the caller's account with its sessions and API keys. What they made stays.
    async fn delete_viewer(&self, ctx: &Context<'_>) -> Result<DeleteViewerPayload> {
        let outcome = mutate(ctx.scope(), "deleteViewer", command::delete_own).await?;
        let (deleted_id, user_errors) = payload(outcome, id_text);
        Ok(DeleteViewerPayload {
            deleted_id,
            user_errors,
        })
    }

    /// Gives the caller a new password, and ends their other sessions.
    async fn change_password(
        &self,
        ctx: &Context<'_>,
        input: ChangePasswordInput,
    ) -> Result<ChangePasswordPayload> {
        let scope = ctx.scope();
        let guess = guess(ctx, &input.old_password).await?;
        let password = NewPassword::hash(ctx, &input.new_password).await?;
        let outcome = mutate(scope, "changePassword", async |tx| {
            change_password(tx, &input, guess, &password).await
        })
        .await?;
        let (viewer, user_errors) = payload(outcome, |()| viewer(ctx));
        Ok(ChangePasswordPayload {
            viewer: viewer.transpose()?,
            user_errors,
        })
    }

    /// Names the organization that the caller enters at sign-in. The present session stays where
    /// it is.
    async fn set_default_organization(
        &self,
        ctx: &Context<'_>,
        input: SetDefaultOrganizationInput,
    ) -> Result<SetDefaultOrganizationPayload> {
        let outcome = mutate(ctx.scope(), "setDefaultOrganization", async |tx| {
            set_default(tx, &input).await
        })
        .await?;
        let (viewer, user_errors) = payload(outcome, |_| viewer(ctx));
        Ok(SetDefaultOrganizationPayload {
            viewer: viewer.transpose()?,
            user_errors,
        })
    }
}

fn viewer(ctx: &Context<'_>) -> Result<Viewer> {
    ctx.scope().viewer().cloned().map(Viewer)
}

async fn update(tx: &Tx<'_>, input: &UpdateViewerInput) -> Result<UserRow, Refusal> {
    let mut errors = UserErrors::default();
    let locale = input.locale.as_opt_ref();
    let full_name = input.full_name.as_deref();
    let changes = UserChanges {
        first_name: maybe_line(&mut errors, "firstName", &input.first_name),
        last_name: maybe_line(&mut errors, "lastName", &input.last_name),
        full_name: full_name.map(|name| errors.text("fullName", text::name(name))),
        mobile: maybe_line(&mut errors, "mobile", &input.mobile),
        locale: locale.map(|tag| tag.map(|tag| tag.as_str().to_owned())),
        is_tracking_anonymized: input.is_tracking_anonymized,
        is_marketing_opted_in: input.is_marketing_opted_in,
        updated_at: Some(tx.now),
        ..UserChanges::default()
    };
    errors.check()?;
    let user = tx.viewer.user;
    tx.audit(|entry| {
        entry.target(user);
        entry.changed("firstName", changes.first_name.is_some());
        entry.changed("lastName", changes.last_name.is_some());
        entry.changed("fullName", changes.full_name.is_some());
        entry.changed("mobile", changes.mobile.is_some());
        entry.changed("locale", changes.locale.is_some());
        entry.changed(
            "isTrackingAnonymized",
            changes.is_tracking_anonymized.is_some(),
        );
        entry.changed(
            "isMarketingOptedIn",
            changes.is_marketing_opted_in.is_some(),
        );
    });
    let grant = tx.viewer.own::<Edit, _>(tx.conn, user, user).await?;
    Ok(store::update(tx.conn, &grant, &changes).await?)
}

async fn change_password(
    tx: &Tx<'_>,
    input: &ChangePasswordInput,
    guess: Guess,
    password: &NewPassword<'_>,
) -> Result<(), Refusal> {
    let user = tx.viewer.user;
    tx.audit(|entry| entry.target(user));
    let mut errors = UserErrors::default();
    match guess {
        Guess::Right => {}
        Guess::Wrong => {
            let text = "this is not your present password";
            errors.add(UserErrorCode::PasswordIncorrect, "oldPassword", text);
        }
        Guess::TooMany => {
            let text = "too many failed tries: wait 15 minutes before the next";
            errors.add(UserErrorCode::TooManyAttempts, "oldPassword", text);
        }
    }
    if input.new_password != input.new_password_confirm {
        let text = "the two new passwords differ";
        errors.add(UserErrorCode::PasswordMismatch, "newPasswordConfirm", text);
    }
    if input.new_password == input.old_password {
        let text = "newPassword must be another than the present one";
        errors.add(UserErrorCode::Invalid, "newPassword", text);
    }
    errors.check()?;
    let grant = tx.viewer.own::<Edit, _>(tx.conn, user, user).await?;
    let row = store::get(tx.conn, &grant).await?;
    let hash = password
        .judge(tx, "newPassword", &names_of(&row), row.organization_id)
        .await?;
    let present = match tx.viewer.credential {
        Credential::Session(id) => Some(id),
        Credential::ApiKey(_) | Credential::CommandLine => None,
    };
    store::set_password(tx.conn, &grant, hash, tx.now, present).await?;
    tx.scope.note(|notes| notes.changed_rights = true);
    Ok(())
}

async fn set_default(tx: &Tx<'_>, input: &SetDefaultOrganizationInput) -> Result<UserRow, Refusal> {
    let mut errors = UserErrors::default();
    let id = input.organization_id.as_ref();
    let id = id.map(|id| errors.id::<entity::Organization>("organizationId", id));
    errors.check()?;
    let user = tx.viewer.user;
    tx.audit(|entry| entry.target(user));
    let system = System::new("one enters an organization that one belongs to");
    if let Some(id) = id
        && !store::organizations_of(tx.conn, system, &[user])
            .await?
            .contains(&id)
    {
        let text = "you do not belong to such an organization";
        return Err(Refusal::user(
            UserErrorCode::NotFound,
            "organizationId",
            text,
        ));
    }
    let grant = tx.viewer.own::<Edit, _>(tx.conn, user, user).await?;
    let changes = UserChanges {
        default_organization_id: Some(id),
        updated_at: Some(tx.now),
        ..UserChanges::default()
    };
    Ok(store::update(tx.conn, &grant, &changes).await?)
}
