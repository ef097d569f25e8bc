//! Mutations of dashboards.

use super::{
    Dashboard, DashboardRow, DashboardTabInput, DashboardTileInput,
    input::{self, TabDraft, TileDraft},
    layout::{self, Before, Layout, below},
    store::{self, DashboardChanges, NewDashboard},
};
use crate::{
    authz::{Create, Delete, Edit, Grant, System, View},
    domains::content::{
        metric_query::{Checked, DashboardFilters, DashboardFiltersInput},
        space::SpaceRow,
    },
    gql::{
        Refusal, ScopeExt as _, Tx, UserError, UserErrorCode, UserErrors, bulk_ids, id_text,
        mutate, payload,
    },
    kernel::{
        Error, Result, entity,
        entity::{DashboardId, ProjectId, SpaceId},
        text,
    },
};
use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, SimpleObject};
use std::sync::Arc;

/// A new dashboard.
#[derive(Debug, InputObject)]
pub struct CreateDashboardInput {
    /// The project that it will belong to.
    pub project_id: ID,
    /// The space that it will be in; needs DASHBOARD_CREATE there. Left out: the first space by
    /// name, on the first level of the project, in which the caller may create dashboards.
    pub space_id: Option<ID>,
    /// Name, at most 255 characters.
    pub name: String,
    /// What it shows; at most 10,000 characters.
    pub description: Option<String>,
    /// Its tabs, at most 50.
    pub tabs: Option<Vec<DashboardTabInput>>,
    /// Its tiles, at most 200.
    pub tiles: Option<Vec<DashboardTileInput>>,
    /// Filters over all tiles.
    pub filters: Option<DashboardFiltersInput>,
}

/// A change of one dashboard. Fields left out stay as they are; lists given replace.
#[derive(Debug, InputObject)]
pub struct DashboardUpdateInput {
    /// The dashboard. Needs DASHBOARD_EDIT.
    pub id: ID,
    /// New name.
    pub name: Option<String>,
    /// New description; null clears it.
    pub description: MaybeUndefined<String>,
    /// Moves the dashboard, with the charts that exist only inside it, to this space of the same
    /// project; needs DASHBOARD_CREATE there.
    pub space_id: Option<ID>,
    /// Its tabs from now on, at most 50. Tiles on a tab that is left out go with it, unless `tiles`
    /// puts them elsewhere.
    pub tabs: Option<Vec<DashboardTabInput>>,
    /// Its tiles from now on, at most 200.
    pub tiles: Option<Vec<DashboardTileInput>>,
    /// Filters over all tiles from now on.
    pub filters: Option<DashboardFiltersInput>,
}

/// Dashboards to change.
#[derive(Debug, InputObject)]
pub struct UpdateDashboardsInput {
    /// The changes, at most 100, one for each dashboard; one that fails keeps all as they are.
    pub dashboards: Vec<DashboardUpdateInput>,
}

/// Dashboards to delete.
#[derive(Debug, InputObject)]
pub struct DeleteDashboardsInput {
    /// The dashboards, at most 100. Needs DASHBOARD_DELETE on each; one that fails keeps all.
    pub ids: Vec<ID>,
}

/// What `createDashboard` answers.
#[derive(SimpleObject)]
pub struct CreateDashboardPayload {
    /// The dashboard; null if there are mistakes.
    pub dashboard: Option<Dashboard>,
    /// Mistakes in the input; nothing was stored if there are any.
    pub user_errors: Vec<UserError>,
}

/// What `updateDashboards` answers.
#[derive(SimpleObject)]
pub struct UpdateDashboardsPayload {
    /// The dashboards, in the order of the input; null if there are mistakes.
    pub dashboards: Option<Vec<Dashboard>>,
    /// Mistakes in the input; nothing was stored if there are any.
    pub user_errors: Vec<UserError>,
}

