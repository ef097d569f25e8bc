//! Mutations of credentials.

use super::{
    WarehouseCredentials, WarehouseCredentialsRow,
    input::{
        CreateWarehouseCredentialsInput, DeleteWarehouseCredentialsInput, Given,
        SetProjectWarehouseCredentialsInput, UpdateWarehouseCredentialsInput, read,
    },
    row::slot,
    store::{self, CredentialsChanges, NewCredentials},
};
use crate::{
    authz::{Delete, Edit, Grant},
    domains::project::project::{Project, ProjectRow},
    gql::{
        Refusal, ScopeExt as _, Tx, UserError, UserErrorCode, UserErrors, bulk_ids, id_text,
        mutate, payload,
    },
    kernel::{
        Error, Result, entity,
        entity::{OrganizationId, ProjectId, WarehouseCredentialsId},
    },
    services::{vault::Vault, warehouse::WarehouseType},
};
use async_graphql::{Context, ID, Object, SimpleObject};
use std::sync::Arc;

/// Most credentials of one user.
const CREDENTIALS_MAX: i64 = 100;

/// What `createWarehouseCredentials` answers.
#[derive(SimpleObject)]
pub(crate) struct CreateWarehouseCredentialsPayload {
    /// The credentials; null if there are mistakes.
    pub warehouse_credentials: Option<WarehouseCredentials>,
    /// Mistakes in the input; nothing was stored if there are any.
    pub user_errors: Vec<UserError>,
}

/// What `updateWarehouseCredentials` answers.
#[derive(SimpleObject)]
pub(crate) struct UpdateWarehouseCredentialsPayload {
    /// The credentials; null if there are mistakes.
    pub warehouse_credentials: Option<WarehouseCredentials>,
    /// Mistakes in the input; nothing was stored if there are any.
    pub user_errors: Vec<UserError>,
}

/// What `deleteWarehouseCredentials` answers.
#[derive(SimpleObject)]
pub(crate) struct DeleteWarehouseCredentialsPayload {
    /// Ids of the deleted credentials; null if there are mistakes.
    pub deleted_ids: Option<Vec<ID>>,
    /// Mistakes in the input; nothing was deleted if there are any.
    pub user_errors: Vec<UserError>,
}

/// What `setProjectWarehouseCredentials` answers.
#[derive(SimpleObject)]
pub(crate) struct SetProjectWarehouseCredentialsPayload {
    /// The project; null if there are mistakes.
    pub project: Option<Project>,
    /// Mistakes in the input; nothing was stored if there are any.
    pub user_errors: Vec<UserError>,
}

/// Mutations of credentials.
#[derive(Default)]
pub struct CredentialsMutation;

#[Object]
impl CredentialsMutation {
    /// Stores credentials of the caller for warehouses of the organization that they work in.
    async fn create_warehouse_credentials(
        &self,
        ctx: &Context<'_>,
        input: CreateWarehouseCredentialsInput,
    ) -> Result<CreateWarehouseCredentialsPayload> {
        let vault = Vault::of(ctx)?;
        let outcome = mutate(ctx.scope(), "createWarehouseCredentials", async |tx| {
            create(tx, vault, &input).await
        })
        .await?;
        let (warehouse_credentials, user_errors) = payload(outcome, |row| Arc::new(row).into());
        Ok(CreateWarehouseCredentialsPayload {
            warehouse_credentials,
            user_errors,
        })
    }

    /// Replaces name and secret of credentials of the caller.
    async fn update_warehouse_credentials(
        &self,
        ctx: &Context<'_>,
        input: UpdateWarehouseCredentialsInput,
    ) -> Result<UpdateWarehouseCredentialsPayload> {
        let vault = Vault::of(ctx)?;
        let outcome = mutate(ctx.scope(), "updateWarehouseCredentials", async |tx| {
            update(tx, vault, &input).await
        })
        .await?;
        let (warehouse_credentials, user_errors) = payload(outcome, |row| Arc::new(row).into());
        Ok(UpdateWarehouseCredentialsPayload {
            warehouse_credentials,
            user_errors,
        })
    }

