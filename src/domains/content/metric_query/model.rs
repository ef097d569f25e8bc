//! The metric query as it is stored and shown.

use super::{
    FilterRule, QueryFilters,
    template::{TableCalculationTemplate, TotalMode},
};
use crate::{
    domains::model::DateGranularity,
    gql::{FieldId, TimeZone},
};
use async_graphql::{Enum, ID, InputObject, SimpleObject, Union};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A question to the semantic layer: which fields of an explore, filtered and sorted how.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, SimpleObject)]
#[serde(rename_all = "camelCase", default)]
pub struct MetricQuery {
    /// The explore whose fields are asked for.
    pub explore_name: String,
    /// Fields to group by, custom dimensions among them.
    pub dimensions: Vec<FieldId>,
    /// Aggregated fields, additional metrics among them.
    pub metrics: Vec<FieldId>,
    /// Which rows count.
    pub filters: QueryFilters,
    /// In which order the rows come.
    pub sorts: Vec<SortField>,
    /// Most rows to return.
    pub limit: i32,
    /// Columns computed from the result.
    pub table_calculations: Vec<TableCalculation>,
    /// Metrics defined in this query only.
    pub additional_metrics: Vec<AdditionalMetric>,
    /// Dimensions defined in this query only.
    pub custom_dimensions: Vec<CustomDimension>,
    /// Zone in which days, weeks and months begin; that of the project unless given.
    pub timezone: Option<TimeZone>,
    /// What the front end keeps with the query.
    pub metadata: Option<Value>,
}

/// One column to sort by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, SimpleObject, InputObject)]
#[graphql(input_name = "SortFieldInput")]
#[serde(rename_all = "camelCase")]
pub struct SortField {
    /// The column: a field of the query or a table calculation.
    pub field_id: FieldId,
    /// Whether higher values come first.
    pub descending: bool,
}

/// A column computed from the result, row by row or over windows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, SimpleObject, InputObject)]
#[graphql(input_name = "TableCalculationInput")]
#[serde(rename_all = "camelCase")]
pub struct TableCalculation {
    /// Name, unique in the query; what sorts and filters refer to.
    pub name: String,
    /// Title of the column.
    pub display_name: String,
    /// SQL over the other columns, written as `${table.field}`. Null where it is a formula or from a template.
    /// Exactly one of the three is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sql: Option<String>,
    /// A formula as in spreadsheets, over columns of the query by their names: `=orders_revenue / orders_count`.
    /// Needs no permission.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub formula: Option<String>,
    /// One of the usual calculations. Needs no permission.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<TableCalculationTemplate>,
    /// Type of the values.
    #[serde(rename = "type", default)]
    #[graphql(name = "type")]
    pub value_type: Option<DimensionType>,
    /// How values are written.
    #[serde(default)]
    pub format: Option<Value>,
    /// What stands in totals: FORMULA unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_mode: Option<TotalMode>,
}

/// A metric defined in one query only.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, SimpleObject)]
#[serde(rename_all = "camelCase")]
pub struct AdditionalMetric {
    /// Name; the field id is the table, an underscore and this.
    pub name: String,
    /// Title of the column.
    #[serde(default)]
    pub label: Option<String>,
    /// What it counts.
    #[serde(default)]
    pub description: Option<String>,
    /// The table it aggregates.
    pub table: String,
    /// How it aggregates; null for a metric of another period.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    #[graphql(name = "type")]
    pub metric_type: Option<MetricType>,
    /// What it aggregates; null for a metric of another period.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sql: Option<String>,
    /// The dimension it was made from.
    #[serde(default)]
    pub base_dimension_name: Option<String>,
    /// Rows that it counts; all of these must hold.
    #[serde(default)]
    pub filters: Vec<FilterRule>,
    /// For a percentile, which one: 0 to 100.
    #[serde(default)]
    pub percentile: Option<f64>,
    /// Whether it is left out of tables.
    #[serde(default)]
    pub hidden: bool,
    /// How values are written.
    #[serde(default)]
    pub format: Option<Value>,
    /// Set where it shows a metric of the explore in another period.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period_comparison: Option<PeriodComparison>,
}

