//! A query, checked against its explore and its user: every column as an expression, every rule as a
//! condition, every mistake with its place.

mod behind;
mod calculation;
mod custom;
mod filters;
mod formula;
mod metrics;
mod period;
mod sort;
mod zoom;

use super::{
    aggregate::{self, MetricExpr},
    error::{Code, Issue, Refused, Result, unknown_explore},
    expr::{Expr, Moment, Order},
    fields,
    filter::Subject,
    model::{Explore, FormatKeys, Interval, Needs, TimeUnit, field_id},
    query::{CustomDimension, TotalMode},
    request::{Request, UserFacts},
    scope::Scope,
    value::ValueType,
};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

pub use calculation::Calculation;

/// A query ready to be planned.
pub struct Resolved<'a> {
    /// Expressions are built in it.
    pub scope: Scope<'a>,
    /// Columns to group by.
    pub dimensions: Vec<DimensionColumn>,
    /// Metrics that are computed, by id: those selected, filtered by and referred to.
    pub metrics: IndexMap<String, MetricColumn>,
    /// Calculations, in the order of the query.
    pub calculations: Vec<Calculation>,
    /// Which rows are aggregated.
    pub row_filters: Vec<Expr>,
    /// The same without what depends on ranges that are computed from the rows.
    pub range_filters: Vec<Expr>,
    /// Which rows are aggregated for other periods, by the column that is shifted and the unit.
    pub period_filters: Vec<(String, TimeUnit, Vec<Expr>)>,
    /// Which groups stay.
    pub metric_filters: Vec<Expr>,
    /// Which rows stay in the end.
    pub calculation_filters: Vec<Expr>,
    /// Order of the rows.
    pub order: Vec<Order>,
    /// Whether the order needs more than names of columns.
    pub order_is_computed: bool,
    /// Most rows.
    pub limit: u64,
    /// What is needed of the explore.
    pub needs: Needs,
    /// Ids of metrics whose grand total calculations use.
    pub totals: BTreeSet<String>,
    /// Ranges that are computed from the rows.
    pub ranges: Vec<custom::RangeStep>,
    /// What the caller should know.
    pub warnings: Vec<Warning>,
}

/// Something that the caller should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// The field it is about.
    pub field: Option<String>,
    /// A sentence for people.
    pub message: String,
}

/// A column to group by.
#[derive(Debug, Clone)]
pub struct DimensionColumn {
    /// Its id.
    pub id: String,
    /// Its name in the result.
    pub name: String,
    /// Title.
    pub label: String,
    /// Type of its values.
    pub kind: ValueType,
    /// The expression over the joined rows.
    pub expr: Expr,
    /// By what it is sorted, if not by itself: another column that is grouped with it.
    pub order: Option<Expr>,
    /// How names of days or months are sorted.
    pub calendar: Option<super::model::NamePart>,
    /// How values are written.
    pub format: FormatKeys,
    /// The unit of a truncated time.
    pub unit: Option<TimeUnit>,
    /// What it shows of a moment, for intervals.
    pub interval: Option<Interval>,
    /// The dimension that an interval belongs to, as `table.name`.
    pub time_base: Option<String>,
    /// How its moments are stored.
    pub moment: Moment,
    /// The interval that stands in place of its own.
    pub zoomed: Option<String>,
}

impl DimensionColumn {
    /// Name of the column that it is sorted by.
    pub fn order_name(&self) -> String {
        column_name(&format!("{}_order", self.id))
    }
}

/// A metric that is computed.
#[derive(Debug, Clone)]
pub struct MetricColumn {
    /// Its id.
    pub id: String,
    /// Its name in the result.
    pub name: String,
    /// Title.
    pub label: String,
    /// Type of its values.
    pub kind: ValueType,
    /// How it is computed.
    pub how: How,
    /// Whether it is a column of the result.
    pub selected: bool,
    /// How values are written.
    pub format: FormatKeys,
}

