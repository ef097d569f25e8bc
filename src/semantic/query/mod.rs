//! A metric query as the compiler reads it.
//!
//! Reads the input of the API and what is stored of it alike: both spell groups of filters in their own
//! way, and what one of them lacks has a default. Templates may be spelt as analysts write them in files.

mod behind;
mod filters;

pub use behind::{Behind, CellValue};
pub use filters::{
    FilterGroup, FilterNode, FilterOperator, FilterRule, QueryFilters, RuleSettings,
};

use super::{
    error::{Code, Issue, Result},
    model::{FormatKeys, MetricType},
    value::ValueType,
};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// A question to an explore.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MetricQuery {
    /// The explore.
    pub explore_name: String,
    /// Ids of fields to group by.
    pub dimensions: Vec<String>,
    /// Ids of aggregated fields.
    pub metrics: Vec<String>,
    /// Which rows count.
    pub filters: QueryFilters,
    /// In which order rows come.
    pub sorts: Vec<Sort>,
    /// Most rows; the default of the request unless given.
    pub limit: Option<i64>,
    /// Columns computed from the result.
    pub table_calculations: Vec<TableCalculation>,
    /// Metrics of this query only.
    #[serde(deserialize_with = "null_as_empty")]
    pub additional_metrics: Vec<AdditionalMetric>,
    /// Dimensions of this query only.
    #[serde(deserialize_with = "null_as_empty")]
    pub custom_dimensions: Vec<CustomDimension>,
    /// Zone in which days begin; that of the request unless given.
    pub timezone: Option<String>,
    /// How values of metrics are written, by field id.
    pub metric_overrides: IndexMap<String, FormatKeys>,
    /// How values of dimensions are written, by field id.
    pub dimension_overrides: IndexMap<String, FormatKeys>,
    /// Only the rows behind a cell of a result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub behind: Option<Behind>,
}

impl MetricQuery {
    /// Reads a query: the input of the API, or what is stored of it.
    pub fn read(query: &serde_json::Value) -> Result<Self> {
        Self::deserialize(query).map_err(|error| {
            let message = format!("the query cannot be read: {error}");
            Issue::new(Code::BadDefinition, "", message)
        })
    }
}

fn null_as_empty<'de, T: Deserialize<'de>, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> std::result::Result<Vec<T>, D::Error> {
    Ok(Option::<Vec<T>>::deserialize(deserializer)?.unwrap_or_default())
}

/// A column to sort by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Sort {
    /// The column.
    pub field_id: String,
    /// Whether higher values come first.
    #[serde(default)]
    pub descending: bool,
    /// Whether nulls come first; they are the highest unless given.
    #[serde(default)]
    pub nulls_first: Option<bool>,
}

/// A column computed from the result.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TableCalculation {
    /// Name, unique in the query.
    pub name: String,
    /// Title.
    pub display_name: String,
    /// SQL over the other columns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sql: Option<String>,
    /// One of the usual calculations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template: Option<Template>,
    /// A formula as in spreadsheets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub formula: Option<String>,
    /// Type of the values: numbers unless given.
    #[serde(rename = "type")]
    pub kind: Option<ValueType>,
    /// How values are written.
    pub format: Option<serde_json::Value>,
    /// What stands in totals.
    pub total_mode: Option<TotalMode>,
}

/// What a calculation shows in totals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TotalMode {
    /// It is computed from the totals.
    #[serde(alias = "formula")]
    Formula,
    /// The sum of its values.
    #[serde(alias = "sum_of_rows")]
    SumOfRows,
    /// Nothing.
    #[serde(alias = "none")]
    None,
}

/// One of the usual calculations.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Template {
    /// Which.
    #[serde(rename = "type")]
    pub kind: TemplateType,
    /// The column it computes with.
    #[serde(default)]
    pub field_id: Option<String>,
    /// Order of the rows.
    #[serde(default)]
    pub order_by: Vec<TemplateOrder>,
    /// Columns within whose values it computes.
    #[serde(default)]
    pub partition_by: Vec<String>,
    /// For a window function: which.
    #[serde(default)]
    pub window_function: Option<WindowFunction>,
    /// For a window function: over which rows.
    #[serde(default)]
    pub frame: Option<Frame>,
}

/// Which usual calculation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TemplateType {
    /// Change against the row before, as a part of it.
    #[serde(alias = "percent_change_from_previous")]
    PercentChangeFromPrevious,
    /// Ratio to the row before.
    #[serde(alias = "percent_of_previous_value")]
    PercentOfPreviousValue,
    /// Ratio to the sum of the column.
    #[serde(alias = "percent_of_column_total")]
    PercentOfColumnTotal,
    /// Rank of the value, least first.
    #[serde(alias = "rank_in_column")]
    RankInColumn,
    /// Sum up to this row.
    #[serde(alias = "running_total")]
    RunningTotal,
    /// A window function.
    #[serde(alias = "window_function")]
    WindowFunction,
}

