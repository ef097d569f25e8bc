//! Charts: a saved metric query and how to draw it.
//!
//! A chart is in a space, or exists only inside one dashboard and then takes the dashboard's space.
//! Its slug is unique in the project. How it is drawn (`kind`) follows from its configuration. The
//! query and the configuration are wide and read only where asked for. Who may see it: `policy`.

mod definition;
mod kind;
mod list;
mod mutation;
mod object;
mod policy;
mod query;
mod row;
pub(crate) mod store;

pub(in crate::domains::content) use definition::{ChartDefinition, Defined, defined};
pub use kind::kind_of;
pub use list::{ChartFilter, ChartKindFilter, ChartOrder, ChartOrderField, charts_of};
pub(in crate::domains::content) use mutation::may_write_sql;
pub use mutation::{
    ChartMutation, CreateChartInput, CreateChartPayload, DeleteChartsInput, DeleteChartsPayload,
    UpdateChartInput, UpdateChartPayload,
};
pub use object::Chart;
pub use policy::POLICIES;
pub use query::ChartQuery;
pub use row::*;
