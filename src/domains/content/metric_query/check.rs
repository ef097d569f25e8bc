//! From input to what is stored: every mistake by its path, all at once.

mod columns;

use super::{
    BinType, CustomBinDimension, CustomDimension, CustomDimensionInput, CustomSqlDimension,
    DashboardFilterRule, DashboardFilterRuleInput, DashboardFilters, DashboardFiltersInput,
    FilterGroup, FilterGroupInput, FilterGroupOperator, FilterNode, FilterNodeInput,
    FilterOperator, FilterRule, FilterRuleInput, MetricQuery, MetricQueryInput, QueryFilters,
    QueryFiltersInput, check_json,
};
use crate::{
    gql::{FieldId, UserErrorCode, UserErrors},
    kernel::text,
    semantic::model::TimeUnit,
};
use async_graphql::ID;
use serde::Serialize;
use serde_json::Value;
use std::collections::HashSet;
use uuid::Uuid;

/// Most rows that a query may ask for.
const LIMIT_MAX: i32 = 100_000;
/// Most fields, rules and definitions of one kind.
const MANY: usize = 500;
/// Deepest nesting of filter groups.
const GROUP_DEPTH_MAX: usize = 10;
/// Settings of rules.
pub(in crate::domains::content) const RULE_SETTINGS: [&str; 4] =
    ["unitOfTime", "completed", "includeNull", "caseSensitive"];
/// Longest SQL snippet, in characters.
const SQL_MAX: usize = 20_000;

/// Turns input into what is stored, noting mistakes on the way.
pub struct Checked<'a> {
    errors: &'a mut UserErrors,
    rules: usize,
}

impl<'a> Checked<'a> {
    /// Mistakes go to `errors`.
    pub fn new(errors: &'a mut UserErrors) -> Self {
        Self { errors, rules: 0 }
    }

    /// The query at `path`. Of use only if no mistake was noted.
    pub fn metric_query(&mut self, path: &str, input: &MetricQueryInput) -> MetricQuery {
        let at = |field: &str| format!("{path}.{field}");
        let explore_name = self
            .errors
            .text(&at("exploreName"), text::name(&input.explore_name));
        let fields = input.dimensions.len() + input.metrics.len();
        self.at_most(&at("dimensions"), fields, "fields");
        self.at_most(&at("sorts"), input.sorts.len(), "sorts");
        self.at_most(
            &at("tableCalculations"),
            input.table_calculations.len(),
            "calculations",
        );
        if !(1..=LIMIT_MAX).contains(&input.limit) {
            let found = input.limit;
            self.invalid(
                &at("limit"),
                &format!("must be between 1 and {LIMIT_MAX}, got {found}"),
            );
        }
        if let Some(metadata) = &input.metadata {
            check_json(self.errors, &at("metadata"), metadata);
        }
        let dimensions = input.dimensions.iter().map(FieldId::as_str);
        self.distinct(&at("dimensions"), dimensions, "");
        let metrics = input.metrics.iter().map(FieldId::as_str);
        self.distinct(&at("metrics"), metrics, "");
        let calculations = input.table_calculations.iter();
        let calculations = calculations.map(|calculation| calculation.name.as_str());
        self.distinct(&at("tableCalculations"), calculations, ".name");
        self.sorts(&at("sorts"), input);
        MetricQuery {
            explore_name,
            dimensions: input.dimensions.clone(),
            metrics: input.metrics.clone(),
            filters: self.query_filters(&at("filters"), &input.filters),
            sorts: input.sorts.clone(),
            limit: input.limit,
            table_calculations: self.calculations(&at("tableCalculations"), input),
            additional_metrics: self.additional_metrics(&at("additionalMetrics"), input),
            custom_dimensions: self.custom_dimensions(&at("customDimensions"), input),
            timezone: input.timezone.clone(),
            metadata: input.metadata.clone(),
        }
    }

