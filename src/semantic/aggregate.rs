//! Metrics as expressions over aggregates.
//!
//! Aggregates are kept as leaves, with what they need to be computed at any grain: the plan decides
//! whether they run over the joined rows as they are or over each entity once.

use super::{
    calls::{Piece, aggregates_rows},
    error::{Code, Issue, Result},
    expr::{Aggregate, Expr, Written},
    filter::{self, Subject},
    model::{Metric, MetricType, Needs, NonAdditive, Table},
    query::FilterRule,
    scope::Scope,
    snippet::{Part, Snippet},
};
use std::collections::BTreeSet;

/// A metric.
#[derive(Debug, Clone, PartialEq)]
pub enum MetricExpr {
    /// An aggregate.
    Leaf(Leaf),
    /// SQL over other metrics, or that aggregates by itself.
    Written(Vec<MetricPart>),
}

/// A piece of a metric that is written.
#[derive(Debug, Clone, PartialEq)]
pub enum MetricPart {
    /// Text, names, values.
    Sql(Written),
    /// A column of the joined rows: the SQL around it aggregates it.
    Row(Expr),
    /// Another metric, in parentheses.
    Metric(MetricExpr),
}

/// An aggregate over rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Leaf {
    /// How it aggregates.
    pub aggregate: Aggregate,
    /// What, null where the metric's filters do not hold.
    pub of: Expr,
    /// Tables whose rows it is about.
    pub tables: BTreeSet<String>,
    /// Whether repeated rows leave it as it is.
    pub robust: bool,
    /// For sums over entities: what names an entity.
    pub distinct: Vec<Expr>,
    /// Where only the rows of one time count.
    pub edge: Option<Edge>,
}

/// The first or the last time of a group.
#[derive(Debug, Clone, PartialEq)]
pub struct Edge {
    /// The time; null for rows that do not count.
    pub time: Expr,
    /// Whether it is the last.
    pub last: bool,
    /// What has a time of its own.
    pub groupings: Vec<Expr>,
}

impl MetricExpr {
    /// All its aggregates.
    pub fn leaves<'a>(&'a self, found: &mut Vec<&'a Leaf>) {
        match self {
            Self::Leaf(leaf) => found.push(leaf),
            Self::Written(parts) => {
                for part in parts {
                    if let MetricPart::Metric(metric) = part {
                        metric.leaves(found);
                    }
                }
            }
        }
    }

    /// Whether SQL of the model aggregates rows in it, which cannot be taken apart.
    pub fn aggregates_by_itself(&self) -> bool {
        match self {
            Self::Leaf(_) => false,
            Self::Written(parts) => {
                let mut inside = parts.iter().map(|part| match part {
                    MetricPart::Row(_) | MetricPart::Sql(Written::Relation(_)) => true,
                    MetricPart::Sql(_) => false,
                    MetricPart::Metric(metric) => metric.aggregates_by_itself(),
                });
                let pieces = parts.iter().map(|part| match part {
                    MetricPart::Sql(Written::Text(text)) => Piece::Text(text),
                    _ => Piece::Other,
                });
                inside.any(|inside| inside) || aggregates_rows(&pieces.collect::<Vec<_>>())
            }
        }
    }

    /// The expression, with each aggregate as `leaf` says.
    pub fn lower(&self, leaf: &mut impl FnMut(&Leaf) -> Expr) -> Expr {
        match self {
            Self::Leaf(own) => leaf(own),
            Self::Written(parts) => {
                let mut written = Vec::new();
                for part in parts {
                    match part {
                        MetricPart::Sql(sql) => written.push(sql.clone()),
                        MetricPart::Row(row) => {
                            super::scope::in_parentheses(&mut written, row.clone());
                        }
                        MetricPart::Metric(metric) => {
                            super::scope::in_parentheses(&mut written, metric.lower(leaf));
                        }
                    }
                }
                Expr::Written(written)
            }
        }
    }
}

impl Leaf {
    /// The aggregate over the rows as they are.
    pub fn plain(&self) -> Expr {
        Expr::Aggregate(self.aggregate, Box::new(self.of.clone()))
    }
}

/// The metric of a table.
pub fn metric(scope: &Scope<'_>, table: &Table, metric: &Metric) -> Result<MetricExpr> {
    if metric.kind.is_post_calculation() {
        let message = format!("{} is computed over the rows of the result", metric.name);
        return Err(Issue::new(Code::BadReference, "", message));
    }
    if !metric.kind.is_aggregate() {
        return Ok(MetricExpr::Written(computed(
            scope,
            &table.name,
            &metric.sql,
        )?));
    }
    let aggregate = Aggregated {
        table: &table.name,
        kind: metric.kind,
        sql: &metric.sql,
        percentile: metric.percentile,
        distinct_keys: &metric.distinct_keys,
        non_additive: metric.non_additive.as_ref(),
        filters: &metric.filters,
        needs: &metric.needs,
    };
    leaf(scope, &aggregate).map(MetricExpr::Leaf)
}

/// What an aggregate is made of: of the model, or of a query.
pub struct Aggregated<'a> {
    /// Its table.
    pub table: &'a str,
    /// How it aggregates.
    pub kind: MetricType,
    /// What.
    pub sql: &'a Snippet,
    /// Which percentile.
    pub percentile: Option<f64>,
    /// What names an entity.
    pub distinct_keys: &'a [Snippet],
    /// The time over which it does not add up.
    pub non_additive: Option<&'a NonAdditive>,
    /// Which rows count; fields are written `table.name`.
    pub filters: &'a [FilterRule],
    /// What it needs.
    pub needs: &'a Needs,
}

