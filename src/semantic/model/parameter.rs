//! Parameters: values that a query brings for the SQL of a model.

use crate::semantic::manifest::Json;
use serde::{Deserialize, Serialize};

/// A parameter.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ParameterDefinition {
    /// Title.
    pub label: Option<String>,
    /// What it changes.
    pub description: Option<String>,
    /// Value if the query brings none: one, or a list.
    pub default: Option<Json>,
    /// Whether several values may be given.
    pub multiple: bool,
    /// Whether values beside the options may be given.
    pub allow_custom_values: bool,
    /// Values to choose from.
    pub options: Option<Vec<Json>>,
    /// A dimension whose values can be chosen.
    pub options_from_dimension: Option<Json>,
    /// Type of the values.
    #[serde(rename = "type")]
    pub kind: ParameterType,
}

/// Type of a parameter's values.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ParameterType {
    /// Texts.
    #[default]
    String,
    /// Numbers.
    Number,
    /// Days.
    Date,
}
