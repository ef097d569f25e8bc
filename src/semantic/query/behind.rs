//! The rows behind a cell of a result.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What narrows a query to the rows behind a cell. [`underlying`](crate::semantic::underlying) makes it;
/// it is no part of what callers ask.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Behind {
    /// Id of the metric of the cell: rows that its own filters leave out do not count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metric: Option<String>,
    /// Values of the row, by dimension.
    pub values: Vec<CellValue>,
    /// Tables that the query joined: a row without a match in them may not have counted.
    pub tables: Vec<String>,
}

/// The value of a dimension in a row of a result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CellValue {
    /// The dimension.
    pub field_id: String,
    /// The interval that the row shows, if it is not that of the dimension.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<String>,
    /// The value; null for none.
    #[serde(default)]
    pub value: Value,
}