impl MetricColumn {
    /// Name of the column with its grand total.
    pub fn total_name(&self) -> String {
        column_name(&format!("{}__total", self.id))
    }
}

/// How a metric is computed.
#[derive(Debug, Clone)]
pub enum How {
    /// Over the joined rows.
    Rows(MetricExpr),
    /// Over the rows of the result, in a step after aggregation.
    After(Expr),
    /// Over the rows of another period.
    Period(Box<Period>),
}

/// A metric of another period.
#[derive(Debug, Clone)]
pub struct Period {
    /// The metric.
    pub metric: MetricExpr,
    /// Id of the column that is shifted.
    pub time: String,
    /// By which unit.
    pub unit: TimeUnit,
    /// By how many.
    pub offset: i64,
    /// Ids of other intervals of the same dimension, which follow from it.
    pub following: BTreeSet<String>,
}

/// Most bytes of a column name: PostgreSQL cuts longer ones.
const NAME_MAX: usize = 60;

/// The name of a column for a field: its id, or a short form of a long one.
pub fn column_name(id: &str) -> String {
    if id.len() <= NAME_MAX {
        return id.to_owned();
    }
    // FNV-1a: the same name for the same id on every machine.
    let hash = id.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let head: String = id.chars().take(40).collect();
    let head = if head.len() > 40 { String::new() } else { head };
    format!("{head}_{hash:016x}")
}

/// Checks a query and gives it its expressions.
pub fn resolve(request: Request<'_>) -> std::result::Result<Resolved<'_>, Refused> {
    check_explore(&request)?;
    let scope = Scope::new(request)?;
    let mut resolver = Resolver {
        issues: Vec::new(),
        custom: IndexMap::new(),
        bins: BTreeSet::new(),
        resolved: Resolved {
            limit: 0,
            scope,
            dimensions: Vec::new(),
            metrics: IndexMap::new(),
            calculations: Vec::new(),
            row_filters: Vec::new(),
            range_filters: Vec::new(),
            period_filters: Vec::new(),
            metric_filters: Vec::new(),
            calculation_filters: Vec::new(),
            order: Vec::new(),
            order_is_computed: false,
            needs: Needs::default(),
            totals: BTreeSet::new(),
            ranges: Vec::new(),
            warnings: Vec::new(),
        },
    };
    resolver.run();
    if resolver.issues.is_empty() {
        Ok(resolver.resolved)
    } else {
        Err(Refused {
            issues: resolver.issues,
        })
    }
}

fn check_explore(request: &Request<'_>) -> Result<()> {
    let (explore, query) = (request.explore, request.query);
    if query.explore_name != explore.name {
        return Err(unknown_explore(&query.explore_name));
    }
    may_ask(explore, request.user)?;
    if !explore.is_usable() {
        let why = explore
            .errors
            .first()
            .map_or("it has no table", |issue| &issue.message);
        let message = format!("the explore {} has errors: {why}", explore.name);
        return Err(Issue::new(Code::ExploreError, "exploreName", message));
    }
    Ok(())
}

/// Refuses an explore that asks for attributes which the user does not have, as if there were none.
///
/// # Errors
/// [`Code::ForbiddenField`].
pub fn may_ask(explore: &Explore, user: &UserFacts) -> Result<()> {
    let base = explore.tables.get(&explore.base_table);
    let mut rules = base.into_iter().flat_map(|base| &base.access);
    if rules.all(|rule| rule.allows(&user.attributes)) {
        return Ok(());
    }
    Err(Issue {
        code: Code::ForbiddenField,
        ..unknown_explore(&explore.name)
    })
}

struct Resolver<'a> {
    resolved: Resolved<'a>,
    issues: Vec<Issue>,
    /// Dimensions of the query's own, by id.
    custom: IndexMap<String, CustomColumn>,
    /// Those of them whose ranges are computed from the rows.
    bins: BTreeSet<String>,
}

