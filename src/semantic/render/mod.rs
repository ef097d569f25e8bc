//! A plan as SQL of a dialect.

mod expression;

use super::{
    dialect::Dialect,
    expr::{Item, JoinStep, JoinType, Order, Plan, Select, Source},
    sql::{Sql, Statement},
};

/// The text of a plan, with its values.
pub fn statement(plan: &Plan, dialect: &dyn Dialect) -> Statement {
    let writer = Writer { dialect };
    writer.plan(plan).statement(|n| dialect.placeholder(n))
}

struct Writer<'a> {
    dialect: &'a dyn Dialect,
}

impl Writer<'_> {
    fn plan(&self, plan: &Plan) -> Sql {
        let mut sql = Sql::default();
        for (n, (name, select)) in plan.steps.iter().enumerate() {
            sql.push(if n == 0 { "WITH " } else { ",\n" });
            sql.push(&self.dialect.quote(name));
            sql.push(" AS ");
            if select.once {
                sql.push(self.dialect.materialized());
            }
            sql.push("(\n");
            sql.append(&self.select(select));
            sql.push("\n)");
        }
        if !plan.steps.is_empty() {
            sql.push("\n");
        }
        sql.append(&self.select(&plan.result));
        sql
    }

    fn select(&self, select: &Select) -> Sql {
        let mut items = Vec::new();
        if select.star {
            items.push(Sql::text("*"));
        }
        items.extend(select.items.iter().map(|item| self.item(item)));
        if items.is_empty() {
            items.push(Sql::text("1"));
        }
        let mut sql = Sql::text("SELECT ");
        if select.distinct {
            sql.push("DISTINCT ");
        }
        sql.append(&Sql::join(&items, ", "));
        if let Some(source) = &select.from {
            sql.push("\nFROM ");
            sql.append(&self.source(source));
        }
        for join in &select.joins {
            sql.append(&self.join(join));
        }
        if !select.filters.is_empty() {
            sql.push("\nWHERE ");
            sql.append(&self.conditions(&select.filters));
        }
        if let Some(count) = select.group.filter(|count| *count > 0) {
            let positions: Vec<String> = (1..=count).map(|n| n.to_string()).collect();
            sql.push("\nGROUP BY ");
            sql.push(&positions.join(", "));
        }
        if !select.order.is_empty() {
            sql.push("\nORDER BY ");
            sql.append(&self.order(&select.order));
        }
        if let Some(limit) = select.limit {
            sql.push("\nLIMIT ");
            sql.push(&limit.to_string());
        }
        sql
    }

    fn item(&self, item: &Item) -> Sql {
        let mut sql = self.expression(&item.expr);
        sql.push(" AS ");
        sql.push(&self.dialect.quote(&item.name));
        sql
    }

    fn source(&self, source: &Source) -> Sql {
        match source {
            Source::Step(name) => Sql::text(self.dialect.quote(name)),
            Source::Relation { sql, alias, filter } => {
                let alias = self.dialect.quote(alias);
                let mut relation = self.written(sql);
                relation.push(" AS ");
                relation.push(&alias);
                let Some(filter) = filter else {
                    return relation;
                };
                let mut filtered = Sql::text("(SELECT * FROM ");
                filtered.append(&relation);
                filtered.push(" WHERE ");
                filtered.append(&self.operand(filter));
                filtered.push(") AS ");
                filtered.push(&alias);
                filtered
            }
        }
    }

    fn join(&self, join: &JoinStep) -> Sql {
        let mut sql = Sql::text(match join.kind {
            JoinType::Left => "\nLEFT OUTER JOIN ",
            JoinType::Inner => "\nINNER JOIN ",
            JoinType::Right => "\nRIGHT OUTER JOIN ",
            JoinType::Full => "\nFULL OUTER JOIN ",
            JoinType::Cross => "\nCROSS JOIN ",
        });
        sql.append(&self.source(&join.source));
        if join.kind != JoinType::Cross {
            sql.push(" ON ");
            sql.append(&self.conditions(&join.on));
        }
        sql
    }

    /// Each condition in parentheses of its own, so that none widens another.
    fn conditions(&self, conditions: &[super::expr::Expr]) -> Sql {
        let each: Vec<Sql> = conditions
            .iter()
            .map(|condition| Sql::fill("({0})", &[&self.expression(condition)]))
            .collect();
        Sql::join(&each, " AND ")
    }

    fn order(&self, order: &[Order]) -> Sql {
        let each: Vec<Sql> = order
            .iter()
            .map(|order| {
                let mut sql = self.expression(&order.by);
                if order.descending {
                    sql.push(" DESC");
                }
                sql.push(self.dialect.null_order(order.nulls_first));
                sql
            })
            .collect();
        Sql::join(&each, ", ")
    }
}
