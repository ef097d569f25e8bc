//! The joined rows: which tables, on which conditions, filtered how.

use super::Planner;
use crate::semantic::{
    error::{Code, Issue, Refused},
    expr::{Aggregate, Expr, Item, JoinStep, JoinType, Operation, Plan, Select, Source},
    model::{Explore, Join, JoinKind, Needs, Table},
};
use std::collections::BTreeSet;

/// Where rows come from and which of them count.
#[derive(Debug, Clone)]
pub(super) struct Scan {
    pub(super) from: Source,
    pub(super) joins: Vec<JoinStep>,
    pub(super) filters: Vec<Expr>,
}

impl Scan {
    /// A select of the rows.
    pub(super) fn select(&self, items: Vec<Item>) -> Select {
        Select {
            items,
            from: Some(self.from.clone()),
            joins: self.joins.clone(),
            filters: self.filters.clone(),
            ..Select::default()
        }
    }
}

/// The joins that a query needs, in the order of the model.
pub(in crate::semantic) fn joins_in_use<'a>(explore: &'a Explore, needs: &Needs) -> Vec<&'a Join> {
    let mut tables: BTreeSet<&str> = needs.tables.iter().map(String::as_str).collect();
    tables.insert(&explore.base_table);
    let always = explore.joins.iter().filter(|join| join.always);
    tables.extend(always.map(|join| join.table.as_str()));
    loop {
        let before = tables.len();
        let mut more: BTreeSet<&str> = BTreeSet::new();
        for name in &tables {
            if let Some(table) = explore.tables.get(*name) {
                more.extend(table.row_filter_needs.tables.iter().map(String::as_str));
            }
            let join = explore.joins.iter().find(|join| join.table == *name);
            if let Some(join) = join {
                more.extend(join.needs.tables.iter().map(String::as_str));
            }
        }
        tables.extend(more);
        if tables.len() == before {
            break;
        }
    }
    explore
        .joins
        .iter()
        .filter(|join| tables.contains(join.table.as_str()))
        .collect()
}

impl Planner<'_, '_> {
    /// The joined rows under some filters, with the ranges made of them.
    pub(super) fn scan(&self, filters: &[Expr]) -> Result<Scan, Refused> {
        let mut scan = self.bare_scan(filters)?;
        for range in &self.resolved.ranges {
            scan.joins.push(JoinStep {
                kind: JoinType::Cross,
                source: Source::Step(range.name.clone()),
                on: Vec::new(),
            });
        }
        Ok(scan)
    }

    fn bare_scan(&self, filters: &[Expr]) -> Result<Scan, Refused> {
        let scope = &self.resolved.scope;
        let explore = scope.request.explore;
        let missing = || {
            Issue::new(
                Code::ExploreError,
                "exploreName",
                "the explore has no table",
            )
        };
        let base = explore
            .tables
            .get(&explore.base_table)
            .ok_or_else(missing)?;
        // Where rows without a match on the left stay, a condition after the join would drop them, and one
        // on the join would keep rows that the filter hides: the relation itself is filtered.
        let keeps_right = |join: &&&Join| matches!(join.kind, JoinKind::Right | JoinKind::Full);
        let outer = self.joins.iter().find(keeps_right).is_some();
        let (from, base_filter) = self.source(base, outer)?;
        let mut joins = Vec::new();
        for join in &self.joins {
            let table = explore.tables.get(&join.table).ok_or_else(missing)?;
            let inside = keeps_right(&join);
            let (source, filter) = self.source(table, inside)?;
            let on = scope.written(&join.table, &join.on);
            let on = on.map_err(|issue| at_explore(issue, &join.table))?;
            joins.push(JoinStep {
                kind: match join.kind {
                    JoinKind::Left => JoinType::Left,
                    JoinKind::Inner => JoinType::Inner,
                    JoinKind::Right => JoinType::Right,
                    JoinKind::Full => JoinType::Full,
                },
                source,
                on: std::iter::once(on).chain(filter).collect(),
            });
        }
        Ok(Scan {
            from,
            joins,
            filters: base_filter
                .into_iter()
                .chain(filters.iter().cloned())
                .collect(),
        })
    }

    /// A table, and its row filter if it is not inside.
    fn source(&self, table: &Table, inside: bool) -> Result<(Source, Option<Expr>), Refused> {
        let scope = &self.resolved.scope;
        let filter = table.row_filter.as_ref().map(|filter| {
            scope
                .written(&table.name, filter)
                .map_err(|issue| at_explore(issue, &table.name))
        });
        let filter = filter.transpose()?;
        let own = BTreeSet::from([table.name.clone()]);
        if inside && filter.is_some() && table.row_filter_needs.tables != own {
            return Err(Issue::new(
                Code::Unsupported,
                "exploreName",
                format!(
                    "the row filter of {} uses other tables, which a right or full join cannot keep to",
                    table.name
                ),
            )
            .into());
        }
        let sql = scope
            .relation(&table.name, &table.relation)
            .map_err(|issue| at_explore(issue, &table.name))?;
        let (within, beside) = if inside {
            (filter, None)
        } else {
            (None, filter)
        };
        let source = Source::Relation {
            sql,
            alias: table.name.clone(),
            filter: within,
        };
        Ok((source, beside))
    }

    /// Steps that compute the least and the greatest number of the rows.
    pub(super) fn ranges(&self, plan: &mut Plan) -> Result<(), Refused> {
        for range in &self.resolved.ranges {
            let scan = self.bare_scan(&self.resolved.range_filters)?;
            let of = |aggregate| {
                let number = Expr::Decimal(Box::new(range.of.clone()));
                Expr::Aggregate(aggregate, Box::new(number))
            };
            let width = of(Aggregate::Max).math(Operation::Subtract, of(Aggregate::Min));
            let count = Expr::integer(i64::from(range.count.max(1)));
            let width = Expr::Floor(Box::new(width.math(Operation::Divide, count)));
            let items = vec![
                super::item(Expr::Floor(Box::new(of(Aggregate::Min))), "lowest"),
                super::item(Expr::Ceil(Box::new(of(Aggregate::Max))), "highest"),
                super::item(width, "width"),
            ];
            plan.steps.push((range.name.clone(), scan.select(items)));
        }
        Ok(())
    }
}

/// Mistakes in the model's own SQL are of the explore, unless they are the user's.
fn at_explore(issue: Issue, table: &str) -> Issue {
    let place = if issue.path.is_empty() {
        "exploreName".to_owned()
    } else {
        issue.path.clone()
    };
    let message = match issue.code {
        Code::MissingAttribute | Code::MissingParameter | Code::BadParameter => issue.message,
        _ => format!("{table}: {}", issue.message),
    };
    Issue::new(issue.code, place, message)
}