/// What `deleteDashboards` answers.
#[derive(SimpleObject)]
pub struct DeleteDashboardsPayload {
    /// Ids of the deleted dashboards; null if there are mistakes.
    pub deleted_ids: Option<Vec<ID>>,
    /// Mistakes in the input; nothing was deleted if there are any.
    pub user_errors: Vec<UserError>,
}

/// Mutations of dashboards.
#[derive(Default)]
pub struct DashboardMutation;

#[Object]
impl DashboardMutation {
    /// Makes a dashboard.
    async fn create_dashboard(
        &self,
        ctx: &Context<'_>,
        input: CreateDashboardInput,
    ) -> Result<CreateDashboardPayload> {
        let scope = ctx.scope();
        let outcome = mutate(scope, "createDashboard", async |tx| {
            Box::pin(create(tx, &input)).await
        })
        .await?;
        let outcome = match outcome {
            Ok((row, space)) => {
                scope.lanes.prime_by_id([(space.id, Arc::new(space))])?;
                Ok(row)
            }
            Err(mistakes) => Err(mistakes),
        };
        let (dashboard, user_errors) = payload(outcome, |row| Arc::new(row).into());
        Ok(CreateDashboardPayload {
            dashboard,
            user_errors,
        })
    }

    /// Changes dashboards: all of them, or none.
    async fn update_dashboards(
        &self,
        ctx: &Context<'_>,
        input: UpdateDashboardsInput,
    ) -> Result<UpdateDashboardsPayload> {
        let outcome = mutate(ctx.scope(), "updateDashboards", async |tx| {
            Box::pin(update(tx, &input)).await
        })
        .await?;
        let (dashboards, user_errors) = payload(outcome, |rows| {
            rows.into_iter().map(|row| Arc::new(row).into()).collect()
        });
        Ok(UpdateDashboardsPayload {
            dashboards,
            user_errors,
        })
    }

    /// Deletes dashboards and the charts that exist only inside them: all of them, or none.
    async fn delete_dashboards(
        &self,
        ctx: &Context<'_>,
        input: DeleteDashboardsInput,
    ) -> Result<DeleteDashboardsPayload> {
        let outcome = mutate(ctx.scope(), "deleteDashboards", async |tx| {
            Box::pin(delete(tx, &input)).await
        })
        .await?;
        let (deleted_ids, user_errors) =
            payload(outcome, |ids| ids.into_iter().map(id_text).collect());
        Ok(DeleteDashboardsPayload {
            deleted_ids,
            user_errors,
        })
    }
}

async fn create(
    tx: &Tx<'_>,
    input: &CreateDashboardInput,
) -> Result<(DashboardRow, SpaceRow), Refusal> {
    let mut errors = UserErrors::default();
    let project: ProjectId = errors.id("projectId", &input.project_id);
    let space: Option<SpaceId> = input.space_id.as_ref().map(|id| errors.id("spaceId", id));
    let name = errors.text("name", text::name(&input.name));
    let description = errors.description(input.description.as_deref());
    let tabs = input::tabs(&mut errors, "tabs", input.tabs.as_deref());
    let tiles = input::tiles(&mut errors, "tiles", input.tiles.as_deref());
    let mut filters = filters(&mut errors, "filters", input.filters.as_ref()).unwrap_or_default();
    errors.check()?;
    tx.see::<entity::Project>("projectId", project).await?;
    let space = space_for(tx, project, space).await?;
    let id = DashboardId::new();
    let home = ("", id, project);
    let layout = layout::resolve(tx, home, &Before::default(), tabs, tiles).await?;
    layout.aim(&mut filters);
    let who = (tx.now, Some(tx.viewer.user));
    let new = NewDashboard {
        id,
        slug: &text::slug(&name),
        name: &name,
        description: description.as_deref(),
        filters: &filters,
        created: who,
        updated: who,
    };
    let (row, above) = store::create(tx.conn, &space, &new).await?;
    let grant = System::new("content of a new dashboard").grant(row.id, space.place().clone());
    put(tx, &grant, &layout).await?;
    tx.audit(|entry| {
        entry.organization = Some(row.organization_id);
        entry.target(row.id);
    });
    Ok((row, above))
}