/// A dimension of the query's own.
#[derive(Clone)]
struct CustomColumn {
    label: String,
    subject: Subject,
    order: Option<Expr>,
    needs: Needs,
    range: Option<custom::RangeStep>,
}

impl<'a> Resolver<'a> {
    fn run(&mut self) {
        let request = self.resolved.scope.request;
        let query = request.query;
        self.limit();
        if query.dimensions.is_empty()
            && query.metrics.is_empty()
            && query.table_calculations.is_empty()
        {
            self.note(Issue::new(
                Code::EmptyQuery,
                "dimensions",
                "a query needs a dimension or a metric",
            ));
        }
        self.parameters();
        for (n, dimension) in query.custom_dimensions.iter().enumerate() {
            let kind = match dimension {
                CustomDimension::Bin(_) => "bin",
                CustomDimension::Sql(_) => "sql",
            };
            let taken = self.custom.contains_key(dimension.id())
                || fields::dimension(request.explore, dimension.id()).is_some()
                || fields::metric(request.explore, dimension.id()).is_some();
            if taken {
                let message = format!("there is a field `{}` already", dimension.id());
                let path = format!("customDimensions.{n}.{kind}.id");
                self.note(Issue::new(Code::DuplicateName, path, message));
                continue;
            }
            match self.custom_dimension(dimension) {
                Ok(column) => {
                    self.custom.insert(dimension.id().to_owned(), column);
                }
                Err(issue) => self.note_at(&format!("customDimensions.{n}.{kind}"), issue),
            }
        }
        for (n, id) in query.dimensions.iter().enumerate() {
            match self.dimension(id) {
                Ok(column) => self.resolved.dimensions.push(column),
                Err(issue) => self.note_at(&format!("dimensions.{n}"), issue),
            }
        }
        self.zoom();
        self.metrics();
        self.calculations();
        self.distinct_names();
        self.filters();
        self.behind();
        self.sorts();
    }

    /// A value for a parameter that there is not would be passed over without a word.
    fn parameters(&mut self) {
        let request = self.resolved.scope.request;
        let known = &request.explore.parameters;
        let given = request.parameters.keys();
        for name in given.filter(|name| !known.contains_key(*name)) {
            let names: Vec<&str> = known.keys().map(String::as_str).collect();
            let message = if names.is_empty() {
                format!("there is no parameter `{name}`: the explore has none")
            } else {
                let names = names.join(", ");
                format!("there is no parameter `{name}`; those of the explore are {names}")
            };
            let path = format!("parameters.{name}");
            self.note(Issue::new(Code::BadParameter, path, message));
        }
    }

    fn note(&mut self, issue: Issue) {
        self.issues.push(issue);
    }

    /// Notes a mistake whose path starts at a place. Mistakes of the user's own keep theirs.
    fn note_at(&mut self, place: &str, issue: Issue) {
        let own = matches!(
            issue.code,
            Code::MissingParameter | Code::BadParameter | Code::MissingAttribute
        );
        let path = match (own && !issue.path.is_empty(), issue.path.is_empty()) {
            (true, _) => issue.path.clone(),
            (false, true) => place.to_owned(),
            (false, false) => format!("{place}.{}", issue.path),
        };
        self.issues.push(issue.at(path));
    }

    fn limit(&mut self) {
        let request = self.resolved.scope.request;
        let limits = request.limits;
        self.resolved.limit = match request.query.limit.map(u64::try_from) {
            None => limits.default.min(limits.maximum),
            Some(Ok(limit)) if limit > limits.maximum => {
                let message = format!("at most {} rows may be asked for", limits.maximum);
                return self.note(Issue::new(Code::LimitTooHigh, "limit", message));
            }
            Some(Ok(limit)) if limit > 0 => limit,
            Some(_) => {
                return self.note(Issue::new(Code::BadLimit, "limit", "must be at least 1"));
            }
        };
    }