/// A column that orders the rows of a calculation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TemplateOrder {
    /// The column.
    pub field_id: String,
    /// `asc` (unless given) or `desc`.
    #[serde(default)]
    pub order: Option<Direction>,
}

/// Which way to sort.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Direction {
    /// Low to high.
    #[serde(alias = "asc")]
    Asc,
    /// High to low.
    #[serde(alias = "desc")]
    Desc,
}

/// A function over the rows around a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum WindowFunction {
    /// Number of the row.
    #[serde(alias = "row_number")]
    RowNumber,
    /// Rank, with gaps.
    #[serde(alias = "rank")]
    Rank,
    /// Rank as a part of one.
    #[serde(alias = "percent_rank")]
    PercentRank,
    /// Part of the rows up to this one.
    #[serde(alias = "cume_dist")]
    CumeDist,
    /// Sum.
    #[serde(alias = "sum")]
    Sum,
    /// Mean.
    #[serde(alias = "avg")]
    Avg,
    /// How many.
    #[serde(alias = "count")]
    Count,
    /// Least.
    #[serde(alias = "min")]
    Min,
    /// Greatest.
    #[serde(alias = "max")]
    Max,
}

impl WindowFunction {
    /// Its name in SQL.
    pub const fn sql(self) -> &'static str {
        match self {
            Self::RowNumber => "ROW_NUMBER",
            Self::Rank => "RANK",
            Self::PercentRank => "PERCENT_RANK",
            Self::CumeDist => "CUME_DIST",
            Self::Sum => "SUM",
            Self::Avg => "AVG",
            Self::Count => "COUNT",
            Self::Min => "MIN",
            Self::Max => "MAX",
        }
    }

    /// Whether it computes with a column.
    pub const fn takes_field(self) -> bool {
        matches!(
            self,
            Self::Sum | Self::Avg | Self::Count | Self::Min | Self::Max
        )
    }
}

/// Which rows around a row count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Frame {
    /// `rows` or `range`.
    pub frame_type: FrameType,
    /// The first row; the current row unless given.
    #[serde(default)]
    pub start: Option<FrameEdge>,
    /// The last row.
    pub end: FrameEdge,
}

/// How a frame counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FrameType {
    /// Rows.
    #[serde(alias = "rows")]
    Rows,
    /// Equal values together.
    #[serde(alias = "range")]
    Range,
}

/// An edge of a frame.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FrameEdge {
    /// Where.
    #[serde(rename = "type")]
    pub kind: FrameEdgeType,
    /// How many rows away.
    #[serde(default)]
    pub offset: Option<u32>,
}

/// Where a frame begins or ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FrameEdgeType {
    /// At the first row.
    #[serde(alias = "unbounded_preceding")]
    UnboundedPreceding,
    /// Rows before.
    #[serde(alias = "preceding")]
    Preceding,
    /// At the row itself.
    #[serde(alias = "current_row")]
    CurrentRow,
    /// Rows after.
    #[serde(alias = "following")]
    Following,
    /// At the last row.
    #[serde(alias = "unbounded_following")]
    UnboundedFollowing,
}

/// A metric of one query only.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AdditionalMetric {
    /// Name; the id is the table, an underscore and this.
    pub name: String,
    /// Title.
    #[serde(default)]
    pub label: Option<String>,
    /// The table.
    pub table: String,
    /// How it aggregates; a metric of another period does as the metric that it compares.
    #[serde(rename = "type", default)]
    pub kind: Option<MetricType>,
    /// What it aggregates.
    #[serde(default)]
    pub sql: String,
    /// The dimension it was made from.
    #[serde(default)]
    pub base_dimension_name: Option<String>,
    /// Which rows count.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub filters: Vec<FilterRule>,
    /// Which percentile.
    #[serde(default)]
    pub percentile: Option<f64>,
    /// What names an entity, for sums of distinct entities.
    #[serde(default)]
    pub distinct_keys: Vec<String>,
    /// How values are written.
    #[serde(default)]
    pub format: Option<serde_json::Value>,
    /// Set for a metric of another period.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period_comparison: Option<PeriodComparison>,
    /// The same, as files spell it.
    #[serde(flatten)]
    beside: Option<PeriodBeside>,
}

impl AdditionalMetric {
    /// What is compared, for a metric of another period.
    pub fn period(&self) -> Option<&PeriodComparison> {
        let beside = self.beside.as_ref().map(|beside| &beside.period);
        self.period_comparison.as_ref().or(beside)
    }
}

