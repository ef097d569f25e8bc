//! Versions of charts: what a chart draws now, and everything that it drew before.
//!
//! The current version is the row of the chart; the table itself keeps the state before a change of
//! query, configuration or columns, whoever makes it. `chart_history` is all of them. There is no end
//! to how long they are kept but that of the chart. Who may see one: who sees the chart.

mod list;
mod mutation;
mod object;
mod policy;
mod row;
pub(crate) mod store;

pub use list::{ChartVersionFilter, versions_of};
pub(crate) use mutation::not_of_chart;
pub use mutation::{ChartVersionMutation, RollbackChartInput, RollbackChartPayload};
pub use object::ChartVersion;
pub use policy::POLICIES;
pub use row::*;
