//! A schema of the test server as a warehouse.

use super::case::Model;
use bytes::BytesMut;
use chartroom::semantic::sql::Statement;
use indexmap::IndexMap;
use serde_json::Value;
use std::{
    collections::HashMap,
    error::Error,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio_postgres::{
    Client, NoTls,
    types::{Format, IsNull, ToSql, Type, to_sql_checked},
};

/// A value in the text format: the server takes the type from its place.
#[derive(Debug)]
pub(crate) struct TextValue(pub(crate) Option<String>);

impl ToSql for TextValue {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match &self.0 {
            Some(text) => {
                out.extend_from_slice(text.as_bytes());
                Ok(IsNull::No)
            }
            None => Ok(IsNull::Yes),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn encode_format(&self, _: &Type) -> Format {
        Format::Text
    }

    to_sql_checked!();
}

/// A cell: its type and its text.
pub(crate) type Cell = (Type, Option<String>);

/// A schema with tables.
pub(crate) struct Warehouse {
    pub(crate) client: Client,
    pub(crate) schema: String,
    /// Statements that were prepared, by text, with the types of their columns.
    prepared: Mutex<HashMap<String, (tokio_postgres::Statement, Vec<Type>)>>,
}

static NEXT: AtomicU64 = AtomicU64::new(1);

impl Warehouse {
    /// A fresh schema.
    pub(crate) async fn create() -> Self {
        let url = std::env::var("CHARTROOM_TEST_DATABASE_URL")
            .expect("run by scripts/with-test-postgres");
        let (client, connection) = tokio_postgres::connect(&url, NoTls)
            .await
            .expect("a server");
        tokio::spawn(async move {
            let _ = connection.await;
        });
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        let schema = format!("semantic_{}_{n}", std::process::id());
        client
            .batch_execute(&format!(
                "SET TIME ZONE 'UTC'; SET jit = off; CREATE SCHEMA {schema}; SET search_path = {schema}"
            ))
            .await
            .expect("a schema");
        Self {
            client,
            schema,
            prepared: Mutex::default(),
        }
    }

    /// Makes the tables of models and fills them.
    pub(crate) async fn load(
        &self,
        models: &IndexMap<String, Model>,
        rows: &IndexMap<String, Vec<Vec<Value>>>,
    ) {
        for (name, model) in models {
            let columns: Vec<String> = model
                .columns
                .iter()
                .map(|(column, own)| format!("\"{column}\" {}", own.data_type))
                .collect();
            let create = format!("CREATE TABLE \"{name}\" ({})", columns.join(", "));
            self.client.batch_execute(&create).await.expect(&create);
            let types: Vec<&str> = model
                .columns
                .values()
                .map(|own| own.data_type.as_str())
                .collect();
            for row in rows.get(name).into_iter().flatten() {
                self.insert(name, &types, row).await;
            }
        }
    }

    async fn insert(&self, table: &str, types: &[&str], row: &[Value]) {
        assert_eq!(row.len(), types.len(), "a row of {table}: {row:?}");
        let places: Vec<String> = types
            .iter()
            .enumerate()
            .map(|(n, kind)| format!("CAST(${} AS {kind})", n + 1))
            .collect();
        let values: Vec<TextValue> = row
            .iter()
            .map(|value| {
                TextValue(match value {
                    Value::Null => None,
                    Value::String(text) => Some(text.clone()),
                    other => Some(other.to_string()),
                })
            })
            .collect();
        let values = references(&values);
        let insert = format!("INSERT INTO \"{table}\" VALUES ({})", places.join(", "));
        self.client
            .execute(&insert, &values)
            .await
            .unwrap_or_else(|error| panic!("{table} {row:?}: {error:?}"));
    }

    /// Runs a statement; every cell as text.
    pub(crate) async fn run(&self, statement: &Statement) -> Result<Vec<Vec<Cell>>, String> {
        let wrong = |error: tokio_postgres::Error| {
            let error = error
                .as_db_error()
                .map_or(error.to_string(), ToString::to_string);
            format!("{error}\n{}\n{:?}", statement.sql, statement.values)
        };
        let known = self.prepared.lock().unwrap().get(&statement.sql).cloned();
        let (prepared, types) = match known {
            Some(known) => known,
            None => self.prepare(&statement.sql).await.map_err(wrong)?,
        };
        let values: Vec<TextValue> = statement
            .values
            .iter()
            .map(|value| TextValue(Some(value.clone())))
            .collect();
        let values = references(&values);
        let rows = self.client.query(&prepared, &values).await.map_err(wrong)?;
        Ok(rows
            .iter()
            .map(|row| {
                types
                    .iter()
                    .enumerate()
                    .map(|(n, kind)| (kind.clone(), row.get::<_, Option<String>>(n)))
                    .collect()
            })
            .collect())
    }

    /// A statement whose cells all come as text, and what they are.
    async fn prepare(
        &self,
        sql: &str,
    ) -> Result<(tokio_postgres::Statement, Vec<Type>), tokio_postgres::Error> {
        let plain = self.client.prepare(sql).await?;
        let types: Vec<Type> = plain.columns().iter().map(|c| c.type_().clone()).collect();
        let names: Vec<String> = (1..=types.len()).map(|n| format!("c{n}")).collect();
        let casts: Vec<String> = names.iter().map(|name| format!("{name}::text")).collect();
        let (casts, names) = (casts.join(", "), names.join(", "));
        let wrapped = format!("SELECT {casts} FROM ({sql}) AS q({names})");
        let prepared = (self.client.prepare(&wrapped).await?, types);
        let mut known = self.prepared.lock().unwrap();
        // Tests with thousands of texts would keep them all on the server.
        if known.len() >= 100 {
            known.clear();
        }
        known.insert(sql.to_owned(), prepared.clone());
        Ok(prepared)
    }

    /// Drops the schema.
    pub(crate) async fn drop(self) {
        let drop = format!("DROP SCHEMA {} CASCADE", self.schema);
        let _ = self.client.batch_execute(&drop).await;
    }
}

fn references(values: &[TextValue]) -> Vec<&(dyn ToSql + Sync)> {
    let mut all: Vec<&(dyn ToSql + Sync)> = Vec::new();
    for value in values {
        all.push(value);
    }
    all
}

/// A cell as cases write it.
pub(crate) fn shown(cell: &Cell) -> Value {
    let (kind, Some(text)) = cell else {
        return Value::Null;
    };
    match *kind {
        Type::BOOL => Value::Bool(text == "true"),
        Type::TIMESTAMP | Type::TIMESTAMPTZ => {
            let text = text.strip_suffix("+00").unwrap_or(text).replace(' ', "T");
            // A fraction is written to the microsecond.
            let text = match text.split_once('.') {
                Some((seconds, fraction)) => format!("{seconds}.{fraction:0<6}"),
                None => text,
            };
            Value::String(format!("{text}Z"))
        }
        _ => Value::String(text.clone()),
    }
}

/// Whether a cell is what a case expects.
pub(crate) fn agrees(cell: &Cell, expected: &Value) -> bool {
    let (kind, text) = cell;
    let number = matches!(
        *kind,
        Type::INT2 | Type::INT4 | Type::INT8 | Type::NUMERIC | Type::FLOAT4 | Type::FLOAT8
    );
    match (text, expected) {
        (None, Value::Null) => true,
        (None, _) | (_, Value::Null) => false,
        (Some(text), expected) if number => {
            let wanted = match expected {
                Value::Number(number) => number.to_string(),
                Value::String(text) => text.clone(),
                _ => return false,
            };
            wanted == *text || close(text, &wanted)
        }
        (Some(_), expected) => shown(cell) == *expected,
    }
}

fn close(a: &str, b: &str) -> bool {
    match (a.parse::<f64>(), b.parse::<f64>()) {
        (Ok(a), Ok(b)) if a.is_nan() || b.is_nan() => a.is_nan() && b.is_nan(),
        (Ok(a), Ok(b)) => (a - b).abs() <= 1e-9 * a.abs().max(1.0),
        _ => false,
    }
}