    /// Deletes credentials of the caller: all of them, or none. Projects that used them use their
    /// own again.
    async fn delete_warehouse_credentials(
        &self,
        ctx: &Context<'_>,
        input: DeleteWarehouseCredentialsInput,
    ) -> Result<DeleteWarehouseCredentialsPayload> {
        let outcome = mutate(ctx.scope(), "deleteWarehouseCredentials", async |tx| {
            delete(tx, &input).await
        })
        .await?;
        let (deleted_ids, user_errors) =
            payload(outcome, |ids| ids.into_iter().map(id_text).collect());
        Ok(DeleteWarehouseCredentialsPayload {
            deleted_ids,
            user_errors,
        })
    }

    /// Chooses the own credentials that the caller's queries in a project run with. The choice ends
    /// when the project's warehouse moves to another server.
    async fn set_project_warehouse_credentials(
        &self,
        ctx: &Context<'_>,
        input: SetProjectWarehouseCredentialsInput,
    ) -> Result<SetProjectWarehouseCredentialsPayload> {
        let outcome = mutate(ctx.scope(), "setProjectWarehouseCredentials", async |tx| {
            prefer(tx, &input).await
        })
        .await?;
        let (id, user_errors) = payload(outcome, |id| id);
        let project = match id {
            Some(id) => ctx.by_id::<ProjectRow>(id).await?.map(Into::into),
            None => None,
        };
        Ok(SetProjectWarehouseCredentialsPayload {
            project,
            user_errors,
        })
    }
}

async fn create(
    tx: &Tx<'_>,
    vault: &Vault,
    input: &CreateWarehouseCredentialsInput,
) -> Result<WarehouseCredentialsRow, Refusal> {
    let mut errors = UserErrors::default();
    let given = read(&mut errors, &input.name, &input.secret);
    errors.check()?;
    let organization = workplace(tx)?;
    if store::count_own(tx.conn, &tx.viewer).await? >= CREDENTIALS_MAX {
        let text = format!("you have {CREDENTIALS_MAX} credentials already; delete some first");
        return Err(Refusal::user(UserErrorCode::LimitExceeded, "", text));
    }
    let id = WarehouseCredentialsId::new();
    let secret = seal(tx, vault, organization, id, &given).await?;
    let new = NewCredentials {
        id,
        organization_id: organization,
        name: &given.name,
        kind: given.kind,
        username: &given.user,
        secret,
    };
    let row = store::create(tx.conn, &tx.viewer, &new).await?;
    tx.audit(|entry| {
        entry.organization = Some(organization);
        entry.target(id);
    });
    Ok(row)
}

/// The organization that the viewer works in, if they belong to it.
fn workplace(tx: &Tx<'_>) -> Result<OrganizationId, Refusal> {
    let organization = tx.viewer.organization;
    let member = organization.filter(|id| tx.viewer.access.organizations.contains(id));
    member.ok_or_else(|| {
        let text = "you have to work in an organization that you belong to";
        Refusal::user(UserErrorCode::Forbidden, "", text)
    })
}

async fn seal(
    tx: &Tx<'_>,
    vault: &Vault,
    organization: OrganizationId,
    id: WarehouseCredentialsId,
    given: &Given,
) -> Result<Vec<u8>, Refusal> {
    let slot = slot(organization, id);
    let sealed = vault.seal(tx.conn, &slot, &given.password).await;
    Ok(sealed.map_err(Error::from)?)
}