    /// The filters of a dashboard at `path`.
    pub fn dashboard_filters(
        &mut self,
        path: &str,
        input: &DashboardFiltersInput,
    ) -> DashboardFilters {
        let mut rules = |field: &str, rules: &Option<Vec<DashboardFilterRuleInput>>| {
            let rules = rules.as_deref().unwrap_or_default();
            let path = format!("{path}.{field}");
            self.at_most(&path, rules.len(), "rules");
            let rule = |(n, rule)| self.dashboard_rule(&format!("{path}.{n}"), rule);
            rules.iter().enumerate().map(rule).collect()
        };
        DashboardFilters {
            dimensions: rules("dimensions", &input.dimensions),
            metrics: rules("metrics", &input.metrics),
            table_calculations: rules("tableCalculations", &input.table_calculations),
        }
    }

    fn dashboard_rule(
        &mut self,
        path: &str,
        rule: &DashboardFilterRuleInput,
    ) -> DashboardFilterRule {
        let values = self.values(path, rule.operator, rule.values.as_deref());
        if let Some(label) = &rule.label {
            self.errors
                .text(&format!("{path}.label"), text::line(label, text::NAME_MAX));
        }
        self.settings(path, rule.settings.as_ref());
        self.targets(path, rule.tile_targets.as_ref());
        let mut read = DashboardFilterRule {
            id: ID::default(),
            label: rule.label.clone(),
            field_id: rule.field_id.clone(),
            table_name: self
                .errors
                .text(&format!("{path}.tableName"), text::name(&rule.table_name)),
            operator: rule.operator,
            values,
            settings: rule.settings.clone(),
            disabled: rule.disabled,
            required: rule.required,
            tile_targets: rule.tile_targets.clone(),
        };
        read.id = self.id(path, rule.id.as_ref(), &read);
        read
    }

    fn query_filters(&mut self, path: &str, input: &QueryFiltersInput) -> QueryFilters {
        let mut group = |field: &str, group: &Option<FilterGroupInput>| {
            group
                .as_ref()
                .map(|group| self.group(&format!("{path}.{field}"), group, 1))
        };
        QueryFilters {
            dimensions: group("dimensions", &input.dimensions),
            metrics: group("metrics", &input.metrics),
            table_calculations: group("tableCalculations", &input.table_calculations),
        }
    }

    fn group(&mut self, path: &str, input: &FilterGroupInput, depth: usize) -> FilterGroup {
        let (operator, word, items) = match (&input.and, &input.or) {
            (Some(items), None) => (FilterGroupOperator::And, "and", items.as_slice()),
            (None, Some(items)) => (FilterGroupOperator::Or, "or", items.as_slice()),
            _ => {
                self.invalid(path, "give exactly one of `and` and `or`");
                (FilterGroupOperator::And, "and", [].as_slice())
            }
        };
        let nested = depth <= GROUP_DEPTH_MAX;
        if !nested {
            self.invalid(
                path,
                &format!("groups may nest at most {GROUP_DEPTH_MAX} deep"),
            );
        }
        let items = if nested { items } else { &[] };
        let items = items.iter().enumerate().map(|(n, node)| match node {
            FilterNodeInput::Group(group) => {
                let path = format!("{path}.{word}.{n}.group");
                FilterNode::Group(self.group(&path, group, depth + 1))
            }
            FilterNodeInput::Rule(rule) => {
                FilterNode::Rule(self.rule(&format!("{path}.{word}.{n}.rule"), rule))
            }
        });
        let mut read = FilterGroup {
            id: ID::default(),
            operator,
            items: items.collect(),
        };
        read.id = self.id(path, None, &read);
        read
    }

    fn rule(&mut self, path: &str, rule: &FilterRuleInput) -> FilterRule {
        self.rules += 1;
        if self.rules == MANY + 1 {
            self.invalid(path, &format!("a query may have at most {MANY} rules"));
        }
        self.settings(path, rule.settings.as_ref());
        let mut read = FilterRule {
            id: ID::default(),
            field_id: rule.field_id.clone(),
            operator: rule.operator,
            values: self.values(path, rule.operator, rule.values.as_deref()),
            settings: rule.settings.clone(),
            disabled: rule.disabled,
            required: rule.required,
        };
        read.id = self.id(path, rule.id.as_ref(), &read);
        read
    }

