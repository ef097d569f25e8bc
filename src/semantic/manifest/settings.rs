//! Settings of a project: its settings file, and what the connection adds.

use super::json::Json;
use crate::semantic::{model::ParameterDefinition, value::Weekday};
use chrono_tz::Tz;
use indexmap::IndexMap;
use serde::Deserialize;

/// Settings of a project.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Defaults of fields.
    pub defaults: Defaults,
    /// Parameters of the project.
    pub parameters: IndexMap<String, ParameterDefinition>,
    /// Intervals of one's own.
    pub custom_granularities: IndexMap<String, GranularityMeta>,
    /// How tables stand in the catalog.
    pub spotlight: Option<Json>,
    /// Folders of tables.
    pub table_groups: Option<Json>,
    /// First day of weeks; the warehouse's own unless given.
    pub week_start: Option<Weekday>,
    /// Meaning of moments without a zone; UTC unless given.
    pub data_timezone: Option<Tz>,
}

/// Defaults of fields.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Defaults {
    /// Whether text filters tell letter case.
    pub case_sensitive: Option<bool>,
}

/// A named interval.
#[derive(Debug, Clone, Deserialize)]
pub struct GranularityMeta {
    /// Title.
    #[serde(default)]
    pub label: Option<String>,
    /// The expression over `${COLUMN}`.
    pub sql: String,
    /// Type of the result: date unless given.
    #[serde(rename = "type", default)]
    pub kind: Option<String>,
}
