//! Everything that has a global id, in one list: the `Node` interface, and `node` and `nodes`.

use crate::{
    domains::{
        access::{grant::AccessGrant, group::Group, role::Role},
        content::{
            chart::Chart,
            chart_version::ChartVersion,
            dashboard::{Dashboard, DashboardTile},
            space::Space,
        },
        identity::{
            api_key::ApiKey, membership::OrganizationMembership, organization::Organization,
            session::Session, user::User,
        },
        model::{
            attribute::UserAttribute,
            catalog::{Dimension, Metric, Table},
            deployment::Deployment,
            tag::Tag,
        },
        platform::{audit::AuditEvent, job::Job},
        project::project::Project,
        query::{run::QueryRun, validation::ValidationError},
        warehouse::credentials::WarehouseCredentials,
    },
    gql::ScopeExt as _,
    kernel::{AnyId, Entity, Error, Id, Result, entity},
};
use async_graphql::{Context, ID, Interface, Object};
use futures_util::future::try_join_all;

/// Makes the interface `Node` and the dispatch from a prefix to a loader.
///
/// ```text
/// entities! { Chart by ChartRow for entity::Chart, … }
/// // → enum Node { Chart(Chart), … }, async fn find(ctx, id) -> Result<Option<Node>>, KINDS
/// ```
macro_rules! entities {
    ($($node:ident for $entity:ty),* $(,)?) => {
        /// Everything that has an id of its own.
        #[derive(Interface)]
        #[graphql(field(name = "id", ty = "ID", desc = "Globally unique id, for example `chart_01h455vb4pex5vsknk084sn02q`. Give it to `node` to fetch the object again."))]
        pub enum Node { $(#[doc(hidden)] $node($node)),* }

        /// Prefix and type of every kind of node.
        pub(crate) const KINDS: &[(&str, &str)] = &[$((<$entity as Entity>::PREFIX, <$entity as Entity>::TYPE)),*];

        /// Any node by its prefix and UUID; `None` if the viewer may not see it.
        pub(super) async fn find(ctx: &Context<'_>, id: AnyId<'_>) -> Result<Option<Node>> {
            $(if id.prefix == <$entity as Entity>::PREFIX {
                let id = Id::<$entity>::from_uuid(id.uuid);
                let row = ctx.by_id::<<$node as NodeRow>::Row>(id).await?;
                return Ok(row.map(|row| Node::$node(row.into())));
            })*
            Ok(None)
        }
    };
}

/// The row behind a node.
trait NodeRow: From<std::sync::Arc<Self::Row>> {
    type Row: crate::gql::ById;
}
macro_rules! node_rows {
    ($($node:ident by $row:ty),* $(,)?) => {$(impl NodeRow for $node { type Row = $row; })*};
}
node_rows! {
    AccessGrant by crate::domains::access::grant::AccessGrantRow,
    ApiKey by crate::domains::identity::api_key::ApiKeyRow,
    AuditEvent by crate::domains::platform::audit::AuditEventRow,
    Chart by crate::domains::content::chart::ChartRow,
    ChartVersion by crate::domains::content::chart_version::ChartVersionRow,
    Dashboard by crate::domains::content::dashboard::DashboardRow,
    DashboardTile by crate::domains::content::dashboard::DashboardTileRow,
    Deployment by crate::domains::model::deployment::DeploymentRow,
    Dimension by crate::domains::model::catalog::DimensionRow,
    Group by crate::domains::access::group::GroupRow,
    Job by crate::domains::platform::job::JobRow,
    Metric by crate::domains::model::catalog::MetricRow,
    Organization by crate::domains::identity::organization::OrganizationRow,
    OrganizationMembership by crate::domains::identity::membership::OrganizationMembershipRow,
    Project by crate::domains::project::project::ProjectRow,
    QueryRun by crate::domains::query::run::QueryRunRow,
    ValidationError by crate::domains::query::validation::ValidationErrorRow,
    Role by crate::domains::access::role::RoleRow,
    Session by crate::domains::identity::session::SessionRow,
    Space by crate::domains::content::space::SpaceRow,
    Table by crate::domains::model::catalog::TableRow,
    Tag by crate::domains::model::tag::TagRow,
    User by crate::domains::identity::user::UserRow,
    UserAttribute by crate::domains::model::attribute::UserAttributeRow,
    WarehouseCredentials by crate::domains::warehouse::credentials::WarehouseCredentialsRow,
}

entities! {
    AccessGrant for entity::AccessGrant,
    ApiKey for entity::ApiKey,
    AuditEvent for entity::AuditEvent,
    Chart for entity::Chart,
    ChartVersion for entity::ChartVersion,
    Dashboard for entity::Dashboard,
    DashboardTile for entity::DashboardTile,
    Deployment for entity::Deployment,
    Dimension for entity::Dimension,
    Group for entity::Group,
    Job for entity::Job,
    Metric for entity::Metric,
    Organization for entity::Organization,
    OrganizationMembership for entity::OrganizationMembership,
    Project for entity::Project,
    QueryRun for entity::QueryRun,
    ValidationError for entity::ValidationError,
    Role for entity::Role,
    Session for entity::Session,
    Space for entity::Space,
    Table for entity::Table,
    Tag for entity::Tag,
    User for entity::User,
    UserAttribute for entity::UserAttribute,
    WarehouseCredentials for entity::WarehouseCredentials,
}

/// `node` and `nodes`.
#[derive(Default)]
pub(crate) struct NodeQuery;

#[Object]
impl NodeQuery {
    /// Any object by its id; null if there is none or the caller may not see it.
    async fn node(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id of the object, of whatever type.")] id: ID,
    ) -> Result<Option<Node>> {
        ctx.scope().viewer()?;
        find(ctx, parse("id", &id)?).await
    }

    /// Objects by their ids, in the same order; null where there is none or the caller may not see it.
    async fn nodes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Ids of the objects, of whatever types; at most 100.")] ids: Vec<ID>,
    ) -> Result<Vec<Option<Node>>> {
        ctx.scope().viewer()?;
        let maximum = ctx.scope().limits.bulk_max;
        if ids.len() > maximum {
            let found = ids.len();
            return Err(Error::invalid(
                "ids",
                format!("at most {maximum} ids are allowed, got {found}"),
            ));
        }
        let ids = ids
            .iter()
            .map(|id| parse("ids", id))
            .collect::<Result<Vec<_>>>()?;
        try_join_all(ids.into_iter().map(|id| find(ctx, id))).await
    }
}

fn parse<'a>(argument: &'static str, id: &'a ID) -> Result<AnyId<'a>> {
    AnyId::parse(id.as_str())
        .filter(|id| KINDS.iter().any(|(prefix, _)| *prefix == id.prefix))
        .ok_or_else(|| {
            let prefixes: Vec<_> = KINDS
                .iter()
                .map(|(prefix, _)| format!("{prefix}_"))
                .collect();
            Error::invalid(
                argument,
                format!(
                    "expected an id that starts with one of {}",
                    prefixes.join(", ")
                ),
            )
        })
}