/// The credentials at `path`, if they are the viewer's own.
async fn own<A>(
    tx: &Tx<'_>,
    path: &str,
    id: WarehouseCredentialsId,
) -> Result<(Grant<A, entity::WarehouseCredentials>, WarehouseType), Refusal> {
    let owners = store::owners(tx.conn, &tx.viewer, &[id]).await?;
    match owners.first() {
        Some((_, owner, kind)) if *owner == tx.viewer.user => {
            Ok((tx.viewer.own(tx.conn, id, *owner).await?, *kind))
        }
        _ => {
            let text = "there are no such credentials of yours";
            Err(Refusal::user(UserErrorCode::NotFound, path, text))
        }
    }
}

async fn update(
    tx: &Tx<'_>,
    vault: &Vault,
    input: &UpdateWarehouseCredentialsInput,
) -> Result<WarehouseCredentialsRow, Refusal> {
    let mut errors = UserErrors::default();
    let id = errors.id("id", &input.id);
    let given = read(&mut errors, &input.name, &input.secret);
    errors.check()?;
    tx.audit(|entry| entry.target(id));
    let (grant, kind) = own::<Edit>(tx, "id", id).await?;
    let organization = grant.place().organization.ok_or(Error::NotFound)?;
    if kind != given.kind {
        let text = format!("these credentials are for {}", kind.as_str());
        return Err(Refusal::user(UserErrorCode::Immutable, "secret", text));
    }
    tx.audit(|entry| {
        entry.organization = Some(organization);
        entry.changed("name", true);
        entry.changed("secret", true);
    });
    let changes = CredentialsChanges {
        name: &given.name,
        username: &given.user,
        secret: seal(tx, vault, organization, id, &given).await?,
        updated_at: tx.now,
    };
    Ok(store::update(tx.conn, &grant, &tx.viewer, &changes).await?)
}

async fn delete(
    tx: &Tx<'_>,
    input: &DeleteWarehouseCredentialsInput,
) -> Result<Vec<WarehouseCredentialsId>, Refusal> {
    let ids = bulk_ids::<entity::WarehouseCredentials>(tx, "ids", &input.ids)?;
    tx.audit(|entry| ids.iter().for_each(|id| entry.target(*id)));
    let mut grants = Vec::with_capacity(ids.len());
    for (n, id) in ids.iter().enumerate() {
        let (grant, _) = own::<Delete>(tx, &format!("ids.{n}"), *id).await?;
        tx.audit(|entry| entry.place(*id, grant.place().organization));
        grants.push(grant);
    }
    store::delete(tx.conn, &grants).await?;
    Ok(ids)
}

async fn prefer(
    tx: &Tx<'_>,
    input: &SetProjectWarehouseCredentialsInput,
) -> Result<ProjectId, Refusal> {
    let mut errors = UserErrors::default();
    let project_id: ProjectId = errors.id("projectId", &input.project_id);
    let id = errors.id("warehouseCredentialsId", &input.warehouse_credentials_id);
    errors.check()?;
    tx.audit(|entry| entry.target(project_id));
    let project = tx.see::<entity::Project>("projectId", project_id).await?;
    tx.audit(|entry| entry.organization = project.place().organization);
    let path = "warehouseCredentialsId";
    let (grant, kind) = own::<Edit>(tx, path, id).await?;
    let Some(needed) = store::kind_of(tx.conn, &project).await? else {
        let text = "the project has no warehouse connection";
        return Err(Refusal::user(UserErrorCode::Conflict, "projectId", text));
    };
    if kind != needed {
        let (needed, kind) = (needed.as_str(), kind.as_str());
        let text = format!("the project's warehouse is {needed}, these credentials are for {kind}");
        return Err(Refusal::user(UserErrorCode::Invalid, path, text));
    }
    if !store::prefer(tx.conn, &tx.viewer, &project, &grant).await? {
        let text = "these credentials are for warehouses of another organization";
        return Err(Refusal::user(UserErrorCode::Invalid, path, text));
    }
    tx.audit(|entry| entry.changed("warehouseCredentials", true));
    Ok(project_id)
}