/// A metric of the explore in another period, beside this one: each row shows what the metric was so many
/// periods before. The filters of the query apply but for those on the time dimension.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, SimpleObject, InputObject)]
#[graphql(input_name = "PeriodComparisonInput")]
#[serde(rename_all = "camelCase")]
pub struct PeriodComparison {
    /// The metric that is compared. It need not be among the metrics of the query.
    pub base_metric_id: FieldId,
    /// The date or moment that is shifted: a dimension of the query.
    pub time_dimension_id: FieldId,
    /// By which unit; that of the dimension unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub granularity: Option<DateGranularity>,
    /// By how many units: 1 to 1,000.
    #[graphql(default = 1)]
    pub period_offset: i32,
}

/// A dimension defined in one query only.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Union)]
#[serde(rename_all = "camelCase")]
pub enum CustomDimension {
    /// Ranges of a number.
    Bin(CustomBinDimension),
    /// An expression.
    Sql(CustomSqlDimension),
}

/// A dimension that puts the numbers of another into ranges.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, SimpleObject, InputObject)]
#[graphql(input_name = "CustomBinDimensionInput")]
#[serde(rename_all = "camelCase")]
pub struct CustomBinDimension {
    /// Id by which the query refers to it.
    pub id: ID,
    /// Title of the column.
    pub name: String,
    /// The table of the dimension.
    pub table: String,
    /// The dimension whose numbers are put into ranges.
    pub dimension_id: FieldId,
    /// How the ranges are made.
    pub bin_type: BinType,
    /// For FIXED_NUMBER: how many ranges, from 1 to 1,000.
    #[serde(default)]
    pub bin_number: Option<i32>,
    /// For FIXED_WIDTH: how wide a range is, above 0.
    #[serde(default)]
    pub bin_width: Option<f64>,
    /// For CUSTOM_RANGE: the ranges.
    #[serde(default)]
    pub custom_range: Option<Vec<BinRange>>,
}

/// A range of numbers: from (inclusive) to (exclusive).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, SimpleObject, InputObject)]
#[graphql(input_name = "BinRangeInput")]
#[serde(rename_all = "camelCase")]
pub struct BinRange {
    /// Lowest number; none for no lower end.
    #[serde(default)]
    pub from: Option<f64>,
    /// First number beyond; none for no upper end.
    #[serde(default)]
    pub to: Option<f64>,
}

/// A dimension that is an SQL expression.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, SimpleObject, InputObject)]
#[graphql(input_name = "CustomSqlDimensionInput")]
#[serde(rename_all = "camelCase")]
pub struct CustomSqlDimension {
    /// Id by which the query refers to it.
    pub id: ID,
    /// Title of the column.
    pub name: String,
    /// The table it is based on.
    pub table: String,
    /// The expression.
    pub sql: String,
    /// Type of its values.
    pub dimension_type: DimensionType,
}

/// Type of the values of a dimension.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Enum)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DimensionType {
    /// Texts.
    String,
    /// Numbers.
    Number,
    /// Moments.
    Timestamp,
    /// Days.
    Date,
    /// True or false.
    Boolean,
}

/// How a metric aggregates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Enum)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MetricType {
    /// A percentile.
    Percentile,
    /// The mean.
    Average,
    /// How many rows.
    Count,
    /// How many different values.
    CountDistinct,
    /// The sum.
    Sum,
    /// The least value.
    Min,
    /// The greatest value.
    Max,
    /// The middle value.
    Median,
    /// The sum over different entities; in models only.
    SumDistinct,
    /// The mean over different entities; in models only.
    AverageDistinct,
    /// The ratio to the row before; in models only.
    PercentOfPrevious,
    /// The ratio to the sum of all rows; in models only.
    PercentOfTotal,
    /// The sum up to this row; in models only.
    RunningTotal,
    /// A number computed from other metrics.
    Number,
    /// A text computed from other metrics.
    String,
    /// A day computed from other metrics.
    Date,
    /// A moment computed from other metrics.
    Timestamp,
    /// True or false, computed from other metrics.
    Boolean,
}

/// How ranges are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Enum)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum BinType {
    /// So many ranges of equal width between the least and the greatest number.
    FixedNumber,
    /// Ranges of a given width.
    FixedWidth,
    /// Ranges as listed.
    CustomRange,
}
