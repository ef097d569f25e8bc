//! Metric queries: what a chart asks of the semantic layer, typed in and typed out.
//!
//! Nothing runs here. A query is checked for shape (sizes, nesting, operators and values that fit each
//! other) when it is saved; whether its fields exist is for the semantic layer to say.
//!
//! The types of the graph are also what is stored (as JSON). Stored fields that are missing have
//! defaults, so that older rows stay readable.

mod check;
mod custom_sql;
mod filters;
mod input;
mod json;
mod model;
mod template;

pub use check::Checked;
pub(in crate::domains::content) use check::RULE_SETTINGS;
pub use custom_sql::{custom_sql, custom_sql_beside_models};
pub use filters::{
    DashboardFilterRule, DashboardFilters, FilterGroup, FilterGroupOperator, FilterNode,
    FilterOperator, FilterRule, QueryFilters,
};
pub use input::{
    AdditionalMetricInput, CustomDimensionInput, DashboardFilterRuleInput, DashboardFiltersInput,
    FilterGroupInput, FilterNodeInput, FilterRuleInput, MetricQueryInput, QueryFiltersInput,
};
pub use json::check_json;
pub use model::{
    AdditionalMetric, BinRange, BinType, CustomBinDimension, CustomDimension, CustomSqlDimension,
    DimensionType, MetricQuery, MetricType, PeriodComparison, SortField, TableCalculation,
};
pub use template::{
    TableCalculationTemplate, TableCalculationTemplateType, TemplateOrder, TotalMode, WindowFrame,
    WindowFrameEdge, WindowFrameEdgeType, WindowFrameType, WindowFunction,
};
