//! Filters of a query.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

/// Which rows count.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct QueryFilters {
    /// Before aggregation.
    pub dimensions: Option<FilterGroup>,
    /// After aggregation.
    pub metrics: Option<FilterGroup>,
    /// After calculation.
    pub table_calculations: Option<FilterGroup>,
}

/// Rules and groups, joined by one word.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FilterGroup {
    /// All must hold.
    And(Vec<FilterNode>),
    /// One must hold.
    Or(Vec<FilterNode>),
}

impl FilterGroup {
    /// The word and the items.
    pub fn parts(&self) -> (&'static str, &[FilterNode]) {
        match self {
            Self::And(items) => ("and", items),
            Self::Or(items) => ("or", items),
        }
    }
}

/// A rule or a group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FilterNode {
    /// A group.
    Group(FilterGroup),
    /// A rule.
    Rule(FilterRule),
}

/// How a group is spelled: by key in the API, by operator where it is stored.
#[derive(Deserialize)]
struct Spelled {
    and: Option<Vec<FilterNode>>,
    or: Option<Vec<FilterNode>>,
    operator: Option<Word>,
    items: Option<Vec<FilterNode>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Word {
    And,
    Or,
}

impl<'de> Deserialize<'de> for FilterGroup {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let group = Spelled::deserialize(deserializer)?;
        match (group.and, group.or, group.operator, group.items) {
            (Some(items), None, None, None) => Ok(Self::And(items)),
            (None, Some(items), None, None) => Ok(Self::Or(items)),
            (None, None, Some(Word::And), Some(items)) => Ok(Self::And(items)),
            (None, None, Some(Word::Or), Some(items)) => Ok(Self::Or(items)),
            _ => Err(serde::de::Error::custom(
                "a group has exactly one of `and` and `or`",
            )),
        }
    }
}

/// A condition on one field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FilterRule {
    /// The field.
    pub field_id: String,
    /// The comparison.
    pub operator: FilterOperator,
    /// What it is compared with.
    #[serde(default, deserialize_with = "super::null_as_empty")]
    pub values: Vec<Value>,
    /// Settings of some operators.
    #[serde(default)]
    pub settings: Option<RuleSettings>,
    /// Whether it is kept but not applied.
    #[serde(default)]
    pub disabled: bool,
    /// Whether the query waits for a value.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub required: bool,
    /// Whether rows without a value count as well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub include_null: Option<bool>,
    /// Whether letter case matters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case_sensitive: Option<bool>,
}

/// Settings of some operators.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RuleSettings {
    /// Unit of a relative time: days unless given.
    pub unit_of_time: Option<String>,
    /// Whether only whole units count.
    pub completed: bool,
    /// Whether rows without a value count as well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub include_null: Option<bool>,
    /// Whether letter case matters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case_sensitive: Option<bool>,
}

impl FilterRule {
    /// Whether rows without a value count as well.
    pub fn includes_null(&self) -> bool {
        let settings = self.settings.as_ref().and_then(|s| s.include_null);
        self.include_null.or(settings).unwrap_or(false)
    }

    /// Whether letter case matters, if the rule says.
    pub fn tells_case(&self) -> Option<bool> {
        let settings = self.settings.as_ref().and_then(|s| s.case_sensitive);
        self.case_sensitive.or(settings)
    }
}

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FilterOperator {
    /// Has no value.
    IsNull,
    /// Has a value.
    NotNull,
    /// Is one of the values.
    Equals,
    /// Is none of the values.
    NotEquals,
    /// Starts with one of the values.
    StartsWith,
    /// Ends with one of the values.
    EndsWith,
    /// Contains one of the values.
    Include,
    /// Contains none of the values.
    NotInclude,
    /// Is less.
    LessThan,
    /// Is less or equal.
    LessThanOrEqual,
    /// Is greater.
    GreaterThan,
    /// Is greater or equal.
    GreaterThanOrEqual,
    /// Lies within the last units of time.
    InThePast,
    /// Does not lie within the last units of time.
    NotInThePast,
    /// Lies within the next units of time.
    InTheNext,
    /// Lies within the current unit of time.
    InTheCurrent,
    /// Does not lie within the current unit of time.
    NotInTheCurrent,
    /// Lies between two values, both included.
    InBetween,
    /// Does not lie between two values.
    NotInBetween,
    /// Lies as far into its unit of time as now lies into the current one, or less.
    InPeriodToDate,
}

impl FilterOperator {
    /// Whether it compares with values that the rule gives.
    pub const fn takes_values(self) -> bool {
        !matches!(
            self,
            Self::IsNull
                | Self::NotNull
                | Self::InTheCurrent
                | Self::NotInTheCurrent
                | Self::InPeriodToDate
        )
    }

    /// All of them.
    pub const ALL: [Self; 20] = [
        Self::IsNull,
        Self::NotNull,
        Self::Equals,
        Self::NotEquals,
        Self::StartsWith,
        Self::EndsWith,
        Self::Include,
        Self::NotInclude,
        Self::LessThan,
        Self::LessThanOrEqual,
        Self::GreaterThan,
        Self::GreaterThanOrEqual,
        Self::InThePast,
        Self::NotInThePast,
        Self::InTheNext,
        Self::InTheCurrent,
        Self::NotInTheCurrent,
        Self::InBetween,
        Self::NotInBetween,
        Self::InPeriodToDate,
    ];
}
