//! Mutations of organizations.

use super::{
    Organization, OrganizationRow,
    store::{self, NewOrganization, OrganizationChanges},
};
use crate::{
    authz::{Delete, Edit, Permission, RoleScope},
    domains::access::role::built_in_id,
    gql::{
        Color, Refusal, ScopeExt as _, Tx, UserError, UserErrorCode, UserErrors, bulk_ids, id_text,
        mutate, payload,
    },
    kernel::{
        Result, entity,
        entity::{OrganizationId, ProjectId},
        text,
    },
};
use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, SimpleObject};
use std::sync::Arc;

/// Most colours of a palette.
const COLORS_MAX: usize = 100;

/// A new organization, whose administrator the caller becomes.
#[derive(Debug, InputObject)]
pub(crate) struct CreateOrganizationInput {
    /// Name, unique on the installation; at most 255 characters.
    pub name: String,
    /// Name as shown to people; the name unless given.
    pub display_name: Option<String>,
    /// What it is; at most 10,000 characters.
    pub description: Option<String>,
    /// Theme that front ends use for it; opaque, at most 255 characters.
    pub theme_id: Option<String>,
    /// The organization above. Needs ORGANIZATION_EDIT there. Cannot be changed later.
    pub parent_id: Option<ID>,
}

/// A change of an organization. Fields left out stay as they are.
#[derive(Debug, InputObject)]
pub(crate) struct UpdateOrganizationInput {
    /// The organization. Needs ORGANIZATION_EDIT.
    pub id: ID,
    /// New name, unique on the installation.
    pub name: Option<String>,
    /// New name as shown to people.
    pub display_name: Option<String>,
    /// New description; null clears it.
    pub description: MaybeUndefined<String>,
    /// New theme; null clears it.
    pub theme_id: MaybeUndefined<String>,
    /// New default palette, which replaces the old one; at most 100 colours.
    pub chart_colors: Option<Vec<Color>>,
    /// Project that users see at the first login, one of the organization; null for none.
    pub default_project_id: MaybeUndefined<ID>,
}

/// Organizations to delete.
#[derive(Debug, InputObject)]
pub(crate) struct DeleteOrganizationsInput {
    /// The organizations, at most 100. Needs ORGANIZATION_DELETE on each; one that fails keeps all.
    pub ids: Vec<ID>,
}

/// What `createOrganization` answers.
#[derive(SimpleObject)]
pub(crate) struct CreateOrganizationPayload {
    /// The organization; null if there are mistakes.
    pub organization: Option<Organization>,
    /// Mistakes in the input; nothing was stored if there are any.
    pub user_errors: Vec<UserError>,
}

/// What `updateOrganization` answers.
#[derive(SimpleObject)]
pub(crate) struct UpdateOrganizationPayload {
    /// The organization; null if there are mistakes.
    pub organization: Option<Organization>,
    /// Mistakes in the input; nothing was stored if there are any.
    pub user_errors: Vec<UserError>,
}

/// What `deleteOrganizations` answers.
#[derive(SimpleObject)]
pub(crate) struct DeleteOrganizationsPayload {
    /// Ids of the deleted organizations; null if there are mistakes.
    pub deleted_ids: Option<Vec<ID>>,
    /// Mistakes in the input; nothing was deleted if there are any.
    pub user_errors: Vec<UserError>,
}

/// Mutations of organizations.
#[derive(Default)]
pub struct OrganizationMutation;

#[Object]
impl OrganizationMutation {
    /// Creates an organization: for callers who belong to none, and with SYSTEM_CREATE. The caller
    /// becomes its first member and its administrator.
    async fn create_organization(
        &self,
        ctx: &Context<'_>,
        input: CreateOrganizationInput,
    ) -> Result<CreateOrganizationPayload> {
        let work = async |tx: &Tx<'_>| create(tx, &input).await;
        let outcome = mutate(ctx.scope(), "createOrganization", work).await?;
        let (organization, user_errors) = payload(outcome, |row| Arc::new(row).into());
        Ok(CreateOrganizationPayload {
            organization,
            user_errors,
        })
    }

    /// Changes an organization.
    async fn update_organization(
        &self,
        ctx: &Context<'_>,
        input: UpdateOrganizationInput,
    ) -> Result<UpdateOrganizationPayload> {
        let work = async |tx: &Tx<'_>| update(tx, &input).await;
        let outcome = mutate(ctx.scope(), "updateOrganization", work).await?;
        let (organization, user_errors) = payload(outcome, |row| Arc::new(row).into());
        Ok(UpdateOrganizationPayload {
            organization,
            user_errors,
        })
    }

    /// Deletes organizations with all that they hold: all of them, or none. Users who live there
    /// are deleted too, unless they belong to another organization, which becomes their home, or
    /// hold a role of the installation. Refused while there are organizations below.
    async fn delete_organizations(
        &self,
        ctx: &Context<'_>,
        input: DeleteOrganizationsInput,
    ) -> Result<DeleteOrganizationsPayload> {
        let work = async |tx: &Tx<'_>| delete(tx, &input).await;
        let outcome = mutate(ctx.scope(), "deleteOrganizations", work).await?;
        let (deleted_ids, user_errors) =
            payload(outcome, |ids| ids.into_iter().map(id_text).collect());
        Ok(DeleteOrganizationsPayload {
            deleted_ids,
            user_errors,
        })
    }
}

