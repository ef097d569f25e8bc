//! Dimensions and metrics.

use super::{AccessRule, FormatKeys, Interval, Needs, TimeDimension};
use crate::semantic::{manifest::Json, query::FilterRule, snippet::Snippet, value::ValueType};
use serde::{Deserialize, Serialize};

/// A field to group and filter by.
#[expect(clippy::struct_excessive_bools, reason = "each is a key of the model")]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Dimension {
    /// Name, unique in the table.
    pub name: String,
    /// Title.
    pub label: String,
    /// What it is.
    pub description: Option<String>,
    /// Type of its values.
    #[serde(rename = "type")]
    pub kind: ValueType,
    /// The expression; that of the base for an interval.
    pub sql: Snippet,
    /// What it needs.
    #[serde(default)]
    pub needs: Needs,
    /// For an interval: which, and of which dimension.
    pub granularity: Option<Granularity>,
    /// Whether intervals of it exist.
    #[serde(default)]
    pub is_interval_base: bool,
    /// Whether it is not shown.
    #[serde(default)]
    pub hidden: bool,
    /// Whether moments have no zone.
    #[serde(default)]
    pub naive: bool,
    /// Whether it is shown in the zone of the query.
    #[serde(default = "yes")]
    pub convert_timezone: bool,
    /// Whether text filters tell letter case; the explore says unless given.
    pub case_sensitive: Option<bool>,
    /// Who may use it.
    #[serde(default)]
    pub access: Vec<AccessRule>,
    /// How values are written.
    #[serde(default)]
    pub format: FormatKeys,
    /// Folders.
    #[serde(default)]
    pub groups: Vec<String>,
    /// Labels.
    #[serde(default)]
    pub tags: Vec<String>,
    /// What only front ends read.
    #[serde(default)]
    pub display: Display,
}

/// Times are shown in the zone of the query unless said otherwise.
const fn yes() -> bool {
    true
}

/// An interval of a time dimension.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Granularity {
    /// Name of the dimension that it belongs to.
    pub base: String,
    /// The interval.
    pub interval: Interval,
    /// Type of the dimension that it belongs to.
    pub base_kind: ValueType,
}

/// What only front ends read: passed through as written.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Display {
    /// Links.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub urls: Option<Json>,
    /// Rich text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rich_text: Option<Json>,
    /// Pictures.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<Json>,
    /// Colours of values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub colors: Option<Json>,
    /// Where filters look for values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter_autocomplete: Option<Json>,
    /// A hint for assistants.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ai_hint: Option<Json>,
    /// How it stands in the catalog.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spotlight: Option<Json>,
}

/// A field that is computed over groups of rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Metric {
    /// Name, unique in the table.
    pub name: String,
    /// Title.
    pub label: String,
    /// What it counts.
    pub description: Option<String>,
    /// How it aggregates.
    #[serde(rename = "type")]
    pub kind: MetricType,
    /// What is aggregated, or computed from other metrics.
    pub sql: Snippet,
    /// What it needs.
    #[serde(default)]
    pub needs: Needs,
    /// Whether it is not shown.
    #[serde(default)]
    pub hidden: bool,
    /// Which percentile, for those.
    pub percentile: Option<f64>,
    /// What names an entity, for sums of distinct entities.
    #[serde(default)]
    pub distinct_keys: Vec<Snippet>,
    /// The time over which it does not add up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub non_additive: Option<NonAdditive>,
    /// Which rows count: all of these must hold. The field of a rule is `table.name`.
    #[serde(default)]
    pub filters: Vec<FilterRule>,
    /// Who may use it.
    #[serde(default)]
    pub access: Vec<AccessRule>,
    /// How values are written.
    #[serde(default)]
    pub format: FormatKeys,
    /// Folders.
    #[serde(default)]
    pub groups: Vec<String>,
    /// Labels.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Fields behind a number.
    pub show_underlying_values: Option<Vec<String>>,
    /// Its time.
    pub default_time_dimension: Option<TimeDimension>,
    /// What only front ends read.
    #[serde(default)]
    pub display: Display,
}

