//! What dbt knows: the models of a manifest, merged with the warehouse's catalog.
//!
//! Reads any manifest from version 7 on. Mistakes stay with the model that has them.

mod catalog;
mod json;
mod meta;
mod settings;

pub use catalog::{Catalog, value_type};
pub use json::Json;
pub use meta::{
    AttributeMap, DimensionMeta, ExploreMeta, GroupDetails, JoinMeta, MetricMeta, ModelMeta,
    NonAdditiveMeta, OneOrMany, SetMeta, TimeDimensionMeta,
};
pub use settings::{Defaults, GranularityMeta, Settings};

use super::error::{Code, Issue, Result};
use indexmap::IndexMap;
use serde::Deserialize;

/// A model with everything that is known of it.
#[derive(Debug, Clone)]
pub struct Model {
    /// Name.
    pub name: String,
    /// Database, if there are several.
    pub database: Option<String>,
    /// Schema.
    pub schema: Option<String>,
    /// The relation as dbt quotes it; else it is put together.
    pub relation: Option<String>,
    /// Name of the table in the warehouse.
    pub table: String,
    /// What it is.
    pub description: Option<String>,
    /// Labels.
    pub tags: Vec<String>,
    /// The file that defines it.
    pub source_path: Option<String>,
    /// What analysts wrote, or why it cannot be read.
    pub meta: Result<ModelMeta>,
    /// Columns in the order written.
    pub columns: IndexMap<String, ModelColumn>,
}

/// A column of a model.
#[derive(Debug, Clone)]
pub struct ModelColumn {
    /// What it is.
    pub description: Option<String>,
    /// Type in the warehouse, if known.
    pub data_type: Option<String>,
    /// What analysts wrote.
    pub meta: Json,
    /// Labels.
    pub tags: Vec<String>,
}

#[derive(Deserialize)]
struct ManifestFile {
    nodes: IndexMap<String, Json>,
}

#[derive(Deserialize)]
struct Node {
    #[serde(default)]
    resource_type: String,
    name: String,
    #[serde(default)]
    alias: Option<String>,
    #[serde(default)]
    database: Option<String>,
    #[serde(default)]
    schema: Option<String>,
    #[serde(default)]
    relation_name: Option<String>,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    meta: Json,
    #[serde(default)]
    config: NodeConfig,
    #[serde(default)]
    columns: IndexMap<String, Column>,
    #[serde(default)]
    original_file_path: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct NodeConfig {
    meta: Json,
    materialized: Option<String>,
    enabled: Option<bool>,
}

#[derive(Deserialize)]
struct Column {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    data_type: Option<String>,
    #[serde(default)]
    meta: Json,
    #[serde(default)]
    config: ColumnConfig,
    #[serde(default)]
    tags: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ColumnConfig {
    meta: Json,
}

/// The models of a manifest, by the order in which it lists them.
pub fn read(manifest: &str, catalog: Option<&Catalog>) -> Result<Vec<Model>> {
    let file: ManifestFile = serde_json::from_str(manifest).map_err(|error| {
        Issue::new(
            Code::BadDefinition,
            "manifest",
            format!("is not a dbt manifest: {error}"),
        )
    })?;
    let mut models = Vec::new();
    for (id, node) in &file.nodes {
        let kind = node.get("resource_type");
        if kind.is_some_and(|kind| *kind != Json::Text("model".to_owned())) {
            continue;
        }
        let node: Node = node.read().map_err(|error| {
            Issue::new(
                Code::BadDefinition,
                format!("manifest.nodes.{id}"),
                format!("cannot be read: {error}"),
            )
        })?;
        let ephemeral = node.config.materialized.as_deref() == Some("ephemeral");
        if node.resource_type == "model" && !ephemeral && node.config.enabled != Some(false) {
            models.push(model(id, node, catalog));
        }
    }
    Ok(models)
}

fn model(id: &str, node: Node, catalog: Option<&Catalog>) -> Model {
    let mut meta = node.meta;
    meta.overlay(node.config.meta);
    let meta = match &meta {
        Json::Null => Ok(ModelMeta::default()),
        meta => meta.read::<ModelMeta>().map_err(|error| {
            Issue::new(
                Code::BadDefinition,
                "meta",
                format!("cannot be read: {error}"),
            )
        }),
    };
    let found = catalog.map(|catalog| {
        catalog.table(
            id,
            &node.database,
            &node.schema,
            node.alias.as_deref().unwrap_or(&node.name),
        )
    });
    let meta = match &found {
        Some(None) => Err(Issue::new(
            Code::MissingTable,
            "",
            format!("the warehouse has no table for the model {}", node.name),
        )),
        _ => meta,
    };
    let types = found.flatten();
    let columns = node.columns.into_iter().map(|(key, column)| {
        let name = column.name.unwrap_or(key);
        let mut meta = column.meta;
        meta.overlay(column.config.meta);
        let data_type = types.and_then(|types| types.get(&name));
        let column = ModelColumn {
            description: column.description.filter(|text| !text.is_empty()),
            data_type: data_type.map(str::to_owned).or(column.data_type),
            meta,
            tags: column.tags,
        };
        (name, column)
    });
    Model {
        table: node.alias.unwrap_or_else(|| node.name.clone()),
        columns: columns.collect(),
        name: node.name,
        database: node.database,
        schema: node.schema,
        relation: node.relation_name,
        description: node.description.filter(|text| !text.is_empty()),
        tags: node.tags,
        source_path: node.original_file_path,
        meta,
    }
}
