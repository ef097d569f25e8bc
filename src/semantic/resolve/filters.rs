//! Filters of a query as conditions.

use super::{
    How, Resolver, column_name,
    metrics::Placed,
    period::{Shift, is_mixed},
};
use crate::semantic::{
    aggregate,
    error::{Code, Issue, Result},
    expr::{Expr, Moment},
    fields,
    filter::{self, Subject},
    model::{RequiredFilter, TimeUnit},
    query::{FilterGroup, FilterNode, FilterRule},
    value::ValueType,
};
use std::collections::BTreeSet;

/// Deepest nesting of groups.
const DEPTH_MAX: usize = 20;

/// Where a group of filters stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind<'k> {
    Dimensions,
    /// The same, without what depends on ranges that are computed from the rows.
    WithoutRanges,
    /// The same, without rules that say which period of a dimension is meant.
    Without(&'k Shift<'k>),
    Metrics,
    Calculations,
}

impl Resolver<'_> {
    pub(super) fn filters(&mut self) {
        let query = self.resolved.scope.request.query;
        let filters = &query.filters;
        let mut filtered = BTreeSet::new();
        if let Some(group) = &filters.dimensions {
            self.filtered_bases(group, &mut filtered, 0);
            let condition = self.group(group, "filters.dimensions", Kind::Dimensions, 1);
            self.resolved.row_filters.extend(condition);
        }
        let required = self.required(&filtered);
        self.resolved
            .row_filters
            .extend(required.iter().map(|(_, own)| own.clone()));
        if let Some(group) = &filters.metrics {
            let condition = self.group(group, "filters.metrics", Kind::Metrics, 1);
            self.resolved.metric_filters.extend(condition);
        }
        self.readings(&required);
        if let Some(group) = &filters.table_calculations {
            let path = "filters.tableCalculations";
            let condition = self.group(group, path, Kind::Calculations, 1);
            self.resolved.calculation_filters.extend(condition);
        }
    }

    /// The condition of a group; none if it is empty.
    fn group(
        &mut self,
        group: &FilterGroup,
        path: &str,
        kind: Kind<'_>,
        depth: usize,
    ) -> Option<Expr> {
        let (word, items) = group.parts();
        if depth > DEPTH_MAX {
            let message = format!("groups may nest at most {DEPTH_MAX} deep");
            self.note(Issue::new(Code::BadDefinition, path, message));
            return None;
        }
        let mut conditions = Vec::new();
        for (n, item) in items.iter().enumerate() {
            match item {
                FilterNode::Group(inner) => {
                    let path = format!("{path}.{word}.{n}.group");
                    conditions.extend(self.group(inner, &path, kind, depth + 1));
                }
                FilterNode::Rule(rule) => {
                    let path = format!("{path}.{word}.{n}.rule");
                    match self.rule(rule, kind) {
                        Ok(condition) => conditions.push(condition),
                        Err(Placed(Some(place), issue)) => self.note_at(&place, issue),
                        Err(Placed(None, issue)) => self.note_at(&path, issue),
                    }
                }
            }
        }
        if conditions.is_empty() {
            return None;
        }
        Some(match group {
            FilterGroup::And(_) => Expr::And(conditions),
            FilterGroup::Or(_) => Expr::Or(conditions),
        })
    }

    fn rule(&mut self, rule: &FilterRule, kind: Kind<'_>) -> Result<Expr, Placed> {
        let subject = match kind {
            Kind::Dimensions => self.row_subject(&rule.field_id),
            Kind::WithoutRanges if self.bins.contains(&rule.field_id) => {
                return Ok(Expr::Bool(true));
            }
            Kind::Without(shift) if self.is_about(&rule.field_id, shift) => {
                return Ok(Expr::Bool(true));
            }
            Kind::WithoutRanges | Kind::Without(_) => self.row_subject(&rule.field_id),
            Kind::Metrics => self.metric_subject(rule)?,
            Kind::Calculations => self.calculation_subject(rule),
        };
        let subject = subject.map_err(|issue| {
            let at_field = issue.path.is_empty() && issue.code != Code::MissingAttribute;
            let issue = if at_field { issue.at("fieldId") } else { issue };
            Placed(None, issue)
        })?;
        filter::condition(&self.resolved.scope, &subject, rule).map_err(|issue| Placed(None, issue))
    }

    /// A dimension of the explore or of the query, as what a condition on rows is about.
    pub(super) fn row_subject(&mut self, id: &str) -> Result<Subject> {
        if let Some(custom) = self.custom.get(id) {
            let custom = custom.clone();
            self.resolved.needs.merge(&custom.needs);
            if let Some(range) = custom.range
                && !self.resolved.ranges.contains(&range)
            {
                self.resolved.ranges.push(range);
            }
            return Ok(custom.subject);
        }
        let found = self.visible(id)?;
        self.resolved.needs.merge(&found.dimension.needs);
        aggregate::subject(&self.resolved.scope, &found.table.name, found.dimension)
    }

    fn metric_subject(&mut self, rule: &FilterRule) -> Result<Result<Subject>, Placed> {
        match self.metric(&rule.field_id) {
            Ok(()) => {}
            Err(Placed(Some(place), issue)) => return Err(Placed(Some(place), issue)),
            Err(Placed(None, issue)) => return Ok(Err(issue)),
        }
        let Some(metric) = self.resolved.metrics.get(&rule.field_id) else {
            let explore = self.resolved.scope.request.explore;
            return Ok(Err(fields::unknown(explore, &rule.field_id)));
        };
        let kind = metric.kind;
        Ok(Ok(self.column_subject(&rule.field_id, kind)))
    }

    fn calculation_subject(&mut self, rule: &FilterRule) -> Result<Subject> {
        let mut calculations = self.resolved.calculations.iter();
        let Some(found) = calculations.find(|own| own.id == rule.field_id) else {
            let message = format!("the query has no calculation `{}`", rule.field_id);
            return Err(Issue::new(Code::UnknownField, "", message));
        };
        let kind = found.kind;
        Ok(self.column_subject(&rule.field_id, kind))
    }

    /// A column of the result.
    fn column_subject(&self, id: &str, kind: ValueType) -> Subject {
        let scope = &self.resolved.scope;
        Subject {
            expr: Expr::column("", &column_name(id)),
            kind,
            moment: if kind == ValueType::Date {
                Moment::Date
            } else {
                Moment::Aware(scope.zone)
            },
            tells_case: scope.request.explore.case_sensitive,
        }
    }

    /// Dimensions that the query filters itself, intervals counted as their base.
    fn filtered_bases(&self, group: &FilterGroup, found: &mut BTreeSet<String>, depth: usize) {
        if depth > DEPTH_MAX {
            return;
        }
        let explore = self.resolved.scope.request.explore;
        for item in group.parts().1 {
            match item {
                FilterNode::Group(group) => self.filtered_bases(group, found, depth + 1),
                FilterNode::Rule(rule) if !rule.disabled => {
                    if let Some(own) = fields::dimension(explore, &rule.field_id) {
                        found.insert(base_of(&own.table.name, own.dimension));
                    }
                }
                FilterNode::Rule(_) => {}
            }
        }
    }

    /// The filters of rows once more, without what ranges and other periods leave out.
    fn readings(&mut self, required: &[(String, Expr)]) {
        let query = self.resolved.scope.request.query;
        let group = query.filters.dimensions.as_ref();
        // Mistakes are noted by now: a second reading must not tell them again.
        let noted = self.issues.len();
        let again = |this: &mut Self, kind: Kind<'_>| {
            group.and_then(|group| this.group(group, "filters.dimensions", kind, 1))
        };
        if !self.bins.is_empty() {
            let condition = again(self, Kind::WithoutRanges);
            let required = required.iter().map(|(_, own)| own.clone());
            self.resolved.range_filters = condition.into_iter().chain(required).collect();
        }
        let periods = self
            .resolved
            .metrics
            .values()
            .filter_map(|metric| match &metric.how {
                How::Period(period) => Some((period.time.clone(), period.unit)),
                _ => None,
            });
        let times: BTreeSet<(String, TimeUnit)> = periods.collect();
        let mut mixed = false;
        for (time, unit) in times {
            let columns = &self.resolved.dimensions;
            let column = columns.iter().find(|column| column.id == time);
            let base = column.and_then(|column| column.time_base.clone());
            let base = base.unwrap_or_default();
            let shift = Shift::of(&base, column, unit);
            mixed |= group.is_some_and(|group| is_mixed(group, &|id| self.is_about(id, &shift)));
            let condition = again(self, Kind::Without(&shift));
            let required = required.iter().filter(|(about, _)| *about != base);
            let required = required.map(|(_, own)| own.clone());
            let conditions = condition.into_iter().chain(required).collect();
            self.resolved.period_filters.push((time, unit, conditions));
        }
        self.issues.truncate(noted);
        if mixed {
            let message = "a filter on the time that is compared stands beside others under `or`: what to compare with cannot be told";
            self.note(Issue::new(
                Code::BadDefinition,
                "filters.dimensions",
                message,
            ));
        }
    }

    fn is_about(&self, id: &str, shift: &Shift<'_>) -> bool {
        let explore = self.resolved.scope.request.explore;
        fields::dimension(explore, id).is_some_and(|found| {
            let own = found.dimension.granularity.as_ref();
            base_of(&found.table.name, found.dimension) == shift.base
                && shift.moves(own.map(|own| &own.interval))
        })
    }

    /// Filters that the model enforces, unless the query filters the same dimension; with what they are
    /// about.
    fn required(&mut self, filtered: &BTreeSet<String>) -> Vec<(String, Expr)> {
        let explore = self.resolved.scope.request.explore;
        let mut conditions = Vec::new();
        let base = explore.tables.get(&explore.base_table);
        let filters = base
            .map(|table| table.default_filters.as_slice())
            .unwrap_or_default();
        for required in filters.iter().filter(|filter| filter.required) {
            match self.required_condition(required, filtered) {
                Ok(condition) => conditions.extend(condition),
                Err(issue) => self.note(issue.at("exploreName")),
            }
        }
        conditions
    }

    fn required_condition(
        &mut self,
        required: &RequiredFilter,
        filtered: &BTreeSet<String>,
    ) -> Result<Option<(String, Expr)>> {
        let explore = self.resolved.scope.request.explore;
        let table = explore
            .tables
            .values()
            .find(|table| table.name == required.table || table.model == required.table);
        let found = table.and_then(|table| {
            let lower = required.field.to_lowercase();
            let dimensions = &table.dimensions;
            let own = dimensions
                .get(&required.field)
                .or_else(|| dimensions.get(&lower))?;
            Some((table, own))
        });
        let Some((table, dimension)) = found else {
            let message = format!(
                "the explore requires a filter on {}.{}, which does not exist",
                required.table, required.field
            );
            return Err(Issue::new(Code::ExploreError, "", message));
        };
        let about = base_of(&table.name, dimension);
        if filtered.contains(&about) {
            return Ok(None);
        }
        self.resolved.needs.merge(&dimension.needs);
        let subject = aggregate::subject(&self.resolved.scope, &table.name, dimension)?;
        let condition = filter::condition(&self.resolved.scope, &subject, &required.rule)?;
        Ok(Some((about, condition)))
    }
}

fn base_of(table: &str, dimension: &crate::semantic::model::Dimension) -> String {
    let base = dimension
        .granularity
        .as_ref()
        .map_or(&dimension.name, |own| &own.base);
    format!("{table}.{base}")
}