/// The time over which a metric does not add up: of each group only the rows of one time count.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NonAdditive {
    /// The time.
    pub time: Snippet,
    /// Whether the last time counts, and not the first.
    pub last: bool,
    /// What has a first or last time of its own.
    pub groupings: Vec<Snippet>,
}

impl NonAdditive {
    /// What it refers to.
    pub fn parts(&self) -> impl Iterator<Item = &Snippet> {
        std::iter::once(&self.time).chain(&self.groupings)
    }

    /// What it refers to.
    pub fn parts_mut(&mut self) -> impl Iterator<Item = &mut Snippet> {
        std::iter::once(&mut self.time).chain(&mut self.groupings)
    }
}

/// How a metric is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MetricType {
    /// How many values.
    Count,
    /// How many different values.
    CountDistinct,
    /// The sum.
    Sum,
    /// The mean.
    Average,
    /// The least value.
    Min,
    /// The greatest value.
    Max,
    /// The middle value.
    Median,
    /// A percentile.
    Percentile,
    /// The sum over different entities.
    SumDistinct,
    /// The mean over different entities.
    AverageDistinct,
    /// A number computed from other metrics.
    Number,
    /// A text computed from other metrics.
    String,
    /// True or false, computed from other metrics.
    Boolean,
    /// A day computed from other metrics.
    Date,
    /// A moment computed from other metrics.
    Timestamp,
    /// The ratio to the row before.
    PercentOfPrevious,
    /// The ratio to the sum of all rows.
    PercentOfTotal,
    /// The sum up to this row.
    RunningTotal,
}

impl MetricType {
    /// The type of that name, as analysts write it.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "count" => Self::Count,
            "count_distinct" => Self::CountDistinct,
            "sum" => Self::Sum,
            "average" => Self::Average,
            "min" => Self::Min,
            "max" => Self::Max,
            "median" => Self::Median,
            "percentile" => Self::Percentile,
            "sum_distinct" => Self::SumDistinct,
            "average_distinct" => Self::AverageDistinct,
            "number" => Self::Number,
            "string" => Self::String,
            "boolean" => Self::Boolean,
            "date" => Self::Date,
            "timestamp" => Self::Timestamp,
            "percent_of_previous" => Self::PercentOfPrevious,
            "percent_of_total" => Self::PercentOfTotal,
            "running_total" => Self::RunningTotal,
            _ => return None,
        })
    }

    /// Whether it aggregates rows.
    pub const fn is_aggregate(self) -> bool {
        !self.is_computed() && !self.is_post_calculation()
    }

    /// Whether it is computed from other metrics.
    pub const fn is_computed(self) -> bool {
        matches!(
            self,
            Self::Number | Self::String | Self::Boolean | Self::Date | Self::Timestamp
        )
    }

    /// Whether it is computed over the rows of the result.
    pub const fn is_post_calculation(self) -> bool {
        matches!(
            self,
            Self::PercentOfPrevious | Self::PercentOfTotal | Self::RunningTotal
        )
    }

    /// Whether rows that a join repeats leave it as it is.
    pub const fn withstands_fan_out(self) -> bool {
        matches!(
            self,
            Self::CountDistinct | Self::SumDistinct | Self::AverageDistinct | Self::Min | Self::Max
        )
    }

    /// Type of the values, where that of what is aggregated is known.
    pub const fn value_type(self, argument: Option<ValueType>) -> ValueType {
        match self {
            Self::String => ValueType::String,
            Self::Boolean => ValueType::Boolean,
            Self::Date => ValueType::Date,
            Self::Timestamp => ValueType::Timestamp,
            Self::Min | Self::Max => match argument {
                Some(kind) => kind,
                None => ValueType::Number,
            },
            _ => ValueType::Number,
        }
    }
}
