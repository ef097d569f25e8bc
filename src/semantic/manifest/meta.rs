//! What analysts write under `meta` of models and columns, as it is written.

use super::json::Json;
use crate::semantic::model::{FormatKeys, JoinKind, Relationship};
use indexmap::IndexMap;
use serde::{Deserialize, Deserializer};

/// `meta` of a model.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct ModelMeta {
    /// Title.
    pub label: Option<String>,
    /// Order of fields.
    pub order_fields_by: Option<String>,
    /// Folders in which the table stands.
    pub groups: Option<OneOrMany<String>>,
    /// Folder, the older form.
    pub group_label: Option<String>,
    /// Folders of fields.
    pub group_details: IndexMap<String, GroupDetails>,
    /// What stands in FROM in place of the relation.
    pub sql_from: Option<String>,
    /// Which rows there are.
    #[serde(alias = "sql_where")]
    pub sql_filter: Option<String>,
    /// Attributes of which the user needs all.
    pub required_attributes: Option<AttributeMap>,
    /// Attributes of which the user needs one.
    pub any_attributes: Option<AttributeMap>,
    /// Columns that name a row.
    pub primary_key: Option<OneOrMany<String>>,
    /// Tables joined to it, each a [`JoinMeta`]: one that cannot be read leaves the others.
    pub joins: Vec<Json>,
    /// Metrics of the table.
    pub metrics: IndexMap<String, Json>,
    /// Filters that are offered.
    pub default_filters: Vec<Json>,
    /// Filters that are enforced, the older form.
    pub required_filters: Vec<Json>,
    /// The time of the table.
    pub default_time_dimension: Option<TimeDimensionMeta>,
    /// Fields behind a number.
    pub default_show_underlying_values: Option<Vec<String>>,
    /// More explores on this table.
    pub explores: IndexMap<String, ExploreMeta>,
    /// Whether it is no explore of its own.
    pub hidden: bool,
    /// Parameters of the model.
    pub parameters: IndexMap<String, Json>,
    /// Named lists of fields.
    pub sets: IndexMap<String, SetMeta>,
    /// Whether text filters tell letter case.
    pub case_sensitive: Option<bool>,
    /// How it stands in the catalog.
    pub spotlight: Option<Json>,
    /// A hint for assistants.
    pub ai_hint: Option<Json>,
    /// Labels.
    pub tags: Option<OneOrMany<String>>,
}

/// A further explore.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct ExploreMeta {
    /// Title.
    pub label: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// Folder.
    pub group_label: Option<String>,
    /// Its own joins, each a [`JoinMeta`].
    pub joins: Option<Vec<Json>>,
    /// Attributes of which the user needs all.
    pub required_attributes: Option<AttributeMap>,
    /// Attributes of which the user needs one.
    pub any_attributes: Option<AttributeMap>,
    /// Whether text filters tell letter case.
    pub case_sensitive: Option<bool>,
}

/// A joined table.
#[derive(Debug, Clone, Deserialize)]
pub struct JoinMeta {
    /// The model.
    pub join: String,
    /// Name in the explore.
    #[serde(default)]
    pub alias: Option<String>,
    /// Title.
    #[serde(default)]
    pub label: Option<String>,
    /// What it adds.
    #[serde(default)]
    pub description: Option<String>,
    /// Which rows stay.
    #[serde(rename = "type", default)]
    pub kind: JoinKind,
    /// The condition.
    pub sql_on: String,
    /// How many rows match.
    #[serde(default)]
    pub relationship: Option<Relationship>,
    /// Whether it is joined even if not asked for.
    #[serde(default)]
    pub always: bool,
    /// Whether its fields are not shown.
    #[serde(default)]
    pub hidden: bool,
    /// Which of its fields are kept.
    #[serde(default)]
    pub fields: Option<Vec<String>>,
}

/// A folder of fields.
#[derive(Debug, Clone, Default, Deserialize, serde::Serialize, PartialEq)]
#[serde(default)]
pub struct GroupDetails {
    /// Title.
    pub label: Option<String>,
    /// What it holds.
    pub description: Option<String>,
}

/// A named list of fields, plain or under `fields`.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum SetMeta {
    /// A list.
    List(Vec<String>),
    /// A list under a key.
    Fields {
        /// The list.
        fields: Vec<String>,
    },
}

/// A time dimension and its interval.
#[derive(Debug, Clone, Deserialize, serde::Serialize, PartialEq)]
pub struct TimeDimensionMeta {
    /// The dimension.
    pub field: String,
    /// The interval.
    pub interval: String,
}

