//! Metric queries and dashboard filters as callers write them.

use super::{
    CustomBinDimension, CustomSqlDimension, FilterOperator, MetricType, PeriodComparison,
    SortField, TableCalculation,
};
use crate::gql::{FieldId, TimeZone};
use async_graphql::{ID, InputObject, OneofObject};
use serde_json::Value;

/// A question to the semantic layer.
#[derive(Debug, Clone, InputObject)]
pub struct MetricQueryInput {
    /// The explore whose fields are asked for; at most 255 characters.
    pub explore_name: String,
    /// Fields to group by, ids of custom dimensions among them; at most 500 fields in all.
    pub dimensions: Vec<FieldId>,
    /// Aggregated fields, additional metrics among them.
    pub metrics: Vec<FieldId>,
    /// Which rows count.
    pub filters: QueryFiltersInput,
    /// In which order the rows come. Only fields of the query can be sorted by.
    pub sorts: Vec<SortField>,
    /// Most rows to return: 1 to 100,000.
    pub limit: i32,
    /// Columns computed from the result.
    pub table_calculations: Vec<TableCalculation>,
    /// Metrics defined in this query only.
    pub additional_metrics: Option<Vec<AdditionalMetricInput>>,
    /// Dimensions defined in this query only.
    pub custom_dimensions: Option<Vec<CustomDimensionInput>>,
    /// Zone in which days, weeks and months begin.
    pub timezone: Option<TimeZone>,
    /// What the front end keeps with the query; at most 256 KiB.
    pub metadata: Option<Value>,
}

/// Which rows of a result count.
#[derive(Debug, Clone, Default, InputObject)]
pub struct QueryFiltersInput {
    /// On dimensions: applied before aggregation.
    pub dimensions: Option<FilterGroupInput>,
    /// On metrics: applied after aggregation.
    pub metrics: Option<FilterGroupInput>,
    /// On table calculations: applied to the computed rows.
    pub table_calculations: Option<FilterGroupInput>,
}

/// Rules and groups of rules: exactly one of `and` and `or`; groups nest at most 10 deep.
#[derive(Debug, Clone, Default, InputObject)]
pub struct FilterGroupInput {
    /// All of these must hold.
    pub and: Option<Vec<FilterNodeInput>>,
    /// One of these must hold.
    pub or: Option<Vec<FilterNodeInput>>,
}

/// A rule or a group of rules.
#[derive(Debug, Clone, OneofObject)]
pub enum FilterNodeInput {
    /// A group of rules.
    Group(FilterGroupInput),
    /// A condition on one field.
    Rule(FilterRuleInput),
}

/// A condition on one field.
#[derive(Debug, Clone, InputObject)]
pub struct FilterRuleInput {
    /// Id of the rule within the query; made up unless given.
    pub id: Option<ID>,
    /// The field.
    pub field_id: FieldId,
    /// The comparison.
    pub operator: FilterOperator,
    /// What the field is compared with: texts, numbers, true or false.
    pub values: Option<Vec<Value>>,
    /// Settings of some operators, such as the unit of time of IN_THE_PAST.
    pub settings: Option<Value>,
    /// Whether the rule is kept but not applied.
    #[graphql(default)]
    pub disabled: bool,
    /// Whether a value must be given before the query runs.
    #[graphql(default)]
    pub required: bool,
}

/// A metric defined in one query only.
#[derive(Debug, Clone, InputObject)]
pub struct AdditionalMetricInput {
    /// Name; the field id is the table, an underscore and this.
    pub name: String,
    /// Title of the column.
    pub label: Option<String>,
    /// What it counts.
    pub description: Option<String>,
    /// The table it aggregates.
    pub table: String,
    /// How it aggregates. Needed unless `periodComparison` is given.
    #[graphql(name = "type")]
    pub metric_type: Option<MetricType>,
    /// What it aggregates. Needed unless `periodComparison` is given.
    pub sql: Option<String>,
    /// The dimension it was made from.
    pub base_dimension_name: Option<String>,
    /// Rows that it counts; all of these must hold.
    pub filters: Option<Vec<FilterRuleInput>>,
    /// For a percentile, which one: 0 to 100.
    pub percentile: Option<f64>,
    /// Whether it is left out of tables.
    #[graphql(default)]
    pub hidden: bool,
    /// How values are written.
    pub format: Option<Value>,
    /// Shows a metric of the explore in another period. Then `type`, `sql`, `baseDimensionName`, `filters` and
    /// `percentile` are left out: they are those of that metric.
    pub period_comparison: Option<PeriodComparison>,
}

/// A dimension defined in one query only.
#[derive(Debug, Clone, OneofObject)]
pub enum CustomDimensionInput {
    /// Ranges of a number.
    Bin(CustomBinDimension),
    /// An expression.
    Sql(CustomSqlDimension),
}

/// Filters over all tiles of a dashboard.
#[derive(Debug, Clone, Default, InputObject)]
pub struct DashboardFiltersInput {
    /// On dimensions.
    pub dimensions: Option<Vec<DashboardFilterRuleInput>>,
    /// On metrics.
    pub metrics: Option<Vec<DashboardFilterRuleInput>>,
    /// On table calculations.
    pub table_calculations: Option<Vec<DashboardFilterRuleInput>>,
}

/// A condition over the tiles of a dashboard.
#[derive(Debug, Clone, InputObject)]
pub struct DashboardFilterRuleInput {
    /// Id of the rule within the dashboard; made up unless given.
    pub id: Option<ID>,
    /// Title of the control.
    pub label: Option<String>,
    /// The field.
    pub field_id: FieldId,
    /// The table of the field.
    pub table_name: String,
    /// The comparison.
    pub operator: FilterOperator,
    /// What the field is compared with.
    pub values: Option<Vec<Value>>,
    /// Settings of some operators, such as the unit of time of IN_THE_PAST.
    pub settings: Option<Value>,
    /// Whether the rule is kept but not applied.
    #[graphql(default)]
    pub disabled: bool,
    /// Whether a value must be given before the tiles run.
    #[graphql(default)]
    pub required: bool,
    /// For tiles with other fields: by id of the tile, the field it applies to, or false for none.
    pub tile_targets: Option<Value>,
}
