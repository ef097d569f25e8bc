//! Setting and testing the connection of a project.

use super::{
    input::{
        Given, SetWarehouseConnectionInput, TestWarehouseConnectionInput, WarehouseConnectionInput,
        read,
    },
    row::slot,
    store::{self, NewConnection},
};
use crate::{
    authz::{Create, Edit, Grant},
    domains::project::project::{Project, ProjectRow},
    gql::{
        Refusal, Scope, ScopeExt as _, Tx, UserError, UserErrorCode, UserErrors, mutate, parse_id,
        payload,
    },
    kernel::{Error, Result, entity, entity::ProjectId},
    services::{
        vault::Vault,
        warehouse::{WarehouseError, Warehouses},
    },
};
use async_graphql::{Context, ID, Object, SimpleObject};
use secrecy::SecretString;
use std::sync::Arc;

/// What `setWarehouseConnection` answers.
#[derive(SimpleObject)]
pub(crate) struct SetWarehouseConnectionPayload {
    /// The project; null if there are mistakes.
    pub project: Option<Project>,
    /// Mistakes in the input, or why the warehouse cannot be used; nothing was stored if there are
    /// any.
    pub user_errors: Vec<UserError>,
}

/// What `testWarehouseConnection` answers.
#[derive(SimpleObject)]
pub(crate) struct TestWarehouseConnectionPayload {
    /// Whether the warehouse answered; null if there are mistakes.
    pub is_connected: Option<bool>,
    /// Why it did not answer.
    pub error_message: Option<String>,
    /// Mistakes in the input; nothing was tried if there are any.
    pub user_errors: Vec<UserError>,
}

/// Mutations of connections.
#[derive(Default)]
pub struct ConnectionMutation;

#[Object]
impl ConnectionMutation {
    /// Sets how a project reaches its warehouse. Tries the settings first, unless skipTest.
    async fn set_warehouse_connection(
        &self,
        ctx: &Context<'_>,
        input: SetWarehouseConnectionInput,
    ) -> Result<SetWarehouseConnectionPayload> {
        let vault = Vault::of(ctx)?;
        let tried = if input.skip_test {
            None
        } else {
            try_out(ctx, Some(&input.project_id), &input.warehouse).await?
        };
        let outcome = mutate(ctx.scope(), "setWarehouseConnection", async |tx| {
            set(tx, vault, &input, tried.as_ref()).await
        })
        .await?;
        let (id, user_errors) = payload(outcome, |id| id);
        let project = match id {
            Some(id) => ctx.by_id::<ProjectRow>(id).await?.map(Into::into),
            None => None,
        };
        Ok(SetWarehouseConnectionPayload {
            project,
            user_errors,
        })
    }

    /// Connects and runs a trivial query with settings that are not stored.
    async fn test_warehouse_connection(
        &self,
        ctx: &Context<'_>,
        input: TestWarehouseConnectionInput,
    ) -> Result<TestWarehouseConnectionPayload> {
        let tried = try_out(ctx, input.project_id.as_ref(), &input.warehouse).await?;
        let outcome = mutate(ctx.scope(), "testWarehouseConnection", async |tx| {
            test(tx, &input).await
        })
        .await?;
        let (done, user_errors) = payload(outcome, |()| ());
        let tried = done.and(tried);
        Ok(TestWarehouseConnectionPayload {
            is_connected: tried.as_ref().map(std::result::Result::is_ok),
            error_message: tried
                .and_then(std::result::Result::err)
                .map(|error| error.to_string()),
            user_errors,
        })
    }
}

