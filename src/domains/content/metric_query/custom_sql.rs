//! SQL that somebody wrote into a query, for which they need a permission.

use super::{AdditionalMetric, CustomDimension, MetricQuery};
use crate::{
    db::Conn,
    domains::model::{attribute::user_facts, explore::Models},
    kernel::{
        Result,
        entity::{OrganizationId, ProjectId, UserId},
    },
    semantic::{fields::may_use, model::Explore, request::UserFacts},
};

/// Places and texts of SQL in a query, but for references to fields.
pub fn custom_sql(query: &MetricQuery) -> Vec<(String, &str)> {
    written(query, |_| false)
}

/// Places and texts of SQL in a query, but for references to fields and to those columns that a
/// dimension shows to the user as they are. The models are asked only where a column is named.
///
/// # Errors
/// The database fails.
pub async fn custom_sql_beside_models<'q>(
    conn: &Conn,
    models: &Models,
    (organization, project): (OrganizationId, ProjectId),
    user: UserId,
    query: &'q MetricQuery,
) -> Result<Vec<(String, &'q str)>> {
    let mut metrics = query.additional_metrics.iter();
    let of_table = |sql: &str| column(sql) == Some(Column::OfTable);
    if !metrics.any(|metric| metric.sql.as_deref().is_some_and(of_table)) {
        return Ok(custom_sql(query));
    }
    let name = &query.explore_name;
    let (active, facts) = tokio::try_join!(
        models.active_explore(conn, project, name),
        user_facts(conn, organization, user),
    )?;
    let shown = |metric: &AdditionalMetric| {
        let explore = active.as_ref().map(|active| &active.explore);
        explore.is_some_and(|explore| shows(explore, &facts, metric))
    };
    Ok(written(query, shown))
}

/// Whether a dimension that the user may use is the very column that a metric names. One that asks for
/// attributes which they do not have is as good as none: the refusal would tell of it.
fn shows(explore: &Explore, user: &UserFacts, metric: &AdditionalMetric) -> bool {
    let plain = |sql: &str| sql.trim().replace(['"', '`'], "");
    let named = plain(metric.sql.as_deref().unwrap_or_default());
    let table = explore.tables.get(&metric.table);
    table.is_some_and(|table| {
        let mut dimensions = table.dimensions.values();
        dimensions.any(|dimension| {
            !dimension.hidden
                && plain(&dimension.sql.source()) == named
                && may_use(&dimension.needs, user)
        })
    })
}

fn written(
    query: &MetricQuery,
    is_shown: impl Fn(&AdditionalMetric) -> bool,
) -> Vec<(String, &str)> {
    let calculations =
        query
            .table_calculations
            .iter()
            .enumerate()
            .filter_map(|(n, calculation)| {
                let sql = calculation.sql.as_deref()?;
                Some((format!("tableCalculations.{n}.sql"), sql))
            });
    let metrics = query
        .additional_metrics
        .iter()
        .enumerate()
        .filter_map(|(n, metric)| {
            let sql = metric.sql.as_deref()?;
            let custom = match column(sql) {
                Some(Column::Field) => false,
                Some(Column::OfTable) => !is_shown(metric),
                None => true,
            };
            custom.then(|| (format!("additionalMetrics.{n}.sql"), sql))
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

/// SQL that is a name and nothing beside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    /// `${field}` or `${table.field}`: whether it may be used is known of the field.
    Field,
    /// `${TABLE}.column`: any column of the warehouse, in the models or not.
    OfTable,
}

fn column(sql: &str) -> Option<Column> {
    let rest = sql.trim().strip_prefix("${")?;
    let (reference, column) = rest.split_once('}')?;
    let word =
        |text: &str| !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || c == '_');
    if !reference.split('.').all(word) {
        return None;
    }
    let Some(column) = column.strip_prefix('.') else {
        let is_field = column.is_empty() && reference != "TABLE";
        return is_field.then_some(Column::Field);
    };
    let bare = column
        .strip_prefix('"')
        .and_then(|column| column.strip_suffix('"'));
    word(bare.unwrap_or(column)).then_some(Column::OfTable)
}

#[cfg(test)]
mod tests {
    use super::{Column, column};

    #[test]
    fn columns_are_told_from_sql() {
        for field in ["${orders.amount}", " ${amount} "] {
            assert_eq!(column(field), Some(Column::Field), "{field}");
        }
        for of_table in ["${TABLE}.amount", "${TABLE}.\"Amount\"", "${orders}.amount"] {
            assert_eq!(column(of_table), Some(Column::OfTable), "{of_table}");
        }
        for sql in [
            "1",
            "amount",
            "${TABLE}",
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
            assert_eq!(column(sql), None, "{sql}");
        }
    }
}