/// An aggregate.
pub fn leaf(scope: &Scope<'_>, metric: &Aggregated<'_>) -> Result<Leaf> {
    let aggregate = match metric.kind {
        MetricType::Count => Aggregate::Count,
        MetricType::CountDistinct => Aggregate::CountDistinct,
        MetricType::Sum | MetricType::SumDistinct => Aggregate::Sum,
        MetricType::Average | MetricType::AverageDistinct => Aggregate::Average,
        MetricType::Min => Aggregate::Min,
        MetricType::Max => Aggregate::Max,
        MetricType::Median => Aggregate::Median,
        MetricType::Percentile => Aggregate::Percentile(metric.percentile.unwrap_or(50.0)),
        _ => {
            let message = "does not aggregate rows";
            return Err(Issue::new(Code::BadDefinition, "type", message));
        }
    };
    let mut of = scope.written(metric.table, metric.sql)?;
    let mut conditions = Vec::new();
    for (n, rule) in metric.filters.iter().enumerate() {
        let condition = rule_condition(scope, rule);
        conditions.push(condition.map_err(|issue| nested(issue, n))?);
    }
    let condition = (!conditions.is_empty()).then_some(Expr::And(conditions));
    let edge = metric.non_additive.map(|own| {
        let time = scope.written(metric.table, &own.time)?;
        let groupings = own.groupings.iter();
        let groupings = groupings.map(|key| scope.written(metric.table, key));
        Ok(Edge {
            time: match &condition {
                Some(condition) => time.only_if(condition.clone()),
                None => time,
            },
            last: own.last,
            groupings: groupings.collect::<Result<_>>()?,
        })
    });
    if let Some(condition) = condition {
        of = of.only_if(condition);
    }
    let distinct = metric.distinct_keys.iter();
    let distinct = distinct.map(|key| scope.written(metric.table, key));
    Ok(Leaf {
        aggregate,
        of,
        tables: metric.needs.tables.clone(),
        robust: metric.kind.withstands_fan_out(),
        distinct: distinct.collect::<Result<_>>()?,
        edge: edge.transpose()?,
    })
}

fn nested(issue: Issue, n: usize) -> Issue {
    if issue.code == Code::BadValue || issue.code == Code::BadOperator {
        let path = format!("filters.{n}.{}", issue.path);
        issue.at(path)
    } else {
        issue
    }
}

/// The condition of a rule of a metric, whose field is written `table.name`.
pub fn rule_condition(scope: &Scope<'_>, rule: &FilterRule) -> Result<Expr> {
    let (table, name) = rule.field_id.split_once('.').unwrap_or_default();
    let explore = scope.request.explore;
    let dimension = explore.dimension(table, name).ok_or_else(|| {
        let message = format!("there is no dimension {}", rule.field_id);
        Issue::new(Code::BadReference, "", message)
    })?;
    let subject = subject(scope, table, dimension)?;
    filter::condition(scope, &subject, rule)
}

/// A dimension as what a filter is about.
pub fn subject(
    scope: &Scope<'_>,
    table: &str,
    dimension: &super::model::Dimension,
) -> Result<Subject> {
    use super::{expr::Moment, model::Interval, value::ValueType};
    let (base, truncated) = match &dimension.granularity {
        Some(granularity) => (
            granularity.base_kind,
            !matches!(granularity.interval, Interval::Raw),
        ),
        None => (dimension.kind, false),
    };
    let moment = scope.moment(dimension, base, dimension.convert_timezone);
    let moment = match (truncated, dimension.kind) {
        // A truncated day is a day; a truncated hour is a moment again if it was shifted.
        (true, ValueType::Date) => Moment::Date,
        (true, _) if moment.is_shifted() => Moment::Aware(scope.zone),
        (true, _) => moment,
        // Filters see the zone of the query, however the dimension is shown.
        (false, _) => scope.moment(dimension, base, true),
    };
    Ok(Subject {
        expr: scope.dimension(table, dimension)?,
        kind: dimension.kind,
        moment,
        tells_case: dimension
            .case_sensitive
            .unwrap_or(scope.request.explore.case_sensitive),
    })
}

/// SQL over other metrics.
fn computed(scope: &Scope<'_>, table: &str, sql: &Snippet) -> Result<Vec<MetricPart>> {
    let explore = scope.request.explore;
    let mut parts = Vec::new();
    for part in &sql.parts {
        let Part::Field { table: owner, name } = part else {
            parts.push(MetricPart::Sql(scope.plain_part(table, part)?));
            continue;
        };
        let table_name = owner.as_deref().unwrap_or(table);
        let missing = || {
            let message = format!("there is no field {table_name}.{name}");
            Issue::new(Code::BadReference, "", message)
        };
        let found_table = explore.tables.get(table_name).ok_or_else(missing)?;
        if let Some(found) = found_table.metrics.get(name) {
            parts.push(MetricPart::Metric(metric(scope, found_table, found)?));
        } else {
            let dimension = found_table.dimensions.get(name).ok_or_else(missing)?;
            parts.push(MetricPart::Row(scope.dimension(table_name, dimension)?));
        }
    }
    Ok(parts)
}