/// Tries settings before the transaction, which waits for nobody outside. `None` if there is a
/// mistake, the caller may not, or there is no password: then the transaction says so.
async fn try_out(
    ctx: &Context<'_>,
    project: Option<&ID>,
    input: &WarehouseConnectionInput,
) -> Result<Option<Result<(), WarehouseError>>> {
    let scope = ctx.scope();
    let mut errors = UserErrors::default();
    let given = read(&mut errors, input);
    if !errors.is_empty() {
        return Ok(None);
    }
    let password = password_to_try(scope, Vault::of(ctx)?, project, &given).await;
    // Nothing is held while the warehouse takes its time.
    scope.let_go();
    match password {
        Ok(Some(password)) => {
            let tried = Warehouses::of(ctx)?.test(&given.settings, &password).await;
            Ok(Some(tried))
        }
        Ok(None) | Err(Error::NotFound | Error::Forbidden(_) | Error::Invalid { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

async fn password_to_try(
    scope: &Arc<Scope>,
    vault: &Vault,
    project: Option<&ID>,
    given: &Given,
) -> Result<Option<SecretString>> {
    let viewer = scope.viewer()?;
    let conn = scope.conn().await?;
    let conn = conn.get()?;
    let Some(project) = project else {
        let organization = viewer.organization.ok_or(Error::NotFound)?;
        viewer
            .authorize::<Create<entity::Project>, entity::Organization>(conn, organization)
            .await?;
        return Ok(given.password.clone());
    };
    let project: ProjectId = parse_id("projectId", project)?;
    let grant = viewer
        .authorize::<Edit, entity::Project>(conn, project)
        .await?;
    if given.password.is_some() {
        return Ok(given.password.clone());
    }
    let Some((row, Some(secret))) = store::with_secret(conn, &grant).await? else {
        return Ok(None);
    };
    if !row.settings()?.shares_secret_with(&given.settings) {
        return Ok(None);
    }
    let slot = slot(row.organization_id, row.project_id);
    Ok(Some(vault.open(conn, &slot, &secret).await?))
}

async fn set(
    tx: &Tx<'_>,
    vault: &Vault,
    input: &SetWarehouseConnectionInput,
    tried: Option<&Result<(), WarehouseError>>,
) -> Result<ProjectId, Refusal> {
    let mut errors = UserErrors::default();
    let id: ProjectId = errors.id("projectId", &input.project_id);
    let given = read(&mut errors, &input.warehouse);
    errors.check()?;
    tx.audit(|entry| entry.target(id));
    let grant = tx
        .authorize::<Edit, entity::Project>("projectId", id)
        .await?;
    let organization = grant.place().organization.ok_or(Error::NotFound)?;
    tx.audit(|entry| entry.organization = Some(organization));
    let stored = store::with_secret(tx.conn, &grant).await?;
    let keeps = keeps_secret(stored.as_ref(), &given)?;
    if given.password.is_none() && !keeps && !given.require_user_credentials {
        return Err(lacks_password(&given));
    }
    if let Some(Err(error)) = tried {
        return Err(refusal(error, &given));
    }
    let secret = match &given.password {
        Some(password) => {
            let slot = slot(organization, id);
            let sealed = vault.seal(tx.conn, &slot, password).await;
            Some(Some(sealed.map_err(Error::from)?))
        }
        None if keeps => None,
        None => Some(None),
    };
    audit_changes(tx, stored.as_ref().map(|(row, _)| row), &given)?;
    let new = NewConnection {
        organization,
        settings: &given.settings,
        secret,
        start_of_week: given.start_of_week,
        by: Some(tx.viewer.user),
        at: Some(tx.now),
    };
    store::put(tx.conn, &grant, new).await?;
    let own = given.require_user_credentials;
    store::require_own(tx.conn, &grant, own, (tx.viewer.user, tx.now)).await?;
    let former = stored.map(|(row, _)| row.settings()).transpose()?;
    if former.is_some_and(|former| !former.is_same_server(&given.settings)) {
        store::forget_preferences(tx.conn, &grant).await?;
    }
    Ok(id)
}

type Stored = (super::WarehouseConnectionRow, Option<Vec<u8>>);

/// Whether the stored password goes on being used.
fn keeps_secret(stored: Option<&Stored>, given: &Given) -> Result<bool> {
    match stored {
        Some((row, Some(_))) if given.password.is_none() => {
            Ok(row.settings()?.shares_secret_with(&given.settings))
        }
        _ => Ok(false),
    }
}

fn lacks_password(given: &Given) -> Refusal {
    Refusal::user(
        UserErrorCode::Required,
        &given.at("password"),
        "give the password; a stored one is kept only while host, port, user and sslMode stay the same",
    )
}

/// Names of what changes, never values.
fn audit_changes(
    tx: &Tx<'_>,
    before: Option<&super::WarehouseConnectionRow>,
    given: &Given,
) -> Result<()> {
    let old = before
        .map(super::WarehouseConnectionRow::settings)
        .transpose()?;
    let is_other_kind = before.is_none_or(|row| row.kind != given.settings.kind());
    let (old, new) = (old.map(|old| old.to_json()), given.settings.to_json());
    tx.audit(|entry| {
        entry.changed("type", is_other_kind);
        for (name, field) in [
            ("host", "host"),
            ("port", "port"),
            ("database", "database"),
            ("schema", "schema"),
            ("user", "user"),
            ("sslMode", "ssl_mode"),
            ("dataTimezone", "data_timezone"),
        ] {
            let was = old.as_ref().and_then(|old| old.get(field));
            entry.changed(name, was != new.get(field));
        }
        entry.changed("password", given.password.is_some());
    });
    Ok(())
}

/// Why the settings that were tried are not stored, at the field that is to blame.
fn refusal(error: &WarehouseError, given: &Given) -> Refusal {
    let (code, path) = match error {
        WarehouseError::Refused(_) => (UserErrorCode::Invalid, given.at("host")),
        WarehouseError::Authentication => (UserErrorCode::CredentialsInvalid, given.at("password")),
        _ => (UserErrorCode::WarehouseError, given.path.to_owned()),
    };
    Refusal::user(code, &path, error.to_string())
}

async fn test(tx: &Tx<'_>, input: &TestWarehouseConnectionInput) -> Result<(), Refusal> {
    let mut errors = UserErrors::default();
    let given = read(&mut errors, &input.warehouse);
    let project = input
        .project_id
        .as_ref()
        .map(|id| errors.id::<entity::Project>("projectId", id));
    errors.check()?;
    let Some(id) = project else {
        return test_of_none(tx, &given).await;
    };
    tx.audit(|entry| entry.target(id));
    let grant: Grant<Edit, _> = tx.authorize("projectId", id).await?;
    tx.audit(|entry| entry.organization = grant.place().organization);
    let stored = store::with_secret(tx.conn, &grant).await?;
    if given.password.is_none() && !keeps_secret(stored.as_ref(), &given)? {
        return Err(lacks_password(&given));
    }
    Ok(())
}

async fn test_of_none(tx: &Tx<'_>, given: &Given) -> Result<(), Refusal> {
    let Some(organization) = tx.viewer.organization else {
        let text = "you work in no organization; name the project";
        return Err(Refusal::user(UserErrorCode::Required, "projectId", text));
    };
    tx.authorize::<Create<entity::Project>, entity::Organization>("", organization)
        .await?;
    if given.password.is_none() {
        let text = "give the password";
        let path = given.at("password");
        return Err(Refusal::user(UserErrorCode::Required, &path, text));
    }
    Ok(())
}
