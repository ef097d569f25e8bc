//! Metrics over the joined rows.
//!
//! Where joins repeat rows, or entities must be counted once, the rows become a step: with a number for
//! each row of the same entity within the same group, of which the first counts. All aggregates then run
//! over that step, at whatever grain it is grouped.

use super::{Planner, column, item, scan::Scan};
use crate::semantic::{
    aggregate::{Edge, Leaf, MetricExpr},
    error::{Code, Issue, Refused},
    expr::{
        Comparison, Expr, Item, JoinStep, JoinType, Order, Plan, Select, Source, Window, WindowCall,
    },
    fanout::Protection,
    query::WindowFunction,
    resolve::{DimensionColumn, How, MetricColumn, Warning},
};

impl Planner<'_, '_> {
    /// Whether a metric must see each entity once.
    pub(super) fn needs_rows(&self, metric: &MetricExpr) -> bool {
        let mut leaves = Vec::new();
        metric.leaves(&mut leaves);
        leaves.iter().any(|leaf| {
            !leaf.distinct.is_empty()
                || leaf.edge.is_some()
                || matches!(self.protection(leaf), Protection::Keys(_))
        })
    }

    fn protection(&self, leaf: &Leaf) -> Protection {
        if leaf.robust {
            return Protection::Unneeded;
        }
        let explore = self.resolved.scope.request.explore;
        self.fan_out.protection(explore, &leaf.tables)
    }

    /// Groups and metrics, with the steps they need; names of steps start with a prefix.
    pub(super) fn aggregated(
        &mut self,
        plan: &mut Plan,
        prefix: &str,
        dimensions: &[DimensionColumn],
        metrics: &[&MetricColumn],
        scan: &Scan,
    ) -> Result<Select, Refused> {
        let expr = |metric: &MetricColumn| rows_of(metric).is_some_and(|own| self.needs_rows(own));
        if !metrics.iter().any(|metric| expr(metric)) {
            return self.grouped(dimensions, metrics, scan);
        }
        let by_itself =
            |metric: &&&MetricColumn| rows_of(metric).is_some_and(MetricExpr::aggregates_by_itself);
        let apart: Vec<&MetricColumn> = metrics.iter().filter(by_itself).copied().collect();
        let together: Vec<&MetricColumn> = metrics
            .iter()
            .filter(|metric| !by_itself(metric))
            .copied()
            .collect();
        let once = self.once(plan, prefix, dimensions, &together, scan)?;
        if apart.is_empty() {
            return Ok(once);
        }
        // SQL that aggregates by itself cannot run over the numbered rows: it has its own grouping.
        let own = self.grouped(dimensions, &apart, scan)?;
        let (left, right) = (format!("{prefix}entities"), format!("{prefix}direct"));
        plan.steps.push((left.clone(), once));
        plan.steps.push((right.clone(), own));
        let mut items: Vec<Item> = Self::dimension_items(dimensions)
            .iter()
            .map(|own| item(Expr::column(&left, &own.name), &own.name))
            .collect();
        for metric in metrics {
            let step = if by_itself(&metric) { &right } else { &left };
            items.push(item(Expr::column(step, &metric.name), &metric.name));
        }
        Ok(Select {
            items,
            from: Some(Source::Step(left.clone())),
            joins: vec![on_dimensions(JoinType::Inner, &left, &right, dimensions)],
            ..Select::default()
        })
    }

    /// Groups and metrics over the joined rows as they are.
    pub(super) fn grouped(
        &mut self,
        dimensions: &[DimensionColumn],
        metrics: &[&MetricColumn],
        scan: &Scan,
    ) -> Result<Select, Refused> {
        let mut items = Self::dimension_items(dimensions);
        let group = items.len();
        for metric in metrics {
            self.warn(metric);
            let expr = rows_of(metric).ok_or_else(|| not_of_rows(metric))?;
            items.push(item(expr.lower(&mut |leaf| leaf.plain()), &metric.name));
        }
        let mut select = scan.select(items);
        select.group = Some(group);
        Ok(select)
    }

