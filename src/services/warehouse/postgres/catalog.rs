//! What tables there are.

use super::{
    super::{CatalogColumn, CatalogTable, Query, Rows, Value, WarehouseError},
    Flavour,
};

/// Most columns that are read.
const COLUMNS_MAX: u64 = 200_000;

/// Tables and views with their columns, as far as the role may read them.
const STANDARD: &str = "\
SELECT table_catalog::text, table_schema::text, table_name::text, column_name::text, data_type::text, ordinal_position::int
FROM information_schema.columns
WHERE table_schema NOT IN ('pg_catalog', 'information_schema', 'pg_internal')
ORDER BY 1, 2, 3, 6";

/// The same with materialised views, which the standard does not know.
const POSTGRES: &str = "\
SELECT table_catalog::text, table_schema::text, table_name::text, column_name::text, data_type::text, ordinal_position::int
FROM information_schema.columns
WHERE table_schema NOT IN ('pg_catalog', 'information_schema') AND table_schema NOT LIKE 'pg\\_t%'
UNION ALL
SELECT current_database()::text, n.nspname::text, c.relname::text, a.attname::text, format_type(a.atttypid, NULL), a.attnum::int
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relkind = 'm' AND has_column_privilege(c.oid, a.attnum, 'SELECT')
ORDER BY 1, 2, 3, 6";

/// The query that reads the catalog.
pub(super) fn query(flavour: Flavour) -> Query {
    let sql = match flavour {
        Flavour::Postgres => POSTGRES,
        Flavour::Redshift => STANDARD,
    };
    Query::new(sql, COLUMNS_MAX)
}

/// The tables in the answer.
pub(super) async fn tables(rows: &mut Rows) -> Result<Vec<CatalogTable>, WarehouseError> {
    let mut tables: Vec<CatalogTable> = Vec::new();
    while let Some(batch) = rows.next().await? {
        for row in batch {
            let mut texts = row.into_iter().map_while(|value| match value {
                Value::Text(text) => Some(text),
                _ => None,
            });
            let mut text = || texts.next().unwrap_or_default();
            let (database, schema, name) = (text(), text(), text());
            let column = CatalogColumn {
                name: text(),
                data_type: text(),
            };
            match tables.last_mut() {
                Some(table)
                    if table.name == name
                        && table.schema == schema
                        && table.database == database =>
                {
                    table.columns.push(column);
                }
                _ => tables.push(CatalogTable {
                    database,
                    schema,
                    name,
                    columns: vec![column],
                }),
            }
        }
    }
    if rows.is_truncated() {
        tracing::warn!(
            columns = COLUMNS_MAX,
            "a warehouse has more columns than are read"
        );
    }
    Ok(tables)
}