/// A metric of another period.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PeriodComparison {
    /// The metric that is compared.
    #[serde(default)]
    pub base_metric_id: Option<String>,
    /// The time dimension that is shifted.
    #[serde(default)]
    pub time_dimension_id: Option<String>,
    /// By which unit.
    #[serde(default)]
    pub granularity: Option<String>,
    /// By how many.
    #[serde(default)]
    pub period_offset: Option<i32>,
}

/// A metric of another period whose keys stand beside those of the metric.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PeriodBeside {
    generation_type: GenerationType,
    #[serde(flatten)]
    period: PeriodComparison,
}

/// How files say that a metric is one of another period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum GenerationType {
    PeriodOverPeriod,
}

/// A dimension of one query only.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum CustomDimension {
    /// Ranges of a number.
    Bin(BinDimension),
    /// An expression.
    Sql(SqlDimension),
}

impl CustomDimension {
    /// The id by which the query refers to it.
    pub fn id(&self) -> &str {
        match self {
            Self::Bin(bin) => &bin.id,
            Self::Sql(sql) => &sql.id,
        }
    }

    /// The table that it is made for.
    pub fn table(&self) -> &str {
        match self {
            Self::Bin(bin) => &bin.table,
            Self::Sql(sql) => &sql.table,
        }
    }
}

/// A dimension that puts numbers into ranges.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BinDimension {
    /// Id.
    pub id: String,
    /// Title.
    pub name: String,
    /// The table of the dimension.
    pub table: String,
    /// The dimension.
    pub dimension_id: String,
    /// How ranges are made.
    pub bin_type: BinType,
    /// How many ranges.
    #[serde(default)]
    pub bin_number: Option<u32>,
    /// How wide a range is.
    #[serde(default)]
    pub bin_width: Option<serde_json::Number>,
    /// The ranges.
    #[serde(default)]
    pub custom_range: Option<Vec<BinRange>>,
}

/// How ranges are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum BinType {
    /// So many of equal width.
    FixedNumber,
    /// Of a given width.
    FixedWidth,
    /// As listed.
    CustomRange,
}

/// A range of numbers, with its beginning and without its end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BinRange {
    /// The beginning.
    #[serde(default)]
    pub from: Option<serde_json::Number>,
    /// The end.
    #[serde(default)]
    pub to: Option<serde_json::Number>,
}

/// A dimension that is an expression.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SqlDimension {
    /// Id.
    pub id: String,
    /// Title.
    pub name: String,
    /// The table it stands in.
    pub table: String,
    /// The expression.
    pub sql: String,
    /// Type of its values.
    pub dimension_type: ValueType,
}

#[cfg(test)]
mod tests {
    use super::{FilterGroup, FilterNode, FilterOperator, MetricQuery};
    use serde_json::json;

    #[test]
    fn what_is_stored_reads_as_what_was_given() {
        let given = json!({
            "exploreName": "orders", "dimensions": ["orders_id"], "metrics": [], "limit": 5,
            "sorts": [{"fieldId": "orders_id", "descending": true}],
            "filters": {"dimensions": {"and": [{"rule": {"fieldId": "a", "operator": "EQUALS", "values": ["x"]}}]}},
            "additionalMetrics": null, "customDimensions": null,
            "tableCalculations": [{"name": "t", "displayName": "T", "sql": "1"}],
        });
        let stored = json!({
            "exploreName": "orders", "dimensions": ["orders_id"], "metrics": [], "limit": 5,
            "sorts": [{"fieldId": "orders_id", "descending": true}],
            "filters": {"dimensions": {"id": "g", "operator": "AND", "items": [{"rule": {
                "id": "r", "fieldId": "a", "operator": "EQUALS", "values": ["x"], "settings": null,
                "disabled": false, "required": false}}]}, "metrics": null, "tableCalculations": null},
            "tableCalculations": [{"name": "t", "displayName": "T", "sql": "1", "type": null, "format": null}],
            "additionalMetrics": [], "customDimensions": [], "timezone": null, "metadata": {"x": 1},
        });
        let given = MetricQuery::read(&given).unwrap();
        assert_eq!(MetricQuery::read(&stored).unwrap(), given);
        let Some(FilterGroup::And(items)) = &given.filters.dimensions else {
            panic!("a group");
        };
        let FilterNode::Rule(rule) = &items[0] else {
            panic!("a rule");
        };
        assert_eq!(rule.operator, FilterOperator::Equals);
        let again = serde_json::to_value(&given).unwrap();
        assert_eq!(MetricQuery::read(&again).unwrap(), given);
        assert!(MetricQuery::read(&json!({"dimensions": 1})).is_err());
        assert!(
            MetricQuery::read(&json!({"filters": {"dimensions": {"and": [], "or": []}}})).is_err()
        );
    }
}
