//! The type `WarehouseConnection` of the graph.

use super::{WarehouseConnectionRow, Weekday};
use crate::{
    authz::{Permission, Place},
    domains::project::project::ProjectRow,
    gql::{ScopeExt as _, TimeZone},
    kernel::Result,
    services::warehouse::{PostgresSettings, Settings, WarehouseType},
};
use async_graphql::{Context, Object};
use std::sync::Arc;

/// How a project reaches its warehouse.
pub struct WarehouseConnection {
    pub(super) row: Arc<WarehouseConnectionRow>,
    pub(super) project: Arc<ProjectRow>,
}

impl WarehouseConnection {
    /// The settings, for those who may edit the project.
    fn settings(&self, ctx: &Context<'_>) -> Result<Option<PostgresSettings>> {
        let place = Place::project(self.row.organization_id, self.row.project_id);
        let held = ctx.scope().viewer()?.at(&place);
        if !held.contains(Permission::ProjectEdit) {
            return Ok(None);
        }
        let (Settings::Postgres(settings) | Settings::Redshift(settings)) = self.row.settings()?;
        Ok(Some(settings))
    }
}

/// How a project reaches its warehouse. Where it is, is shown to those with PROJECT_EDIT only.
#[Object]
impl WarehouseConnection {
    /// What kind of warehouse it is.
    #[graphql(name = "type")]
    async fn kind(&self) -> WarehouseType {
        self.row.kind
    }

    /// Host; null without PROJECT_EDIT.
    async fn host(&self, ctx: &Context<'_>) -> Option<Result<String>> {
        let settings = self.settings(ctx).transpose()?;
        Some(settings.map(|settings| settings.host))
    }

    /// Port; null without PROJECT_EDIT.
    async fn port(&self, ctx: &Context<'_>) -> Option<Result<i32>> {
        let settings = self.settings(ctx).transpose()?;
        Some(settings.map(|settings| settings.port.into()))
    }

    /// Database; null without PROJECT_EDIT.
    async fn database(&self, ctx: &Context<'_>) -> Option<Result<String>> {
        let settings = self.settings(ctx).transpose()?;
        Some(settings.map(|settings| settings.database))
    }

    /// Schema in which names without one are looked up; null if there is none, and without
    /// PROJECT_EDIT.
    async fn schema(&self, ctx: &Context<'_>) -> Option<Result<String>> {
        let settings = self.settings(ctx).transpose()?;
        settings.map(|settings| settings.schema).transpose()
    }

    /// User that queries run as, unless they run with personal credentials; null without
    /// PROJECT_EDIT.
    async fn user(&self, ctx: &Context<'_>) -> Option<Result<String>> {
        let settings = self.settings(ctx).transpose()?;
        Some(settings.map(|settings| settings.user))
    }

    /// When TLS is used and what is checked of the certificate: `disable`, `prefer`, `require`,
    /// `verify-ca` or `verify-full`; null without PROJECT_EDIT.
    async fn ssl_mode(&self, ctx: &Context<'_>) -> Option<Result<&'static str>> {
        let settings = self.settings(ctx).transpose()?;
        Some(settings.map(|settings| settings.ssl_mode.as_str()))
    }

    /// Whether a password is stored. It is never shown.
    async fn has_password(&self) -> bool {
        self.row.has_secret
    }

    /// True where every user must bring own warehouse credentials.
    async fn require_user_credentials(&self) -> bool {
        self.project.require_user_credentials
    }

    /// Day with which weeks begin; null for the warehouse's own.
    async fn start_of_week(&self) -> Option<Weekday> {
        self.row.start_of_week
    }

    /// IANA zone that moments without a zone are in; null for UTC.
    async fn data_timezone(&self) -> Option<Result<TimeZone>> {
        let settings = self.row.settings();
        let zone = settings.map(|settings| {
            let (Settings::Postgres(settings) | Settings::Redshift(settings)) = settings;
            settings.data_timezone.map(TimeZone::trusted)
        });
        zone.transpose()
    }
}