/// The right to make a dashboard in the space, or in the first that allows it.
async fn space_for(
    tx: &Tx<'_>,
    project: ProjectId,
    space: Option<SpaceId>,
) -> Result<Grant<Create<entity::Dashboard>, entity::Space>, Refusal> {
    if let Some(space) = space {
        return target(tx, "spaceId", project, space).await;
    }
    let creatable = tx
        .viewer
        .visible::<entity::Space, Create<entity::Dashboard>>();
    let Some(first) = store::first_space(tx.conn, &creatable, project).await? else {
        let text = "name a space: there is none here in which you may create dashboards";
        return Err(Refusal::user(UserErrorCode::Required, "spaceId", text));
    };
    target(tx, "spaceId", project, first).await
}

/// The right to put a dashboard into a space of the project.
async fn target(
    tx: &Tx<'_>,
    path: &str,
    project: ProjectId,
    space: SpaceId,
) -> Result<Grant<Create<entity::Dashboard>, entity::Space>, Refusal> {
    let grant = tx
        .authorize::<Create<entity::Dashboard>, entity::Space>(path, space)
        .await?;
    if grant.place().project != Some(project) {
        let text = "must be a space of the same project";
        return Err(Refusal::user(UserErrorCode::Invalid, path, text));
    }
    Ok(grant)
}

/// One change, read and checked as far as that needs no database.
struct Draft {
    path: String,
    id: DashboardId,
    space: Option<SpaceId>,
    tabs: Option<Vec<TabDraft>>,
    tiles: Option<Vec<TileDraft>>,
    filters: Option<DashboardFilters>,
    changes: DashboardChanges,
}

async fn update(tx: &Tx<'_>, input: &UpdateDashboardsInput) -> Result<Vec<DashboardRow>, Refusal> {
    let given: Vec<ID> = input
        .dashboards
        .iter()
        .map(|change| change.id.clone())
        .collect();
    let maximum = tx.scope.limits.bulk_max;
    let mut errors = UserErrors::default();
    if given.is_empty() {
        errors.add(
            UserErrorCode::Required,
            "dashboards",
            "must name at least one",
        );
    }
    if given.len() > maximum {
        let text = format!("at most {maximum} are allowed, got {}", given.len());
        errors.add(UserErrorCode::LimitExceeded, "dashboards", text);
        errors.check()?;
        return Ok(Vec::new());
    }
    let mut drafts: Vec<Draft> = Vec::with_capacity(given.len());
    for (n, change) in input.dashboards.iter().enumerate() {
        let draft = Draft::read(&mut errors, tx, format!("dashboards.{n}"), change);
        if drafts.iter().any(|other| other.id == draft.id) {
            let text = "this dashboard is named already";
            errors.add(UserErrorCode::Invalid, &below(&draft.path, "id"), text);
        }
        drafts.push(draft);
    }
    errors.check()?;
    tx.audit(|entry| drafts.iter().for_each(|draft| entry.target(draft.id)));
    let mut rows = Vec::with_capacity(drafts.len());
    for draft in drafts {
        rows.push(draft.apply(tx).await?);
    }
    tx.audit(|entry| {
        entry.organization = rows.first().map(|row: &DashboardRow| row.organization_id);
    });
    Ok(rows)
}

impl Draft {
    fn read(
        errors: &mut UserErrors,
        tx: &Tx<'_>,
        path: String,
        input: &DashboardUpdateInput,
    ) -> Self {
        let at = |field: &str| below(&path, field);
        let description = input.description.as_opt_ref().map(|text| {
            let text = text?;
            errors.text(&at("description"), text::lines(text, text::DESCRIPTION_MAX));
            Some(text.clone())
        });
        let name = input.name.as_deref();
        let changes = DashboardChanges {
            name: name.map(|name| errors.text(&at("name"), text::name(name))),
            description,
            updated_at: Some(tx.now),
            updated_by: Some(tx.viewer.user),
            ..DashboardChanges::default()
        };
        Self {
            id: errors.id(&at("id"), &input.id),
            space: input
                .space_id
                .as_ref()
                .map(|id| errors.id(&at("spaceId"), id)),
            tabs: input::tabs(errors, &at("tabs"), input.tabs.as_deref()),
            tiles: input::tiles(errors, &at("tiles"), input.tiles.as_deref()),
            filters: filters(errors, &at("filters"), input.filters.as_ref()),
            changes,
            path,
        }
    }

