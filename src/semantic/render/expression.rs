//! Expressions as SQL.

use super::Writer;
use crate::semantic::{
    dialect::LIKE_ESCAPE,
    expr::{Expr, Moment, Place, Time, TimeAsk, Window, WindowCall, Written},
    model::{NamePart, TimeUnit},
    sql::Sql,
};

impl Writer<'_> {
    pub(super) fn written(&self, parts: &[Written]) -> Sql {
        let mut sql = Sql::default();
        for part in parts {
            match part {
                Written::Text(text) => sql.push(text),
                Written::Relation(name) => sql.push(&self.dialect.quote(name)),
                Written::Expr(expr) => sql.append(&self.expression(expr)),
                Written::List(list) => {
                    let each: Vec<Sql> = list.iter().map(|expr| self.expression(expr)).collect();
                    sql.append(&Sql::join(&each, ", "));
                }
            }
        }
        sql
    }

    /// An expression that binds as one.
    pub(super) fn operand(&self, expr: &Expr) -> Sql {
        let sql = self.expression(expr);
        match expr {
            Expr::Written(_)
            | Expr::And(_)
            | Expr::Or(_)
            | Expr::Not(_)
            | Expr::Compare(..)
            | Expr::In { .. }
            | Expr::IsNull { .. }
            | Expr::Like { .. }
            | Expr::Same(..)
            | Expr::Math(..) => Sql::fill("({0})", &[&sql]),
            Expr::Number(digits) if digits.starts_with('-') => Sql::fill("({0})", &[&sql]),
            _ => sql,
        }
    }

    fn operands(&self, exprs: &[Expr], separator: &str) -> Sql {
        let each: Vec<Sql> = exprs.iter().map(|expr| self.operand(expr)).collect();
        Sql::join(&each, separator)
    }

    pub(super) fn expression(&self, expr: &Expr) -> Sql {
        let dialect = self.dialect;
        match expr {
            Expr::Written(parts) => self.written(parts),
            Expr::Column(relation, name) if relation.is_empty() => Sql::text(dialect.quote(name)),
            Expr::Column(relation, name) => Sql::text(format!(
                "{}.{}",
                dialect.quote(relation),
                dialect.quote(name)
            )),
            Expr::Text(text) => Sql::value(text.clone()),
            Expr::Sign(text) => Sql::text(format!("'{text}'")),
            Expr::Number(digits) => Sql::text(digits),
            Expr::Bool(value) => Sql::text(dialect.boolean(*value)),
            Expr::Date(date) => Sql::text(dialect.date(*date)),
            Expr::Instant(moment) => Sql::text(dialect.instant(*moment)),
            Expr::Wall(wall) => Sql::text(dialect.wall(*wall)),
            Expr::Null => Sql::text("NULL"),
            Expr::Aggregate(aggregate, of) => dialect.aggregate(*aggregate, &self.expression(of)),
            Expr::Case(branches, otherwise) => self.case(branches, otherwise.as_deref()),
            Expr::And(all) if all.is_empty() => Sql::text(dialect.boolean(true)),
            Expr::Or(any) if any.is_empty() => Sql::text(dialect.boolean(false)),
            Expr::And(all) => self.operands(all, " AND "),
            Expr::Or(any) => self.operands(any, " OR "),
            Expr::Not(of) => Sql::fill("NOT {0}", &[&self.operand(of)]),
            Expr::Compare(comparison, a, b) => {
                let sign = Sql::text(comparison.sign());
                Sql::fill("{0} {2} {1}", &[&self.operand(a), &self.operand(b), &sign])
            }
            Expr::In { of, list, negated } => self.in_list(of, list, *negated),
            Expr::IsNull { of, negated } => {
                let template = if *negated {
                    "{0} IS NOT NULL"
                } else {
                    "{0} IS NULL"
                };
                Sql::fill(template, &[&self.operand(of)])
            }
            Expr::Like {
                of,
                text,
                place,
                fold,
                negated,
            } => dialect.like(&self.operand(of), &pattern(text, *place), *fold, *negated),
            Expr::Same(a, b) => dialect.same(&self.operand(a), &self.operand(b)),
            Expr::Upper(of) => Sql::fill("UPPER({0})", &[&self.expression(of)]),
            Expr::Time(time) => self.time(time),
            Expr::Float(of) => dialect.float(&self.expression(of)),
            Expr::Decimal(of) => dialect.decimal(&self.expression(of)),
            Expr::ToDate(of) => dialect.to_date(&self.expression(of)),
            Expr::ToText(of) => dialect.to_text(&self.expression(of)),
            Expr::Math(a, operation, b) => {
                let sign = Sql::text(operation.sign());
                Sql::fill("{0} {2} {1}", &[&self.operand(a), &self.operand(b), &sign])
            }
            Expr::NullIf(a, b) => Sql::fill(
                "NULLIF({0}, {1})",
                &[&self.expression(a), &self.expression(b)],
            ),
            Expr::Floor(of) => Sql::fill("FLOOR({0})", &[&self.expression(of)]),
            Expr::Ceil(of) => Sql::fill("CEIL({0})", &[&self.expression(of)]),
            Expr::Concat(parts) => {
                let each: Vec<Sql> = parts.iter().map(|part| self.operand(part)).collect();
                dialect.concat(&each)
            }
            Expr::Call(function, of) => {
                let each: Vec<Sql> = of.iter().map(|of| self.expression(of)).collect();
                dialect.call(*function, &each)
            }
            Expr::Window(window) => self.window(window),
            Expr::Exists(select) => Sql::fill("EXISTS (\n{0}\n)", &[&self.select(select)]),
        }
    }

    fn in_list(&self, of: &Expr, list: &[Expr], negated: bool) -> Sql {
        let of = self.operand(of);
        if let [one] = list {
            let template = if negated { "{0} <> {1}" } else { "{0} = {1}" };
            return Sql::fill(template, &[&of, &self.operand(one)]);
        }
        let each: Vec<Sql> = list.iter().map(|expr| self.expression(expr)).collect();
        let list = Sql::join(&each, ", ");
        let template = if negated {
            "{0} NOT IN ({1})"
        } else {
            "{0} IN ({1})"
        };
        Sql::fill(template, &[&of, &list])
    }

    fn case(&self, branches: &[(Expr, Expr)], otherwise: Option<&Expr>) -> Sql {
        let mut sql = Sql::text("CASE");
        for (condition, value) in branches {
            sql.push(" WHEN ");
            sql.append(&self.operand(condition));
            sql.push(" THEN ");
            sql.append(&self.operand(value));
        }
        if let Some(otherwise) = otherwise {
            sql.push(" ELSE ");
            sql.append(&self.operand(otherwise));
        }
        sql.push(" END");
        sql
    }

    fn window(&self, window: &Window) -> Sql {
        let of = window.function.argument();
        let of = of.map(|of| self.expression(of)).unwrap_or_default();
        let number = |n: u64| Sql::text(n.to_string());
        let mut sql = match &window.function {
            WindowCall::Function(function, _) => {
                Sql::fill("{1}({0})", &[&of, &Sql::text(function.sql())])
            }
            WindowCall::Lag(_) => Sql::fill("LAG({0})", &[&of]),
            WindowCall::Offset(_, rows) => {
                let name = if *rows > 0 { "LEAD" } else { "LAG" };
                let rows = number(rows.unsigned_abs());
                Sql::fill("{2}({0}, {1})", &[&of, &rows, &Sql::text(name)])
            }
            WindowCall::Nth(_, 1) => Sql::fill("FIRST_VALUE({0})", &[&of]),
            WindowCall::Nth(_, n) => {
                Sql::fill("NTH_VALUE({0}, {1})", &[&of, &number(n.unsigned_abs())])
            }
            WindowCall::Last(_) => Sql::fill("LAST_VALUE({0})", &[&of]),
            WindowCall::Row => Sql::text("ROW_NUMBER()"),
        };
        let mut over = Vec::new();
        if !window.partition.is_empty() {
            let mut partition = Sql::text("PARTITION BY ");
            partition.append(&self.operands(&window.partition, ", "));
            over.push(partition);
        }
        if !window.order.is_empty() {
            let mut order = Sql::text("ORDER BY ");
            order.append(&self.order(&window.order));
            over.push(order);
        }
        over.extend(window.frame.as_ref().map(Sql::text));
        sql.push(" OVER (");
        sql.append(&Sql::join(&over, " "));
        sql.push(")");
        sql
    }

    fn time(&self, time: &Time) -> Sql {
        let dialect = self.dialect;
        let of = self.operand(&time.of);
        let moment = time.moment;
        let local = dialect.local(&of, moment);
        let start = time.week_start.unwrap_or_else(|| dialect.own_week_start());
        match time.ask {
            TimeAsk::Local => local,
            TimeAsk::Truncate(TimeUnit::Week) => {
                dialect.to_date(&dialect.truncate_week(&local, moment, start))
            }
            TimeAsk::Truncate(unit) if unit.is_calendar() => {
                dialect.to_date(&dialect.truncate(unit, &local))
            }
            TimeAsk::Truncate(unit) => {
                let truncated = dialect.truncate(unit, &local);
                match moment {
                    Moment::Aware(zone) | Moment::Naive(_, zone) if moment.is_shifted() => {
                        dialect.instant_of(&truncated, zone)
                    }
                    _ => truncated,
                }
            }
            TimeAsk::Number(part) => dialect.number_part(part, &local, moment, time.week_start),
            TimeAsk::Name(part) => self.name(part, &local),
            TimeAsk::Shift(unit, count) => dialect.add(&of, moment, unit, count),
            TimeAsk::DayOf(unit) => dialect.day_of(unit, &local, moment, start),
        }
    }

    fn name(&self, part: NamePart, local: &Sql) -> Sql {
        self.dialect.name_part(part, local)
    }
}

/// A pattern that means the text literally.
fn pattern(text: &str, place: Place) -> String {
    let mut pattern = String::with_capacity(text.len() + 2);
    if matches!(place, Place::End | Place::Anywhere) {
        pattern.push('%');
    }
    for c in text.chars() {
        if matches!(c, '%' | '_' | LIKE_ESCAPE) {
            pattern.push(LIKE_ESCAPE);
        }
        pattern.push(c);
    }
    if matches!(place, Place::Start | Place::Anywhere) {
        pattern.push('%');
    }
    pattern
}