    fn dimension(&mut self, id: &str) -> Result<DimensionColumn> {
        let request = self.resolved.scope.request;
        let overrides = request.query.dimension_overrides.get(id).cloned();
        if let Some(custom) = self.custom.get(id) {
            let custom = custom.clone();
            self.resolved.needs.merge(&custom.needs);
            if let Some(range) = custom.range
                && !self.resolved.ranges.contains(&range)
            {
                self.resolved.ranges.push(range);
            }
            return Ok(DimensionColumn {
                id: id.to_owned(),
                name: column_name(id),
                label: custom.label,
                kind: custom.subject.kind,
                expr: custom.subject.expr,
                order: custom.order,
                calendar: None,
                format: overrides.unwrap_or_default(),
                unit: None,
                interval: None,
                time_base: None,
                moment: custom.subject.moment,
                zoomed: None,
            });
        }
        let found = self.visible(id)?;
        let (table, dimension) = (found.table, found.dimension);
        self.resolved.needs.merge(&dimension.needs);
        let subject = aggregate::subject(&self.resolved.scope, &table.name, dimension)?;
        let interval = dimension.granularity.as_ref().map(|own| &own.interval);
        Ok(DimensionColumn {
            id: id.to_owned(),
            name: column_name(id),
            label: dimension.label.clone(),
            kind: dimension.kind,
            expr: subject.expr,
            order: None,
            calendar: match interval {
                Some(Interval::Name(part)) => Some(*part),
                _ => None,
            },
            format: overrides.unwrap_or_else(|| dimension.format.clone()),
            unit: match interval {
                Some(Interval::Truncated(unit)) => Some(*unit),
                _ => None,
            },
            interval: interval.cloned(),
            time_base: time_base(&table.name, dimension),
            moment: subject.moment,
            zoomed: None,
        })
    }

    /// A dimension that the user may see.
    fn visible(&self, id: &str) -> Result<fields::FoundDimension<'a>> {
        let request = self.resolved.scope.request;
        let found = fields::dimension(request.explore, id)
            .filter(|found| !found.dimension.hidden)
            .ok_or_else(|| match self.visible_metric(id) {
                Ok(_) => {
                    let message = format!("`{id}` is a metric, and a dimension is meant here");
                    Issue::new(Code::UnknownField, "", message)
                }
                Err(_) => fields::unknown(request.explore, id),
            })?;
        fields::check_access(&found.dimension.needs, request.user, || {
            fields::unknown(request.explore, id)
        })?;
        Ok(found)
    }

    /// No two columns of one name.
    fn distinct_names(&mut self) {
        let query = self.resolved.scope.request.query;
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        let dimensions = query.dimensions.iter().enumerate();
        let dimensions = dimensions.map(|(n, id)| (format!("dimensions.{n}"), id));
        let metrics = query.metrics.iter().enumerate();
        let metrics = metrics.map(|(n, id)| (format!("metrics.{n}"), id));
        let calculations = query.table_calculations.iter().enumerate();
        let calculations =
            calculations.map(|(n, own)| (format!("tableCalculations.{n}.name"), &own.name));
        let mut issues = Vec::new();
        for (path, id) in dimensions.chain(metrics).chain(calculations) {
            if !seen.insert(id) {
                let message = format!("there are two columns `{id}`");
                issues.push(Issue::new(Code::DuplicateName, path, message));
            }
        }
        self.issues.extend(issues);
    }
}

fn time_base(table: &str, dimension: &super::model::Dimension) -> Option<String> {
    match &dimension.granularity {
        Some(own) => Some(format!("{table}.{}", own.base)),
        None if dimension.is_interval_base => Some(format!("{table}.{}", dimension.name)),
        None => None,
    }
}

/// Whether a calculation stands in totals.
pub fn totalled(mode: Option<TotalMode>) -> TotalMode {
    mode.unwrap_or(TotalMode::Formula)
}

/// The id of a field of a reference.
fn reference_id(table: Option<&str>, name: &str) -> String {
    table.map_or_else(|| name.to_owned(), |table| field_id(table, name))
}
