//! What charts and dashboards have in common in the graph.

use super::{chart::Chart, dashboard::Dashboard, space::Space};
use crate::{
    domains::{identity::user::User, project::project::Project},
    kernel::Result,
};
use async_graphql::{ID, Interface};
use chrono::{DateTime, Utc};

/// Charts and dashboards: things that live in a space.
#[expect(
    clippy::duplicated_attributes,
    reason = "one group of attributes for each field"
)]
#[derive(Interface)]
#[graphql(
    field(name = "id", ty = "ID", desc = "Globally unique id."),
    field(name = "name", ty = "&str", desc = "Name."),
    field(name = "description", ty = "Option<&str>", desc = "What it shows."),
    field(
        name = "slug",
        ty = "&str",
        desc = "Name for addresses, unique among its kind in the project."
    ),
    field(name = "project", ty = "Project", desc = "The project it belongs to."),
    field(name = "space", ty = "Space", desc = "The space it is in."),
    field(name = "view_count", ty = "i32", desc = "How often it was opened."),
    field(
        name = "updated_at",
        ty = "DateTime<Utc>",
        desc = "When it was changed last."
    ),
    field(
        name = "updated_by",
        ty = "Option<Result<User>>",
        desc = "Who changed it last; null if the account is gone or not visible."
    )
)]
pub enum Content {
    /// A chart.
    Chart(Chart),
    /// A dashboard.
    Dashboard(Dashboard),
}
