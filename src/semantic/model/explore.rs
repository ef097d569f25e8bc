//! Explores, their tables and joins.

use super::{AccessRule, Dimension, Interval, Metric, Needs, ParameterDefinition};
use crate::semantic::{
    error::Issue,
    manifest::{GroupDetails, Json},
    query::FilterRule,
    snippet::Snippet,
    value::Weekday,
};
use chrono_tz::Tz;
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// A table and what is joined to it: what queries are asked of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Explore {
    /// Name.
    pub name: String,
    /// Title.
    pub label: String,
    /// What it is for.
    pub description: Option<String>,
    /// Folders in which it stands.
    #[serde(default)]
    pub groups: Vec<String>,
    /// Labels.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Name of the base table.
    pub base_table: String,
    /// Tables by their name in the explore, the base table first.
    pub tables: IndexMap<String, Table>,
    /// Joins in the order of the model.
    #[serde(default)]
    pub joins: Vec<Join>,
    /// Parameters that its SQL may use, by name.
    #[serde(default)]
    pub parameters: IndexMap<String, ParameterDefinition>,
    /// Intervals of the project's own, by name in lower case.
    #[serde(default)]
    pub granularities: IndexMap<String, Interval>,
    /// Whether text filters tell letter case, where the field does not say.
    #[serde(default = "yes")]
    pub case_sensitive: bool,
    /// First day of weeks; the warehouse's own unless given.
    pub week_start: Option<Weekday>,
    /// Meaning of moments without a zone.
    #[serde(default)]
    pub data_timezone: Tz,
    /// What went wrong: with no tables left nothing can be asked; else parts are missing.
    #[serde(default)]
    pub errors: Vec<Issue>,
    /// The file that defines it.
    pub source_path: Option<String>,
    /// How it stands in the catalog.
    pub spotlight: Option<Json>,
}

/// Letter case counts unless said otherwise.
const fn yes() -> bool {
    true
}

impl Explore {
    /// Whether it can be asked.
    pub fn is_usable(&self) -> bool {
        self.tables.contains_key(&self.base_table)
    }

    /// A dimension of a table.
    pub fn dimension(&self, table: &str, name: &str) -> Option<&Dimension> {
        self.tables.get(table)?.dimensions.get(name)
    }

    /// A metric of a table.
    pub fn metric(&self, table: &str, name: &str) -> Option<&Metric> {
        self.tables.get(table)?.metrics.get(name)
    }
}

/// A table of an explore.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// Name in the explore: the model, or its alias.
    pub name: String,
    /// The model; its own name unless given.
    #[serde(default)]
    pub model: String,
    /// Title.
    pub label: String,
    /// What it holds.
    pub description: Option<String>,
    /// What stands in FROM.
    pub relation: Snippet,
    /// Which rows there are, as a condition.
    pub row_filter: Option<Snippet>,
    /// What the row filter needs.
    #[serde(default)]
    pub row_filter_needs: Needs,
    /// Dimensions by name.
    #[serde(default)]
    pub dimensions: IndexMap<String, Dimension>,
    /// Metrics by name.
    #[serde(default)]
    pub metrics: IndexMap<String, Metric>,
    /// Dimensions that name a row.
    #[serde(default)]
    pub primary_key: Vec<String>,
    /// Who may use it.
    #[serde(default)]
    pub access: Vec<AccessRule>,
    /// Filters that are offered, and those that are enforced.
    #[serde(default)]
    pub default_filters: Vec<RequiredFilter>,
    /// The time of the table.
    pub default_time_dimension: Option<TimeDimension>,
    /// Fields behind a number.
    pub default_show_underlying_values: Option<Vec<String>>,
    /// Whether fields are listed as written, and not by label.
    #[serde(default)]
    pub ordered_by_index: bool,
    /// Folders of fields.
    #[serde(default)]
    pub group_details: IndexMap<String, GroupDetails>,
    /// Named lists of fields.
    #[serde(default)]
    pub sets: IndexMap<String, Vec<String>>,
    /// Whether its fields are not shown.
    #[serde(default)]
    pub hidden: bool,
    /// A hint for assistants.
    pub ai_hint: Option<Json>,
}

/// A filter of a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RequiredFilter {
    /// The table of its field.
    pub table: String,
    /// The dimension.
    pub field: String,
    /// The rule.
    pub rule: FilterRule,
    /// Whether it is enforced unless the query filters the dimension itself.
    #[serde(default)]
    pub required: bool,
}

/// The time of a table or metric.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TimeDimension {
    /// The dimension.
    pub field: String,
    /// The interval, as it is named in ids.
    pub interval: String,
}

/// A joined table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Join {
    /// Name of the table in the explore.
    pub table: String,
    /// Which rows stay.
    #[serde(default)]
    pub kind: JoinKind,
    /// The condition.
    pub on: Snippet,
    /// What the condition needs: its tables are joined before.
    #[serde(default)]
    pub needs: Needs,
    /// How many rows match, if known.
    pub relationship: Option<Relationship>,
    /// Whether it is joined even if not asked for.
    #[serde(default)]
    pub always: bool,
    /// Whether its fields are not shown.
    #[serde(default)]
    pub hidden: bool,
}

/// Which rows of a join stay.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JoinKind {
    /// Rows without a match on the right stay.
    #[default]
    Left,
    /// Only rows that match.
    Inner,
    /// Rows without a match on the left stay.
    Right,
    /// All rows stay.
    Full,
}

/// How many rows of a join match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Relationship {
    /// One to one.
    OneToOne,
    /// One row has many in the joined table.
    OneToMany,
    /// Many rows have one in the joined table.
    ManyToOne,
    /// Many have many.
    ManyToMany,
}