    async fn apply(mut self, tx: &Tx<'_>) -> Result<DashboardRow, Refusal> {
        let at = |field: &str| below(&self.path, field);
        let grant = tx
            .authorize::<Edit, entity::Dashboard>(&at("id"), self.id)
            .await?;
        let row = store::lock(tx.conn, &grant).await?;
        if let Some(space) = self.space.filter(|space| *space != row.space_id) {
            target(tx, &at("spaceId"), row.project_id, space).await?;
            self.changes.space_id = Some(space);
        }
        let before = if self.tabs.is_some() || self.tiles.is_some() {
            let visible = tx.viewer.visible::<entity::Dashboard, View>();
            Before {
                tabs: store::tabs(tx.conn, &visible, &[self.id]).await?,
                tiles: store::tiles(tx.conn, &visible, &[self.id]).await?,
            }
        } else {
            Before::default()
        };
        let home = (self.path.as_str(), self.id, row.project_id);
        let layout = layout::resolve(tx, home, &before, self.tabs, self.tiles).await?;
        if let Some(mut filters) = self.filters {
            layout.aim(&mut filters);
            self.changes.filters = Some(store::stored(&filters)?);
        }
        tx.audit(|entry| {
            entry.changed("name", self.changes.name.is_some());
            entry.changed("description", self.changes.description.is_some());
            entry.changed("spaceId", self.changes.space_id.is_some());
            entry.changed("filters", self.changes.filters.is_some());
            entry.changed("tabs", layout.tabs.is_some());
            entry.changed("tiles", layout.tiles.is_some());
        });
        let row = store::update(tx.conn, &grant, &self.changes).await?;
        put(tx, &grant, &layout).await?;
        Ok(row)
    }
}

async fn delete(tx: &Tx<'_>, input: &DeleteDashboardsInput) -> Result<Vec<DashboardId>, Refusal> {
    let ids = bulk_ids::<entity::Dashboard>(tx, "ids", &input.ids)?;
    tx.audit(|entry| ids.iter().for_each(|id| entry.target(*id)));
    let mut grants = Vec::with_capacity(ids.len());
    for (n, id) in ids.iter().enumerate() {
        grants.push(
            tx.authorize::<Delete, entity::Dashboard>(&format!("ids.{n}"), *id)
                .await?,
        );
    }
    tx.audit(|entry| {
        entry.organization = grants.first().and_then(|grant| grant.place().organization);
    });
    store::delete(tx.conn, &grants).await?;
    Ok(ids)
}

fn filters(
    errors: &mut UserErrors,
    path: &str,
    input: Option<&DashboardFiltersInput>,
) -> Option<DashboardFilters> {
    Some(Checked::new(errors).dashboard_filters(path, input?))
}

/// Stores tabs before the tiles on them, and drops tabs after the tiles that leave them.
async fn put(
    tx: &Tx<'_>,
    grant: &Grant<Edit, entity::Dashboard>,
    layout: &Layout,
) -> Result<(), Error> {
    if let Some(tabs) = &layout.tabs {
        store::put_tabs(tx.conn, grant, tabs).await?;
    }
    if let Some(tiles) = &layout.tiles {
        store::put_tiles(tx.conn, grant, tiles).await?;
    }
    if let Some(tabs) = &layout.tabs {
        store::keep_tabs(tx.conn, grant, tabs).await?;
    }
    Ok(())
}