    /// Settings of a rule: a misspelled one would be passed over without a word.
    fn settings(&mut self, path: &str, settings: Option<&Value>) {
        let path = format!("{path}.settings");
        let settings = match settings {
            None | Some(Value::Null) => return,
            Some(Value::Object(settings)) => settings,
            Some(_) => {
                return self.invalid(
                    &path,
                    "must be an object, such as { unitOfTime: \"months\" }",
                );
            }
        };
        for (key, value) in settings {
            let at = format!("{path}.{key}");
            match (key.as_str(), value) {
                ("unitOfTime", Value::String(unit)) if TimeUnit::named(unit).is_some() => {}
                ("unitOfTime", Value::Null) => {}
                ("unitOfTime", _) => self.invalid(
                    &at,
                    "must be minutes, hours, days, weeks, months, quarters or years",
                ),
                (key, Value::Bool(_) | Value::Null) if RULE_SETTINGS.contains(&key) => {}
                (key, _) if RULE_SETTINGS.contains(&key) => {
                    self.invalid(&at, "must be true or false");
                }
                _ => {
                    let known = RULE_SETTINGS.join(", ");
                    self.invalid(&at, &format!("there is no such setting; there are {known}"));
                }
            }
        }
    }

    /// Which field a rule is about by tile.
    fn targets(&mut self, path: &str, targets: Option<&Value>) {
        let path = format!("{path}.tileTargets");
        let targets = match targets {
            None | Some(Value::Null) => return,
            Some(Value::Object(targets)) => targets,
            Some(_) => {
                let what = "must be an object: by id of the tile, false or the field";
                return self.invalid(&path, what);
            }
        };
        check_json(self.errors, &path, &Value::Object(targets.clone()));
        for (tile, target) in targets {
            let field = target.get("fieldId").and_then(Value::as_str);
            let table = target.get("tableName").unwrap_or(&Value::Null);
            let fits = match target {
                Value::Bool(false) | Value::Null => true,
                Value::Object(_) => {
                    field.is_some_and(|field| FieldId::parse_text(field).is_ok())
                        && (table.is_string() || table.is_null())
                }
                _ => false,
            };
            if !fits {
                let what = "must be false, or an object with fieldId (such as orders_status) and tableName";
                self.invalid(&format!("{path}.{tile}"), what);
            }
        }
    }

    fn values(
        &mut self,
        path: &str,
        operator: FilterOperator,
        values: Option<&[Value]>,
    ) -> Vec<Value> {
        let values = values.unwrap_or_default();
        let path = format!("{path}.values");
        let maximum = operator.most_values();
        if values.len() > maximum {
            let found = values.len();
            self.invalid(
                &path,
                &format!("this operator takes at most {maximum} values, got {found}"),
            );
        }
        for (n, value) in values.iter().enumerate().take(maximum) {
            if value.is_array() || value.is_object() || value.is_null() {
                self.invalid(
                    &format!("{path}.{n}"),
                    "must be a text, a number, true or false",
                );
            } else {
                check_json(self.errors, &format!("{path}.{n}"), value);
            }
        }
        values.to_vec()
    }

    fn custom_dimensions(&mut self, path: &str, input: &MetricQueryInput) -> Vec<CustomDimension> {
        let dimensions = input.custom_dimensions.as_deref().unwrap_or_default();
        self.at_most(path, dimensions.len(), "custom dimensions");
        dimensions
            .iter()
            .enumerate()
            .map(|(n, dimension)| match dimension {
                CustomDimensionInput::Bin(bin) => {
                    self.bin(&format!("{path}.{n}.bin"), bin);
                    CustomDimension::Bin(bin.clone())
                }
                CustomDimensionInput::Sql(sql) => {
                    self.sql_dimension(&format!("{path}.{n}.sql"), sql);
                    CustomDimension::Sql(sql.clone())
                }
            })
            .collect()
    }

