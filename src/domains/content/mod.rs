//! Spaces, charts and dashboards.

pub mod space;
pub mod chart;
pub mod dashboard;
pub mod metric_query;
