//! Filters of metric queries and dashboards, as they are stored and shown.

use crate::gql::FieldId;
use async_graphql::{Enum, ID, SimpleObject, Union};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Which rows of a result count.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, SimpleObject)]
#[serde(rename_all = "camelCase", default)]
pub struct QueryFilters {
    /// On dimensions: applied before aggregation.
    pub dimensions: Option<FilterGroup>,
    /// On metrics: applied after aggregation.
    pub metrics: Option<FilterGroup>,
    /// On table calculations: applied to the computed rows.
    pub table_calculations: Option<FilterGroup>,
}

/// Rules and groups of rules, joined by one word.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, SimpleObject)]
#[serde(rename_all = "camelCase")]
pub struct FilterGroup {
    /// Id of the group within the query.
    pub id: ID,
    /// The word that joins the items.
    pub operator: FilterGroupOperator,
    /// The rules and groups.
    pub items: Vec<FilterNode>,
}

/// How the items of a group are joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Enum)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FilterGroupOperator {
    /// All must hold.
    And,
    /// One must hold.
    Or,
}

/// A rule or a group of rules.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Union)]
#[serde(rename_all = "camelCase")]
pub enum FilterNode {
    /// A group.
    Group(FilterGroup),
    /// A rule.
    Rule(FilterRule),
}

/// A condition on one field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, SimpleObject)]
#[serde(rename_all = "camelCase")]
pub struct FilterRule {
    /// Id of the rule within the query.
    pub id: ID,
    /// The field.
    pub field_id: FieldId,
    /// The comparison.
    pub operator: FilterOperator,
    /// What the field is compared with: texts, numbers, true or false.
    #[serde(default)]
    pub values: Vec<Value>,
    /// Settings of some operators, such as the unit of time of IN_THE_PAST.
    #[serde(default)]
    pub settings: Option<Value>,
    /// Whether the rule is kept but not applied.
    #[serde(default)]
    pub disabled: bool,
    /// Whether a value must be given before the query runs.
    #[serde(default)]
    pub required: bool,
}

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Enum)]
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
    /// Is less than the value.
    LessThan,
    /// Is less than the value or equal.
    LessThanOrEqual,
    /// Is greater than the value.
    GreaterThan,
    /// Is greater than the value or equal.
    GreaterThanOrEqual,
    /// Lies within the last so many units of time.
    InThePast,
    /// Does not lie within the last so many units of time.
    NotInThePast,
    /// Lies within the next so many units of time.
    InTheNext,
    /// Lies within the current unit of time.
    InTheCurrent,
    /// Does not lie within the current unit of time.
    NotInTheCurrent,
    /// Lies between the two values, both included.
    InBetween,
    /// Lies outside the two values.
    NotInBetween,
    /// Lies in the part of its unit of time that has passed of the current one: of months on the
    /// 17th, in the first 17 days of any month.
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

    /// How many values the operator takes at most.
    pub const fn most_values(self) -> usize {
        match self {
            Self::IsNull | Self::NotNull => 0,
            Self::InTheCurrent
            | Self::NotInTheCurrent
            | Self::InPeriodToDate
            | Self::LessThan
            | Self::LessThanOrEqual
            | Self::GreaterThan
            | Self::GreaterThanOrEqual
            | Self::InThePast
            | Self::NotInThePast
            | Self::InTheNext => 1,
            Self::InBetween | Self::NotInBetween => 2,
            Self::Equals
            | Self::NotEquals
            | Self::StartsWith
            | Self::EndsWith
            | Self::Include
            | Self::NotInclude => 10_000,
        }
    }
}

/// Filters over all tiles of a dashboard.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, SimpleObject)]
#[serde(rename_all = "camelCase", default)]
pub struct DashboardFilters {
    /// On dimensions.
    pub dimensions: Vec<DashboardFilterRule>,
    /// On metrics.
    pub metrics: Vec<DashboardFilterRule>,
    /// On table calculations.
    pub table_calculations: Vec<DashboardFilterRule>,
}

/// A condition over the tiles of a dashboard.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, SimpleObject)]
#[serde(rename_all = "camelCase")]
pub struct DashboardFilterRule {
    /// Id of the rule within the dashboard.
    pub id: ID,
    /// Title of the control.
    #[serde(default)]
    pub label: Option<String>,
    /// The field.
    pub field_id: FieldId,
    /// The table of the field.
    pub table_name: String,
    /// The comparison.
    pub operator: FilterOperator,
    /// What the field is compared with.
    #[serde(default)]
    pub values: Vec<Value>,
    /// Settings of some operators, such as the unit of time of IN_THE_PAST.
    #[serde(default)]
    pub settings: Option<Value>,
    /// Whether the rule is kept but not applied.
    #[serde(default)]
    pub disabled: bool,
    /// Whether a value must be given before the tiles run.
    #[serde(default)]
    pub required: bool,
    /// For tiles with other fields: by id of the tile, the field it applies to, or false for none.
    #[serde(default)]
    pub tile_targets: Option<Value>,
}

impl DashboardFilterRule {
    /// Whether it says which rows count: it is not switched off and has what its operator compares with.
    pub fn is_set(&self) -> bool {
        let has_value = !self.values.is_empty() || !self.operator.takes_values();
        has_value && !self.disabled
    }
}
