//! Dashboards: tiles on a grid of 36 columns, in tabs, with filters over all of them.
//!
//! A dashboard is in a space; its slug is unique in the project. Charts may exist only inside one
//! dashboard: they are in its space, move with it and are deleted with it. Tiles, tabs and filters
//! are read only where asked for, for a whole level at once. Who may see it: `policy`.

pub(crate) mod input;
mod layout;
mod list;
mod loader;
mod mutation;
mod object;
mod policy;
mod query;
mod row;
pub(crate) mod store;
mod tile;

pub use input::{DashboardTabInput, DashboardTileContentInput, DashboardTileInput};
pub use list::{DashboardFilter, DashboardOrder, DashboardOrderField, dashboards_of};
pub use mutation::{
    CreateDashboardInput, CreateDashboardPayload, DashboardMutation, DashboardUpdateInput,
    DeleteDashboardsInput, DeleteDashboardsPayload, UpdateDashboardsInput, UpdateDashboardsPayload,
};
pub use object::Dashboard;
pub use policy::POLICIES;
pub use query::DashboardQuery;
pub use row::*;
pub use tile::{DashboardTab, DashboardTile};