    /// Groups and metrics over numbered rows.
    fn once(
        &mut self,
        plan: &mut Plan,
        prefix: &str,
        dimensions: &[DimensionColumn],
        metrics: &[&MetricColumn],
        scan: &Scan,
    ) -> Result<Select, Refused> {
        let grouping = Self::dimension_items(dimensions);
        let groups: Vec<Expr> = grouping.iter().map(|own| own.expr.clone()).collect();
        let mut rows = Rows {
            items: grouping.clone(),
            arguments: Vec::new(),
            numbers: Vec::new(),
            groups,
        };
        let mut items: Vec<Item> = grouping.iter().map(|own| column(&own.name)).collect();
        let group = items.len();
        for metric in metrics {
            self.warn(metric);
            let expr = rows_of(metric).ok_or_else(|| not_of_rows(metric))?;
            let mut refused: Option<Refused> = None;
            let lowered = expr.lower(&mut |leaf| match self.once_leaf(leaf, &mut rows) {
                Ok(expr) => expr,
                Err(error) => {
                    refused = Some(error);
                    Expr::Null
                }
            });
            if let Some(error) = refused {
                return Err(error);
            }
            items.push(item(lowered, &metric.name));
        }
        let name = format!("{prefix}rows");
        plan.steps.push((name.clone(), scan.select(rows.items)));
        Ok(Select {
            items,
            from: Some(Source::Step(name)),
            group: Some(group),
            ..Select::default()
        })
    }

    fn once_leaf(&self, leaf: &Leaf, rows: &mut Rows) -> Result<Expr, Refused> {
        let of = rows.argument(&leaf.of);
        let number = if leaf.distinct.is_empty() {
            match self.protection(leaf) {
                Protection::Unneeded | Protection::Missing(_) => None,
                Protection::Keys(keys) => {
                    let scope = &self.resolved.scope;
                    let explore = scope.request.explore;
                    let mut exprs = Vec::new();
                    for (table, name) in &keys {
                        if let Some(key) = explore.dimension(table, name) {
                            exprs.push(scope.dimension(table, key)?);
                        }
                    }
                    Some(rows.number(exprs, None))
                }
            }
        } else {
            // Of an entity with several values the least counts.
            let least = Order {
                by: leaf.of.clone(),
                descending: false,
                nulls_first: false,
            };
            Some(rows.number(leaf.distinct.clone(), Some(least)))
        };
        let first = |number: Expr| number.compare(Comparison::Equal, Expr::integer(1));
        let mut conditions: Vec<Expr> = number.into_iter().map(first).collect();
        if let Some(edge) = &leaf.edge {
            let time = rows.argument(&edge.time);
            conditions.extend([first(rows.rank(edge)), time.is_not_null()]);
        }
        let of = match conditions.len() {
            0 => of,
            1 => of.only_if(conditions.remove(0)),
            _ => of.only_if(Expr::And(conditions)),
        };
        Ok(Expr::Aggregate(leaf.aggregate, Box::new(of)))
    }

    /// Tells of aggregates that joins may make too large.
    fn warn(&mut self, metric: &MetricColumn) {
        let Some(expr) = rows_of(metric) else { return };
        let explore = self.resolved.scope.request.explore;
        let mut leaves = Vec::new();
        expr.leaves(&mut leaves);
        let missing = leaves.iter().find_map(|leaf| match self.protection(leaf) {
            Protection::Missing(table) => Some(table),
            _ => None,
        });
        let guarded = leaves
            .iter()
            .any(|leaf| matches!(self.protection(leaf), Protection::Keys(_)));
        let unlabelled = self.fan_out.unlabelled.first().filter(|_| guarded);
        let message = match missing {
            Some(table) => Some(format!(
                "{} may count rows more than once: the joins of this query repeat rows of {table}, \
                 which has no primary key",
                metric.id
            )),
            None if expr.aggregates_by_itself() => {
                let tables: std::collections::BTreeSet<String> = explore
                    .tables
                    .values()
                    .find_map(|table| {
                        let own = table.metrics.get(metric.id.strip_prefix(&format!("{}_", table.name))?)?;
                        Some(own.needs.tables.clone())
                    })
                    .unwrap_or_default();
                let repeated = self.fan_out.protection(explore, &tables) != Protection::Unneeded;
                repeated.then(|| {
                    format!(
                        "{} may count rows more than once: the joins of this query repeat rows that its \
                         SQL aggregates by itself",
                        metric.id
                    )
                })
            }
            None => unlabelled.map(|table| {
                format!(
                    "the join of {table} has no relationship: {} counts each row of its own table once",
                    metric.id
                )
            }),
        };
        if let Some(message) = message {
            self.warnings.push(Warning {
                field: Some(metric.id.clone()),
                message,
            });
        }
    }
}

