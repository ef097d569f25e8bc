//! Types of the warehouse's columns: dbt's `catalog.json`, or what the warehouse was asked.

use crate::semantic::value::ValueType;
use serde::Deserialize;
use std::collections::HashMap;

/// Columns of tables.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    by_id: HashMap<String, Types>,
    by_name: HashMap<(String, String, String), Types>,
}

/// Types of the columns of a table. Names are found in any letter case.
#[derive(Debug, Clone, Default)]
pub struct Types(HashMap<String, String>);

impl Types {
    /// The type of a column.
    pub fn get(&self, column: &str) -> Option<&str> {
        self.0.get(&column.to_lowercase()).map(String::as_str)
    }
}

#[derive(Deserialize)]
struct CatalogFile {
    #[serde(default)]
    nodes: HashMap<String, CatalogNode>,
    #[serde(default)]
    sources: HashMap<String, CatalogNode>,
}

#[derive(Deserialize)]
struct CatalogNode {
    columns: HashMap<String, CatalogColumn>,
}

#[derive(Deserialize)]
struct CatalogColumn {
    #[serde(rename = "type")]
    kind: String,
}

impl Catalog {
    /// Reads dbt's `catalog.json`.
    pub fn from_dbt(catalog: &str) -> Result<Self, serde_json::Error> {
        let file: CatalogFile = serde_json::from_str(catalog)?;
        let nodes = file.nodes.into_iter().chain(file.sources);
        let by_id = nodes.map(|(id, node)| {
            let types = node.columns.into_iter();
            let types = types.map(|(name, column)| (name.to_lowercase(), column.kind));
            (id, Types(types.collect()))
        });
        Ok(Self {
            by_id: by_id.collect(),
            by_name: HashMap::new(),
        })
    }

    /// Adds a column that the warehouse told of.
    pub fn add(&mut self, database: &str, schema: &str, table: &str, column: &str, kind: &str) {
        let key = key(database, schema, table);
        let types = self.by_name.entry(key).or_default();
        types.0.insert(column.to_lowercase(), kind.to_owned());
    }

    /// The columns of the table behind a model.
    pub fn table(
        &self,
        id: &str,
        database: &Option<String>,
        schema: &Option<String>,
        table: &str,
    ) -> Option<&Types> {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        self.by_id.get(id).or_else(|| {
            self.by_name
                .get(&key(&text(database), &text(schema), table))
        })
    }
}

fn key(database: &str, schema: &str, table: &str) -> (String, String, String) {
    (
        database.to_lowercase(),
        schema.to_lowercase(),
        table.to_lowercase(),
    )
}

/// What kind of values a type of the warehouse holds, and whether its moments have a zone.
pub fn value_type(data_type: &str) -> (ValueType, bool) {
    let name = data_type.trim().to_lowercase();
    let word = name
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .next()
        .unwrap_or_default();
    let kind = match word {
        "int" | "int2" | "int4" | "int8" | "int16" | "int32" | "int64" | "int128" | "int256"
        | "uint8" | "uint16" | "uint32" | "uint64" | "uint128" | "uint256" | "integer"
        | "bigint" | "smallint" | "tinyint" | "byteint" | "hugeint" | "serial" | "bigserial"
        | "smallserial" | "numeric" | "decimal" | "bignumeric" | "number" | "float" | "float4"
        | "float8" | "float32" | "float64" | "double" | "real" | "fixed" | "money"
        | "decimal32" | "decimal64" | "decimal128" | "long" | "short" | "byte" => ValueType::Number,
        "bool" | "boolean" => ValueType::Boolean,
        "date" | "date32" => ValueType::Date,
        "timestamp" | "timestamptz" | "timestamp_ntz" | "timestamp_ltz" | "timestamp_tz"
        | "timestampntz" | "timestampltz" | "timestamptz_ns" | "datetime" | "datetime64"
        | "timestamp_s" | "timestamp_ms" | "timestamp_ns" => ValueType::Timestamp,
        _ => ValueType::String,
    };
    let naive = kind == ValueType::Timestamp
        && (name.contains("without time zone")
            || name.contains("ntz")
            || name == "datetime"
            || name == "timestamp"
            || (name.starts_with("timestamp(") && !name.contains("with time zone")));
    (kind, naive)
}
