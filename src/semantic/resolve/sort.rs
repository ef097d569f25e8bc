//! The order of the rows: as asked, and then by every dimension, so that pages and limits are stable.

use super::{How, Resolver, calculation::with_query_order, column_name};
use crate::semantic::{
    error::{Code, Issue},
    expr::{Comparison, Expr, Order},
    model::NamePart,
    value::Weekday,
};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];

impl Resolver<'_> {
    pub(super) fn sorts(&mut self) {
        let query = self.resolved.scope.request.query;
        let mut sorted: Vec<&str> = Vec::new();
        for (n, sort) in query.sorts.iter().enumerate() {
            let id = sort.field_id.as_str();
            let selected = query.dimensions.iter().any(|own| own == id)
                || query.metrics.iter().any(|own| own == id)
                || query.table_calculations.iter().any(|own| own.name == id);
            if !selected {
                let message = format!("`{id}` is not a column of the query");
                let path = format!("sorts.{n}.fieldId");
                self.note(Issue::new(Code::BadSort, path, message));
                continue;
            }
            if sorted.contains(&id) {
                continue;
            }
            sorted.push(id);
            let nulls_first = sort.nulls_first.unwrap_or(sort.descending);
            self.order_by(id, sort.descending, nulls_first);
        }
        for id in &query.dimensions {
            if !sorted.contains(&id.as_str()) {
                self.order_by(id, false, false);
            }
        }
        let order = self.resolved.order.clone();
        // Windows of metrics cannot see calculations, which come after them.
        let calculations: Vec<Expr> = self
            .resolved
            .calculations
            .iter()
            .map(|own| Expr::column("", &own.name))
            .collect();
        let early: Vec<Order> = order
            .iter()
            .filter(|order| !calculations.contains(&order.by))
            .cloned()
            .collect();
        let after: Vec<Expr> = self
            .resolved
            .metrics
            .values()
            .filter(|metric| matches!(metric.how, How::After(_)))
            .map(|metric| Expr::column("", &metric.name))
            .collect();
        let earliest: Vec<Order> = early
            .iter()
            .filter(|order| !after.contains(&order.by))
            .cloned()
            .collect();
        for metric in self.resolved.metrics.values_mut() {
            if let How::After(expr) = &mut metric.how {
                with_query_order(expr, &earliest);
            }
        }
        for calculation in &mut self.resolved.calculations {
            with_query_order(&mut calculation.expr, &early);
        }
    }

    fn order_by(&mut self, id: &str, descending: bool, nulls_first: bool) {
        let week_start = self.resolved.scope.week_start();
        let resolved = &mut self.resolved;
        let column = resolved.dimensions.iter().find(|column| column.id == id);
        let plain = Expr::column("", &column_name(id));
        let by = match column {
            Some(column) if column.order.is_some() => {
                resolved.order_is_computed = true;
                Expr::column("", &column.order_name())
            }
            Some(column) => match column.calendar {
                Some(part @ (NamePart::MonthName | NamePart::DayOfWeekName)) => {
                    resolved.order_is_computed = true;
                    calendar(&plain, part, week_start)
                }
                _ => plain,
            },
            None => plain,
        };
        resolved.order.push(Order {
            by,
            descending,
            nulls_first,
        });
    }
}

/// The place of a name in the year or the week.
fn calendar(name: &Expr, part: NamePart, week_start: Weekday) -> Expr {
    let names: Vec<&'static str> = match part {
        NamePart::MonthName => MONTHS.to_vec(),
        _ => {
            let first = usize::try_from(week_start.after_monday()).unwrap_or(0);
            DAYS.iter().copied().cycle().skip(first).take(7).collect()
        }
    };
    let branches = names.into_iter().zip(1_i64..).map(|(text, place)| {
        let is = name.clone().compare(Comparison::Equal, Expr::Sign(text));
        (is, Expr::integer(place))
    });
    Expr::Case(branches.collect(), None)
}