/// Attributes and the values that are asked for.
pub type AttributeMap = IndexMap<String, OneOrMany<Scalar>>;

/// A text, number or boolean, read as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scalar(pub String);

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Json::deserialize(deserializer)? {
            Json::Text(text) => Ok(Self(text)),
            Json::Number(number) => Ok(Self(number.to_string())),
            Json::Bool(value) => Ok(Self(value.to_string())),
            _ => Err(serde::de::Error::custom(
                "must be a text, a number or a boolean",
            )),
        }
    }
}

/// One value or a list of them.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum OneOrMany<T> {
    /// One.
    One(T),
    /// Several.
    Many(Vec<T>),
}

impl<T> OneOrMany<T> {
    /// As a list.
    pub fn into_vec(self) -> Vec<T> {
        match self {
            Self::One(item) => vec![item],
            Self::Many(items) => items,
        }
    }
}

/// A dimension, or an additional one.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct DimensionMeta {
    /// Name, if not that of the column.
    pub name: Option<String>,
    /// Title.
    pub label: Option<String>,
    /// Type of its values.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// What it is.
    pub description: Option<String>,
    /// The expression.
    pub sql: Option<String>,
    /// Its intervals.
    pub time_intervals: Option<Json>,
    /// Whether it is not shown.
    pub hidden: bool,
    /// How values are written.
    #[serde(flatten)]
    pub format: FormatKeys,
    /// Folders.
    pub groups: Option<OneOrMany<String>>,
    /// Folder, the older form.
    pub group_label: Option<String>,
    /// Labels.
    pub tags: Option<OneOrMany<String>>,
    /// Attributes of which the user needs all.
    pub required_attributes: Option<AttributeMap>,
    /// Attributes of which the user needs one.
    pub any_attributes: Option<AttributeMap>,
    /// Whether text filters tell letter case.
    pub case_sensitive: Option<bool>,
    /// Whether it is shown in the zone of the query.
    pub convert_timezone: Option<bool>,
    /// Whether the moments have a zone: `aware` or `naive`.
    pub timestamp_domain: Option<String>,
    /// Links.
    pub urls: Option<Json>,
    /// Rich text.
    pub rich_text: Option<Json>,
    /// Pictures.
    pub image: Option<Json>,
    /// Colours of values.
    pub colors: Option<Json>,
    /// Where filters look for values.
    pub filter_autocomplete: Option<Json>,
    /// A hint for assistants.
    pub ai_hint: Option<Json>,
    /// How it stands in the catalog.
    pub spotlight: Option<Json>,
}

/// The time over which a metric does not add up.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct NonAdditiveMeta {
    /// The dimension.
    pub name: String,
    /// `min` for the first time, `max` for the last.
    pub window_choice: Option<String>,
    /// What has a first or last time of its own.
    pub window_groupings: Option<OneOrMany<String>>,
}

/// A metric.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct MetricMeta {
    /// How it aggregates.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Title.
    pub label: Option<String>,
    /// What it counts.
    pub description: Option<String>,
    /// The expression.
    pub sql: Option<String>,
    /// Whether it is not shown.
    pub hidden: bool,
    /// How values are written.
    #[serde(flatten)]
    pub format: FormatKeys,
    /// Folders.
    pub groups: Option<OneOrMany<String>>,
    /// Folder, the older form.
    pub group_label: Option<String>,
    /// Which percentile.
    pub percentile: Option<f64>,
    /// What names an entity, for sums of distinct entities.
    pub distinct_keys: Option<OneOrMany<String>>,
    /// The time over which it does not add up.
    pub non_additive_dimension: Option<NonAdditiveMeta>,
    /// Which rows count.
    pub filters: Vec<Json>,
    /// Fields behind a number.
    pub show_underlying_values: Option<Vec<String>>,
    /// Labels.
    pub tags: Option<OneOrMany<String>>,
    /// Its time.
    pub default_time_dimension: Option<TimeDimensionMeta>,
    /// Attributes of which the user needs all.
    pub required_attributes: Option<AttributeMap>,
    /// Attributes of which the user needs one.
    pub any_attributes: Option<AttributeMap>,
    /// Links.
    pub urls: Option<Json>,
    /// Rich text.
    pub rich_text: Option<Json>,
    /// A hint for assistants.
    pub ai_hint: Option<Json>,
    /// How it stands in the catalog.
    pub spotlight: Option<Json>,
}
