//! SQL that somebody wrote into a query, for which they need a permission.

use super::{CustomDimension, MetricQuery};

/// Places and texts of SQL in a query that is more than the name of a column.
pub fn custom_sql(query: &MetricQuery) -> Vec<(String, &str)> {
    let calculations = query
        .table_calculations
        .iter()
        .enumerate()
        .map(|(n, calculation)| {
            (
                format!("tableCalculations.{n}.sql"),
                calculation.sql.as_str(),
            )
        });
    let metrics = query
        .additional_metrics
        .iter()
        .enumerate()
        .filter_map(|(n, metric)| {
            let custom = !is_column(&metric.sql);
            custom.then(|| (format!("additionalMetrics.{n}.sql"), metric.sql.as_str()))
        });
    let dimensions = query
        .custom_dimensions
        .iter()
        .enumerate()
        .filter_map(|(n, dimension)| match dimension {
            CustomDimension::Sql(sql) => {
                Some((format!("customDimensions.{n}.sql.sql"), sql.sql.as_str()))
            }
            CustomDimension::Bin(_) => None,
        });
    calculations.chain(metrics).chain(dimensions).collect()
}

/// `${TABLE}.column`, `${field}` or `${table.field}`, and nothing beside.
fn is_column(sql: &str) -> bool {
    let Some((reference, column)) = sql
        .trim()
        .strip_prefix("${")
        .and_then(|rest| rest.split_once('}'))
    else {
        return false;
    };
    let word =
        |text: &str| !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || c == '_');
    let column = match column.strip_prefix('.') {
        Some(column) => word(
            column
                .strip_prefix('"')
                .and_then(|c| c.strip_suffix('"'))
                .unwrap_or(column),
        ),
        None => column.is_empty(),
    };
    column && reference.split('.').all(word)
}

#[cfg(test)]
mod tests {
    use super::is_column;

    #[test]
    fn columns_are_told_from_sql() {
        for column in [
            "${TABLE}.amount",
            "${orders.amount}",
            " ${amount} ",
            "${TABLE}.\"Amount\"",
        ] {
            assert!(is_column(column), "{column}");
        }
        for sql in [
            "1",
            "amount",
            "${TABLE}.a; DROP",
            "${TABLE}.a + 1",
            "${TABLE}.",
            "${}",
            "${a b}",
            "x${a}",
            "${a}${b}",
            "sum(${a})",
            "${TABLE}.\"a\"\"",
        ] {
            assert!(!is_column(sql), "{sql}");
        }
    }
}