    fn bin(&mut self, path: &str, bin: &CustomBinDimension) {
        self.names(
            path,
            [
                ("id", bin.id.as_str()),
                ("name", &bin.name),
                ("table", &bin.table),
            ],
        );
        let at = |field: &str| format!("{path}.{field}");
        match bin.bin_type {
            BinType::FixedNumber if !bin.bin_number.is_some_and(|n| (1..=1_000).contains(&n)) => {
                self.invalid(
                    &at("binNumber"),
                    "must be given for FIXED_NUMBER: 1 to 1000",
                );
            }
            BinType::FixedWidth if !bin.bin_width.is_some_and(|w| w.is_finite() && w > 0.0) => {
                self.invalid(&at("binWidth"), "must be given for FIXED_WIDTH: above 0");
            }
            BinType::CustomRange => {
                let ranges = bin.custom_range.as_deref().unwrap_or_default();
                self.at_most(&at("customRange"), ranges.len(), "ranges");
                if ranges.is_empty() {
                    self.invalid(&at("customRange"), "must be given for CUSTOM_RANGE");
                }
                for (n, range) in ranges.iter().enumerate() {
                    let upside_down = range
                        .from
                        .zip(range.to)
                        .is_some_and(|(from, to)| from >= to);
                    if upside_down || (range.from.is_none() && range.to.is_none()) {
                        let path = format!("{path}.customRange.{n}");
                        self.invalid(
                            &path,
                            "`from` must be less than `to`, and one must be given",
                        );
                    }
                }
            }
            BinType::FixedNumber | BinType::FixedWidth => {}
        }
    }

    fn sql_dimension(&mut self, path: &str, sql: &CustomSqlDimension) {
        self.names(
            path,
            [
                ("id", sql.id.as_str()),
                ("name", &sql.name),
                ("table", &sql.table),
            ],
        );
        self.sql(&format!("{path}.sql"), &sql.sql);
    }

    /// A sort must be of a column that the query returns.
    fn sorts(&mut self, path: &str, input: &MetricQueryInput) {
        let fields = input.dimensions.iter().chain(&input.metrics);
        let calculations = input.table_calculations.iter();
        let selected: HashSet<&str> = fields
            .map(FieldId::as_str)
            .chain(calculations.map(|calculation| calculation.name.as_str()))
            .collect();
        for (n, sort) in input.sorts.iter().enumerate() {
            let id = sort.field_id.as_str();
            if !selected.contains(id) {
                self.invalid(
                    &format!("{path}.{n}.fieldId"),
                    &format!(
                        "`{id}` is not among the dimensions, metrics and calculations of the query"
                    ),
                );
            }
        }
    }

    fn distinct<'n>(&mut self, path: &str, names: impl Iterator<Item = &'n str>, field: &str) {
        let mut seen = HashSet::new();
        for (n, name) in names.enumerate() {
            if !seen.insert(name) {
                self.invalid(
                    &format!("{path}.{n}{field}"),
                    &format!("`{name}` is given twice"),
                );
            }
        }
    }

    fn names<'n>(&mut self, path: &str, names: impl IntoIterator<Item = (&'n str, &'n str)>) {
        for (field, name) in names {
            self.errors
                .text(&format!("{path}.{field}"), text::name(name));
        }
    }

    fn sql(&mut self, path: &str, sql: &str) {
        if sql.trim().is_empty() {
            self.errors.add(
                UserErrorCode::Required,
                path,
                format!("{path} must not be empty"),
            );
        }
        self.errors.text(path, text::lines(sql, SQL_MAX));
    }

    /// The given id; else one that follows from the place and the content, so that caches of
    /// clients, which keep things by id, never take one rule for another.
    fn id(&mut self, path: &str, id: Option<&ID>, content: &impl Serialize) -> ID {
        if let Some(id) = id {
            self.errors.text(&format!("{path}.id"), text::name(id));
            return id.clone();
        }
        let content = serde_json::to_string(content).unwrap_or_default();
        let name = format!("{path}\n{content}");
        ID(Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes()).to_string())
    }

    fn at_most(&mut self, path: &str, found: usize, what: &str) {
        if found > MANY {
            self.errors.add(
                UserErrorCode::LimitExceeded,
                path,
                format!("a query may have at most {MANY} {what}, got {found}"),
            );
        }
    }

    fn invalid(&mut self, path: &str, message: &str) {
        self.errors
            .add(UserErrorCode::Invalid, path, format!("{path}: {message}"));
    }
}

#[cfg(test)]
mod tests;