fn theme(errors: &mut UserErrors, theme: Option<&str>) -> Option<String> {
    let theme = theme?;
    errors.text("themeId", text::line(theme, text::NAME_MAX));
    Some(theme.to_owned())
}

async fn create(tx: &Tx<'_>, input: &CreateOrganizationInput) -> Result<OrganizationRow, Refusal> {
    let mut errors = UserErrors::default();
    let name = errors.text("name", text::name(&input.name));
    let display_name = input
        .display_name
        .as_deref()
        .map(|name| errors.text("displayName", text::name(name)));
    let description = errors.description(input.description.as_deref());
    let theme_id = theme(&mut errors, input.theme_id.as_deref());
    let parent_id = input.parent_id.as_ref().map(|id| errors.id("parentId", id));
    errors.check()?;
    let free = tx
        .viewer
        .on_installation()
        .contains(Permission::SystemCreate);
    if !free && store::belongs_somewhere(tx.conn, &tx.viewer).await? {
        return Err(Refusal::user(
            UserErrorCode::AlreadyInOrganization,
            "",
            "you belong to an organization already; creating another needs SYSTEM_CREATE",
        ));
    }
    if let Some(parent) = parent_id {
        tx.authorize::<Edit, entity::Organization>("parentId", parent)
            .await?;
    }
    let new = NewOrganization {
        id: OrganizationId::new(),
        name: &name,
        display_name: display_name.as_deref().unwrap_or(&name),
        description: description.as_deref(),
        theme_id: theme_id.as_deref(),
        parent_id,
    };
    let admin = built_in_id(RoleScope::Organization, "admin");
    let row = store::create(tx.conn, &tx.viewer, &new, admin).await?;
    tx.audit(|entry| {
        entry.organization = Some(row.id);
        entry.target(row.id);
    });
    tx.scope.note(|notes| notes.changed_rights = true);
    Ok(row)
}

async fn update(tx: &Tx<'_>, input: &UpdateOrganizationInput) -> Result<OrganizationRow, Refusal> {
    let mut errors = UserErrors::default();
    let id = errors.id("id", &input.id);
    let project: Option<Option<ProjectId>> =
        errors.maybe_id("defaultProjectId", &input.default_project_id);
    let colors = input.chart_colors.as_deref().unwrap_or_default();
    if colors.len() > COLORS_MAX {
        let found = colors.len();
        let text = format!("chartColors may hold at most {COLORS_MAX} colours, got {found}");
        errors.add(UserErrorCode::LimitExceeded, "chartColors", text);
    }
    let changes = OrganizationChanges {
        name: input
            .name
            .as_deref()
            .map(|name| errors.text("name", text::name(name))),
        display_name: input
            .display_name
            .as_deref()
            .map(|name| errors.text("displayName", text::name(name))),
        description: errors.maybe_description(&input.description),
        theme_id: input
            .theme_id
            .as_opt_ref()
            .map(|text| theme(&mut errors, text.map(String::as_str))),
        chart_colors: input.chart_colors.as_ref().map(|_| {
            colors
                .iter()
                .map(|color| color.as_str().to_owned())
                .collect()
        }),
        default_project_id: project,
        updated_at: Some(tx.now),
    };
    errors.check()?;
    tx.audit(|entry| entry.target(id));
    let grant = tx.authorize::<Edit, entity::Organization>("id", id).await?;
    tx.audit(|entry| {
        entry.organization = Some(id);
        entry.changed("name", changes.name.is_some());
        entry.changed("displayName", changes.display_name.is_some());
        entry.changed("description", changes.description.is_some());
        entry.changed("themeId", changes.theme_id.is_some());
        entry.changed("chartColors", changes.chart_colors.is_some());
        entry.changed("defaultProjectId", changes.default_project_id.is_some());
    });
    if let Some(Some(project)) = project {
        let seen = tx
            .see::<entity::Project>("defaultProjectId", project)
            .await?;
        if seen.place().organization != Some(id) {
            return Err(Refusal::user(
                UserErrorCode::Invalid,
                "defaultProjectId",
                "must be a project of this organization",
            ));
        }
    }
    Ok(store::update(tx.conn, &grant, &changes).await?)
}

async fn delete(
    tx: &Tx<'_>,
    input: &DeleteOrganizationsInput,
) -> Result<Vec<OrganizationId>, Refusal> {
    let ids = bulk_ids::<entity::Organization>(tx, "ids", &input.ids)?;
    tx.audit(|entry| ids.iter().for_each(|id| entry.target(*id)));
    let mut grants = Vec::with_capacity(ids.len());
    for (n, id) in ids.iter().enumerate() {
        let path = format!("ids.{n}");
        let grant = tx
            .authorize::<Delete, entity::Organization>(&path, *id)
            .await?;
        tx.audit(|entry| entry.place(*id, Some(*id)));
        grants.push(grant);
    }
    let parents = store::with_children(tx.conn, &grants).await?;
    let mut errors = UserErrors::default();
    for (n, _) in ids
        .iter()
        .enumerate()
        .filter(|(_, id)| parents.contains(id))
    {
        errors.add(
            UserErrorCode::InUse,
            &format!("ids.{n}"),
            "there are organizations below this one; delete them first",
        );
    }
    errors.check()?;
    store::delete(tx.conn, &grants).await?;
    tx.scope.note(|notes| notes.changed_rights = true);
    Ok(ids)
}
