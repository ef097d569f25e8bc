//! Values as they come from a warehouse, without loss.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};

/// What kind of values a column has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ColumnType {
    /// Text, and everything that is shown as text: identifiers, intervals, arrays, bytes.
    Text,
    /// True or false.
    Boolean,
    /// Whole numbers.
    Integer,
    /// Binary floating point.
    Float,
    /// Decimal numbers.
    Decimal,
    /// Days.
    Date,
    /// Moments without zone.
    Timestamp,
    /// Moments.
    TimestampTz,
    /// JSON.
    Json,
}

/// Name and type of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The name; need not be unique.
    pub name: String,
    /// What its values are.
    pub column_type: ColumnType,
    /// The type in the warehouse's words.
    pub data_type: String,
}

/// One value.
///
/// What a type cannot hold (`infinity` among days and moments, `NaN` among decimals) is text.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Nothing.
    Null,
    /// True or false.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// Binary floating point.
    Float(f64),
    /// A decimal number with all of its digits.
    Decimal(String),
    /// Text.
    Text(String),
    /// A day.
    Date(NaiveDate),
    /// A moment without zone.
    Timestamp(NaiveDateTime),
    /// A moment.
    TimestampTz(DateTime<Utc>),
    /// JSON as text, numbers with all of their digits.
    Json(String),
}

/// The values of one row, in the order of the columns.
pub type Row = Vec<Value>;
