//! The usual calculations over the rows of a result, by name instead of as SQL.

use crate::gql::{FieldId, OrderDirection};
use async_graphql::{Enum, InputObject, SimpleObject};
use serde::{Deserialize, Serialize};

/// One of the usual calculations over the rows of the result. Needs no permission.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, SimpleObject, InputObject)]
#[graphql(input_name = "TableCalculationTemplateInput")]
#[serde(rename_all = "camelCase")]
pub struct TableCalculationTemplate {
    /// Which calculation.
    #[serde(rename = "type")]
    #[graphql(name = "type")]
    pub kind: TableCalculationTemplateType,
    /// The column it computes with: a field of the query or another calculation. Left out only with
    /// window functions that compute with none, such as ROW_NUMBER.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field_id: Option<FieldId>,
    /// In which order it goes through the rows; that of the query unless given. Not for RANK_IN_COLUMN and
    /// PERCENT_OF_COLUMN_TOTAL, which know no order.
    #[serde(default)]
    #[graphql(default)]
    pub order_by: Vec<TemplateOrder>,
    /// Columns within whose values it computes, apart from the other rows.
    #[serde(default)]
    #[graphql(default)]
    pub partition_by: Vec<FieldId>,
    /// For WINDOW_FUNCTION: which.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window_function: Option<WindowFunction>,
    /// For WINDOW_FUNCTION with SUM, AVG, COUNT, MIN or MAX: over which rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frame: Option<WindowFrame>,
}

/// Which usual calculation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Enum)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TableCalculationTemplateType {
    /// The change against the row before as a part of it: 0.1 where a value is a tenth higher.
    PercentChangeFromPrevious,
    /// The ratio to the row before: 1.1 where a value is a tenth higher.
    PercentOfPreviousValue,
    /// The ratio to the sum of the column.
    PercentOfColumnTotal,
    /// The rank of the value in the column, 1 for the least; equal values share one.
    RankInColumn,
    /// The sum up to this row: in `orderBy`, else from the greatest value to the least.
    RunningTotal,
    /// A window function of SQL.
    WindowFunction,
}

/// A column that orders the rows of a calculation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, SimpleObject, InputObject)]
#[graphql(input_name = "TemplateOrderInput")]
#[serde(rename_all = "camelCase")]
pub struct TemplateOrder {
    /// The column: a field of the query or another calculation.
    pub field_id: FieldId,
    /// In which direction.
    #[serde(default)]
    #[graphql(default)]
    pub order: OrderDirection,
}

/// A function over the rows around a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Enum)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum WindowFunction {
    /// Number of the row, from 1.
    RowNumber,
    /// Rank by `orderBy`: equal rows share one, and the next ones are left out.
    Rank,
    /// Rank from 0 to 1.
    PercentRank,
    /// Part of the rows that come up to this one.
    CumeDist,
    /// Sum.
    Sum,
    /// Mean.
    Avg,
    /// How many values that are not null.
    Count,
    /// Least value.
    Min,
    /// Greatest value.
    Max,
}

impl WindowFunction {
    /// Whether it computes with a column, over a frame of rows.
    pub const fn takes_field(self) -> bool {
        matches!(
            self,
            Self::Sum | Self::Avg | Self::Count | Self::Min | Self::Max
        )
    }
}

/// Which rows around a row a window function sees.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, SimpleObject, InputObject)]
#[graphql(input_name = "WindowFrameInput")]
#[serde(rename_all = "camelCase")]
pub struct WindowFrame {
    /// How rows are counted.
    pub frame_type: WindowFrameType,
    /// The first row; the row itself unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<WindowFrameEdge>,
    /// The last row.
    pub end: WindowFrameEdge,
}

/// How the rows of a frame are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Enum)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum WindowFrameType {
    /// One by one.
    Rows,
    /// Those with equal values of `orderBy` together. Offsets are then distances of values, for warehouses
    /// that know them.
    Range,
}

/// Where a frame begins or ends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, SimpleObject, InputObject)]
#[graphql(input_name = "WindowFrameEdgeInput")]
#[serde(rename_all = "camelCase")]
pub struct WindowFrameEdge {
    /// Where.
    #[serde(rename = "type")]
    #[graphql(name = "type")]
    pub kind: WindowFrameEdgeType,
    /// For PRECEDING and FOLLOWING: how many rows away, 0 to 100,000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<i32>,
}

impl WindowFrameEdge {
    /// How far behind the row it is; rows before count below 0.
    pub(super) fn place(&self) -> i64 {
        let offset = i64::from(self.offset.unwrap_or_default());
        match self.kind {
            WindowFrameEdgeType::UnboundedPreceding => i64::MIN,
            WindowFrameEdgeType::Preceding => -offset,
            WindowFrameEdgeType::CurrentRow => 0,
            WindowFrameEdgeType::Following => offset,
            WindowFrameEdgeType::UnboundedFollowing => i64::MAX,
        }
    }
}

/// Where a frame begins or ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Enum)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum WindowFrameEdgeType {
    /// At the first row.
    UnboundedPreceding,
    /// So many rows before.
    Preceding,
    /// At the row itself.
    CurrentRow,
    /// So many rows behind.
    Following,
    /// At the last row.
    UnboundedFollowing,
}

/// What a calculation shows in totals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Enum)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TotalMode {
    /// It is computed from the totals of the columns that it uses; null where it looks at other rows.
    Formula,
    /// The sum of its values over all rows.
    SumOfRows,
    /// Null.
    None,
}