/// The step with the joined rows.
struct Rows {
    items: Vec<Item>,
    arguments: Vec<Expr>,
    numbers: Vec<(WindowFunction, Vec<Expr>, Option<Order>)>,
    groups: Vec<Expr>,
}

impl Rows {
    /// The column of an argument; equal ones share it.
    fn argument(&mut self, of: &Expr) -> Expr {
        let known = self.arguments.iter().position(|own| own == of);
        let n = known.unwrap_or(self.arguments.len());
        let name = format!("value_{}", n + 1);
        if known.is_none() {
            self.arguments.push(of.clone());
            self.items.push(item(of.clone(), &name));
        }
        Expr::column("", &name)
    }

    /// The column that numbers the rows of an entity within a group.
    fn number(&mut self, keys: Vec<Expr>, order: Option<Order>) -> Expr {
        self.place(WindowFunction::RowNumber, keys, order)
    }

    /// The column that ranks the rows of a group by time: those of the first or last one share a rank.
    fn rank(&mut self, edge: &Edge) -> Expr {
        let order = Order {
            by: edge.time.clone(),
            descending: edge.last,
            nulls_first: false,
        };
        self.place(WindowFunction::Rank, edge.groupings.clone(), Some(order))
    }

    fn place(&mut self, function: WindowFunction, keys: Vec<Expr>, order: Option<Order>) -> Expr {
        let wanted = (function, keys, order);
        let known = self.numbers.iter().position(|own| *own == wanted);
        let n = known.unwrap_or(self.numbers.len());
        let name = format!("nth_{}", n + 1);
        if known.is_none() {
            let (function, keys, order) = &wanted;
            let window = Window {
                function: WindowCall::Function(*function, None),
                partition: keys.iter().chain(&self.groups).cloned().collect(),
                order: order.iter().cloned().collect(),
                frame: None,
            };
            self.items.push(item(Expr::Window(Box::new(window)), &name));
            self.numbers.push(wanted);
        }
        Expr::column("", &name)
    }
}

/// The expression of a metric over the joined rows.
pub(super) fn rows_of(metric: &MetricColumn) -> Option<&MetricExpr> {
    match &metric.how {
        How::Rows(expr) => Some(expr),
        How::Period(period) => Some(&period.metric),
        How::After(_) => None,
    }
}

fn not_of_rows(metric: &MetricColumn) -> Issue {
    let message = format!("{} is computed over the rows of the result", metric.id);
    Issue::new(Code::BadReference, "metrics", message)
}

/// A join of two steps on equal dimensions.
pub(super) fn on_dimensions(
    kind: JoinType,
    left: &str,
    right: &str,
    dimensions: &[DimensionColumn],
) -> JoinStep {
    let source = Source::Step(right.to_owned());
    if dimensions.is_empty() {
        return JoinStep {
            kind: JoinType::Cross,
            source,
            on: Vec::new(),
        };
    }
    let same = |column: &DimensionColumn| {
        Expr::column(left, &column.name).same(Expr::column(right, &column.name))
    };
    JoinStep {
        kind,
        source,
        on: dimensions.iter().map(same).collect(),
    }
}
