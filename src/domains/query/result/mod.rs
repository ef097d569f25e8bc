//! Answers of warehouses: rows as JSON, stored once and read by the page.

mod encode;
mod parts;
pub(super) mod store;

pub use encode::{raw, row_bytes};
pub use parts::Parts;
pub use store::{Answer, purge};

use crate::semantic::{Column, model::FormatKeys, value::ValueType};
use crate::services::warehouse::{self, ColumnType};
use std::collections::HashSet;

/// The columns of SQL that somebody wrote. Names that come twice get a number, since rows are asked for
/// by name.
pub fn columns_of(columns: &[warehouse::Column]) -> Vec<Column> {
    let mut taken = HashSet::new();
    let mut named = Vec::with_capacity(columns.len());
    for column in columns {
        let mut name = column.name.clone();
        let mut number = 1;
        while !taken.insert(name.clone()) {
            number += 1;
            name = format!("{}_{number}", column.name);
        }
        named.push(Column {
            field_id: name.clone(),
            label: name,
            kind: kind_of(column.column_type),
            format: FormatKeys::default(),
            unit: None,
            zone: chrono_tz::Tz::UTC,
        });
    }
    named
}

const fn kind_of(kind: ColumnType) -> ValueType {
    match kind {
        ColumnType::Text | ColumnType::Json => ValueType::String,
        ColumnType::Boolean => ValueType::Boolean,
        ColumnType::Integer | ColumnType::Float | ColumnType::Decimal => ValueType::Number,
        ColumnType::Date => ValueType::Date,
        ColumnType::Timestamp | ColumnType::TimestampTz => ValueType::Timestamp,
    }
}
