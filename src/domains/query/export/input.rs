//! What the caller asks for.

use crate::domains::query::source::QuerySourceInput;
use async_graphql::{InputObject, MaybeUndefined};
use serde_json::Value;

crate::db::text_enum! {
    /// Form of a file.
    pub enum OutputFormat {
        /// Values separated by commas, in UTF-8.
        Csv = "CSV",
        /// A workbook with one sheet.
        Xlsx = "XLSX",
    }
}

impl OutputFormat {
    /// Ending of file names.
    pub(super) const fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
        }
    }

    /// Media type.
    pub(super) const fn mime_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }
}

/// Rows to export. Needs RESULT_EXPORT on the project beside what running the source needs.
#[derive(Debug, InputObject)]
pub(crate) struct ExportQueryResultsInput {
    /// What is exported. It is asked anew: an export has the rows of now, by the rights of now.
    pub source: QuerySourceInput,
    /// Form of the file.
    #[graphql(default_with = "OutputFormat::Csv")]
    pub format: OutputFormat,
    /// Whether values are those of the warehouse (numbers, days), and not as the model writes them
    /// ($1,200.00).
    pub only_raw: bool,
    /// Most rows, in place of the limit of the query; null is all of them. More than one answer may have
    /// (CHARTROOM_QUERY_ROWS) needs RESULT_EXPORT_UNLIMITED. Left out, the file has the rows that running
    /// the source gives. At most CHARTROOM_EXPORT_CELLS cells are written.
    pub csv_limit: MaybeUndefined<i32>,
    /// Whether titles of columns begin with those of their tables.
    #[graphql(default = false)]
    pub show_table_names: bool,
    /// Columns that come first, in this order; the others follow in the order of the query.
    pub column_order: Option<Vec<String>>,
    /// Columns that are left out.
    pub hidden_fields: Option<Vec<String>>,
    /// Other titles: an object from columns to titles.
    pub custom_labels: Option<Value>,
    /// Dimensions whose values become columns: a column for each combination of their values and each
    /// metric, at most 200.
    pub pivot_columns: Option<Vec<String>>,
    /// Name of the file, without its ending.
    pub chart_name: Option<String>,
}
