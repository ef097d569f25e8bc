//! What a query means, computed row by row in memory: no plan, no SQL, nothing of the compiler.
//!
//! All tables are always joined; an entity counts once per group because entities are counted, and not
//! rows. It is slow and knows four tables of one shape, which is enough to disagree with the planner.

#![expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::manual_try_fold,
    reason = "small numbers; and unknown is not the end of a condition"
)]

use chrono::{
    DateTime, Datelike, Days, Months, NaiveDate, NaiveDateTime, TimeDelta, TimeZone, Utc,
};
use chrono_tz::Tz;
use std::cmp::Ordering;

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell {
    Null,
    Number(f64),
    Text(String),
    Bool(bool),
    Day(NaiveDate),
    Moment(DateTime<Utc>),
}

impl Cell {
    /// Nulls are the highest.
    fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Null, Self::Null) => Ordering::Equal,
            (Self::Null, _) => Ordering::Greater,
            (_, Self::Null) => Ordering::Less,
            (Self::Number(a), Self::Number(b)) => a.partial_cmp(b).expect("numbers"),
            (Self::Text(a), Self::Text(b)) => a.as_bytes().cmp(b.as_bytes()),
            (Self::Bool(a), Self::Bool(b)) => a.cmp(b),
            (Self::Day(a), Self::Day(b)) => a.cmp(b),
            (Self::Moment(a), Self::Moment(b)) => a.cmp(b),
            _ => panic!("{self:?} is not comparable with {other:?}"),
        }
    }

    fn is_null(&self) -> bool {
        *self == Self::Null
    }
}

/// Tables, by place: orders, customers, items, payments.
pub(crate) const TABLES: [&str; 4] = ["orders", "customers", "items", "payments"];

/// A row: id, foreign key, and the values.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) id: i64,
    pub(crate) key: Option<i64>,
    pub(crate) cells: [Cell; 5],
}

/// Columns of every table beside id and key, by place.
pub(crate) const COLUMNS: [&str; 5] = ["s", "n", "b", "day", "at"];

/// The data.
#[derive(Debug, Clone, Default)]
pub(crate) struct World {
    pub(crate) tables: [Vec<Row>; 4],
}

/// A dimension: a column of a table, maybe truncated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) table: usize,
    /// Place in `COLUMNS`; beyond them the id.
    pub(crate) column: usize,
    pub(crate) unit: Option<Unit>,
}

/// A unit that times are truncated to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

impl Unit {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
        }
    }

    fn start(self, day: NaiveDate) -> NaiveDate {
        let first = |month| NaiveDate::from_ymd_opt(day.year(), month, 1).expect("a day");
        match self {
            Self::Day => day,
            Self::Week => day - Days::new(day.weekday().num_days_from_monday().into()),
            Self::Month => first(day.month()),
            Self::Quarter => first((day.month() - 1) / 3 * 3 + 1),
            Self::Year => first(1),
        }
    }

    fn shift(self, at: NaiveDateTime, count: i32) -> NaiveDateTime {
        let months = |each: u32| {
            let months = Months::new(count.unsigned_abs() * each);
            if count < 0 { at - months } else { at + months }
        };
        match self {
            Self::Day => at + TimeDelta::days(count.into()),
            Self::Week => at + TimeDelta::weeks(count.into()),
            Self::Month => months(1),
            Self::Quarter => months(3),
            Self::Year => months(12),
        }
    }
}

/// How a metric aggregates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Metric {
    Count,
    CountDistinct,
    Sum,
    Average,
    Min,
    Max,
    Median,
    Percentile,
    /// Sum where `b` is true and `s` is not `a`.
    Filtered,
    /// Sum of the least `n` per `s`.
    SumDistinct,
    /// Sum over count.
    Ratio,
    /// Sum of the product with the order's number.
    Pair,
}

impl Metric {
    pub(crate) const ALL: [(Self, &'static str); 12] = [
        (Self::Count, "cnt"),
        (Self::CountDistinct, "cd"),
        (Self::Sum, "sm"),
        (Self::Average, "av"),
        (Self::Min, "mn"),
        (Self::Max, "mx"),
        (Self::Median, "md"),
        (Self::Percentile, "p90"),
        (Self::Filtered, "fs"),
        (Self::SumDistinct, "sd"),
        (Self::Ratio, "ratio"),
        (Self::Pair, "pair"),
    ];
}

/// A condition.
#[derive(Debug, Clone)]
pub(crate) enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Rule(Rule),
}

/// A rule on a field, or on the n-th metric.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    pub(crate) about: About,
    pub(crate) operator: &'static str,
    pub(crate) values: Vec<Cell>,
    pub(crate) unit: Unit,
    pub(crate) completed: bool,
    pub(crate) fold: bool,
    pub(crate) include_null: bool,
}

/// What a rule is about.
#[derive(Debug, Clone, Copy)]
pub(crate) enum About {
    Field(Field),
    Metric(usize),
}

/// A query.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    pub(crate) dimensions: Vec<Field>,
    pub(crate) metrics: Vec<(usize, Metric)>,
    pub(crate) rows: Condition,
    pub(crate) groups: Condition,
    /// Twice the n-th metric and one.
    pub(crate) calculation: Option<usize>,
    /// By column, and whether descending.
    pub(crate) sorts: Vec<(usize, bool)>,
    pub(crate) limit: usize,
    pub(crate) zone: Tz,
    pub(crate) now: DateTime<Utc>,
}

/// A row of the joined tables: a place in each, if there is one.
type Joined = [Option<usize>; 4];

impl World {
    fn joined(&self) -> Vec<Joined> {
        let mut joined = Vec::new();
        for (order, row) in self.tables[0].iter().enumerate() {
            let customer = self.tables[1]
                .iter()
                .position(|own| Some(own.id) == row.key);
            let many = |table: usize| -> Vec<Option<usize>> {
                let rows = self.tables[table].iter().enumerate();
                let found: Vec<_> = rows
                    .filter(|(_, own)| own.key == Some(row.id))
                    .map(|(n, _)| Some(n))
                    .collect();
                if found.is_empty() { vec![None] } else { found }
            };
            for item in many(2) {
                for payment in many(3) {
                    joined.push([Some(order), customer, item, payment]);
                }
            }
        }
        joined
    }

    fn value(&self, row: &Joined, field: Field, zone: Tz) -> Cell {
        let Some(at) = row[field.table] else {
            return Cell::Null;
        };
        let row = &self.tables[field.table][at];
        let cell = match COLUMNS.get(field.column) {
            Some(_) => row.cells[field.column].clone(),
            None => Cell::Number(row.id as f64),
        };
        match (cell, field.unit) {
            (Cell::Day(day), Some(unit)) => Cell::Day(unit.start(day)),
            (Cell::Moment(at), Some(unit)) => {
                Cell::Day(unit.start(at.with_timezone(&zone).date_naive()))
            }
            (cell, _) => cell,
        }
    }

    /// The groups that filters leave, with their rows.
    fn groups(&self, question: &Question) -> Vec<(Vec<Cell>, Vec<Joined>)> {
        let mut groups: Vec<(Vec<Cell>, Vec<Joined>)> = Vec::new();
        for row in self.joined() {
            let value = |about: About| match about {
                About::Field(field) => self.value(&row, field, question.zone),
                About::Metric(_) => panic!("a metric of a row"),
            };
            if holds(&question.rows, &value, question) != Some(true) {
                continue;
            }
            let fields = question.dimensions.iter();
            let key: Vec<Cell> = fields
                .map(|field| self.value(&row, *field, question.zone))
                .collect();
            add(&mut groups, key, [row]);
        }
        if question.dimensions.is_empty() && groups.is_empty() {
            groups.push((Vec::new(), Vec::new()));
        }
        groups.retain(|(_, joined)| {
            let metrics = self.metrics(joined, question);
            let value = |about: About| match about {
                About::Metric(n) => metrics[n].clone(),
                About::Field(_) => panic!("a field of a group"),
            };
            holds(&question.groups, &value, question) == Some(true)
        });
        groups
    }

    fn metrics(&self, joined: &[Joined], question: &Question) -> Vec<Cell> {
        let metrics = question.metrics.iter();
        metrics
            .map(|(table, metric)| self.aggregate(joined, *table, *metric))
            .collect()
    }

    /// Key, metrics and calculation of a group.
    fn row(&self, key: Vec<Cell>, joined: &[Joined], question: &Question) -> Vec<Cell> {
        let metrics = self.metrics(joined, question);
        let calculation = question.calculation.map(|n| match &metrics[n] {
            Cell::Number(x) => Cell::Number(x * 2.0 + 1.0),
            _ => Cell::Null,
        });
        key.into_iter().chain(metrics).chain(calculation).collect()
    }

    /// The rows of the result.
    pub(crate) fn answer(&self, question: &Question) -> Vec<Vec<Cell>> {
        let groups = self.groups(question).into_iter();
        let mut rows: Vec<Vec<Cell>> = groups
            .map(|(key, joined)| self.row(key, &joined, question))
            .collect();
        rows.sort_by(|a, b| {
            let asked = question.sorts.iter().copied();
            let rest = (0..question.dimensions.len()).map(|n| (n, false));
            asked
                .chain(rest)
                .map(|(n, descending)| {
                    let order = a[n].order(&b[n]);
                    if descending { order.reverse() } else { order }
                })
                .find(|order| *order != Ordering::Equal)
                .unwrap_or(Ordering::Equal)
        });
        rows.truncate(question.limit);
        rows
    }

    /// The totals by the first so many dimensions, over the rows of the groups that filters leave.
    pub(crate) fn totals(&self, question: &Question, by: usize) -> Vec<Vec<Cell>> {
        let mut totals: Vec<(Vec<Cell>, Vec<Joined>)> = Vec::new();
        for (key, joined) in self.groups(question) {
            add(&mut totals, key[..by].to_vec(), joined);
        }
        if by == 0 && totals.is_empty() {
            totals.push((Vec::new(), Vec::new()));
        }
        let totals = totals.into_iter();
        totals
            .map(|(key, joined)| self.row(key, &joined, question))
            .collect()
    }

    /// A metric over the entities of a group, each once.
    fn aggregate(&self, joined: &[Joined], table: usize, metric: Metric) -> Cell {
        let mut entities: Vec<Vec<usize>> = Vec::new();
        for row in joined {
            let about: &[usize] = if metric == Metric::Pair {
                &[table, 0]
            } else {
                &[table]
            };
            let entity: Option<Vec<usize>> = about.iter().map(|table| row[*table]).collect();
            if let Some(entity) = entity
                && !entities.contains(&entity)
            {
                entities.push(entity);
            }
        }
        let rows: Vec<&Row> = entities
            .iter()
            .map(|own| &self.tables[table][own[0]])
            .collect();
        let number = |row: &Row| match row.cells[1] {
            Cell::Number(n) => Some(n),
            _ => None,
        };
        let numbers: Vec<f64> = rows.iter().filter_map(|row| number(row)).collect();
        match metric {
            Metric::Count => Cell::Number(rows.len() as f64),
            Metric::CountDistinct => {
                let mut seen: Vec<&Cell> = Vec::new();
                for row in &rows {
                    if !row.cells[0].is_null() && !seen.contains(&&row.cells[0]) {
                        seen.push(&row.cells[0]);
                    }
                }
                Cell::Number(seen.len() as f64)
            }
            Metric::Sum => sum(&numbers),
            Metric::Average => match sum(&numbers) {
                Cell::Number(total) => Cell::Number(total / numbers.len() as f64),
                other => other,
            },
            Metric::Min => numbers
                .iter()
                .copied()
                .reduce(f64::min)
                .map_or(Cell::Null, Cell::Number),
            Metric::Max => numbers
                .iter()
                .copied()
                .reduce(f64::max)
                .map_or(Cell::Null, Cell::Number),
            Metric::Median => percentile(numbers, 0.5),
            Metric::Percentile => percentile(numbers, 0.9),
            Metric::Filtered => {
                let counted = rows.iter().filter(|row| {
                    row.cells[2] == Cell::Bool(true) && row.cells[0] != Cell::Text("a".into())
                });
                sum(&counted.filter_map(|row| number(row)).collect::<Vec<_>>())
            }
            Metric::SumDistinct => {
                let mut least: Vec<(&Cell, Option<f64>)> = Vec::new();
                for row in &rows {
                    let n = number(row);
                    match least.iter_mut().find(|(key, _)| **key == row.cells[0]) {
                        Some((_, own)) => {
                            *own = match (*own, n) {
                                (Some(a), Some(b)) => Some(a.min(b)),
                                (a, b) => a.or(b),
                            };
                        }
                        None => least.push((&row.cells[0], n)),
                    }
                }
                sum(&least.iter().filter_map(|(_, n)| *n).collect::<Vec<_>>())
            }
            Metric::Ratio => match sum(&numbers) {
                Cell::Number(total) if !rows.is_empty() => Cell::Number(total / rows.len() as f64),
                _ => Cell::Null,
            },
            Metric::Pair => {
                let products = entities.iter().filter_map(|own| {
                    let a = number(&self.tables[table][own[0]])?;
                    Some(a * number(&self.tables[0][own[1]])?)
                });
                sum(&products.collect::<Vec<_>>())
            }
        }
    }
}

/// Adds rows to the group of a key.
fn add(
    groups: &mut Vec<(Vec<Cell>, Vec<Joined>)>,
    key: Vec<Cell>,
    rows: impl IntoIterator<Item = Joined>,
) {
    match groups.iter_mut().find(|(own, _)| *own == key) {
        Some((_, own)) => own.extend(rows),
        None => groups.push((key, rows.into_iter().collect())),
    }
}

fn sum(numbers: &[f64]) -> Cell {
    if numbers.is_empty() {
        Cell::Null
    } else {
        Cell::Number(numbers.iter().sum())
    }
}

fn percentile(mut numbers: Vec<f64>, part: f64) -> Cell {
    if numbers.is_empty() {
        return Cell::Null;
    }
    numbers.sort_by(f64::total_cmp);
    let at = part * (numbers.len() - 1) as f64;
    let below = at.floor();
    let low = numbers[below as usize];
    let high = numbers[at.ceil() as usize];
    Cell::Number(low + (high - low) * (at - below))
}

/// Whether a condition holds; unknown where SQL does not know.
fn holds(
    condition: &Condition,
    value: &dyn Fn(About) -> Cell,
    question: &Question,
) -> Option<bool> {
    match condition {
        Condition::All(all) => all.iter().fold(Some(true), |known, own| {
            match (known, holds(own, value, question)) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            }
        }),
        // A group without rules is no condition.
        Condition::Any(any) if any.is_empty() => Some(true),
        Condition::Any(any) => any.iter().fold(Some(false), |known, own| {
            match (known, holds(own, value, question)) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            }
        }),
        Condition::Rule(rule) => rule.holds(&value(rule.about), question),
    }
}

impl Rule {
    fn holds(&self, x: &Cell, question: &Question) -> Option<bool> {
        match self.operator {
            "IS_NULL" => return Some(x.is_null()),
            "NOT_NULL" => return Some(!x.is_null()),
            "IN_THE_PAST" | "NOT_IN_THE_PAST" | "IN_THE_NEXT" | "IN_THE_CURRENT"
            | "NOT_IN_THE_CURRENT" => return self.relative(x, question),
            _ => {}
        }
        if self.values.is_empty() {
            return Some(true);
        }
        let folded = |cell: &Cell| match cell {
            Cell::Text(text) if self.fold => Cell::Text(text.to_ascii_uppercase()),
            other => other.clone(),
        };
        let values: Vec<Cell> = self.values.iter().map(folded).collect();
        let texts: Vec<&str> = values
            .iter()
            .filter_map(|own| match own {
                Cell::Text(text) if !text.is_empty() => Some(text.as_str()),
                _ => None,
            })
            .collect();
        let pattern = matches!(
            self.operator,
            "INCLUDE" | "NOT_INCLUDE" | "STARTS_WITH" | "ENDS_WITH"
        );
        if pattern && texts.is_empty() {
            return Some(true);
        }
        if x.is_null() {
            return match self.operator {
                "NOT_EQUALS" | "NOT_INCLUDE" => Some(true),
                "EQUALS" if self.include_null => Some(true),
                _ => None,
            };
        }
        let x = folded(x);
        let text = match &x {
            Cell::Text(text) => text.as_str(),
            _ => "",
        };
        Some(match self.operator {
            "EQUALS" => values.contains(&x),
            "NOT_EQUALS" => !values.contains(&x),
            "INCLUDE" => texts.iter().any(|own| text.contains(own)),
            "NOT_INCLUDE" => !texts.iter().any(|own| text.contains(own)),
            "STARTS_WITH" => texts.iter().any(|own| text.starts_with(own)),
            "ENDS_WITH" => texts.iter().any(|own| text.ends_with(own)),
            "LESS_THAN" => x.order(&values[0]).is_lt(),
            "LESS_THAN_OR_EQUAL" => x.order(&values[0]).is_le(),
            "GREATER_THAN" => x.order(&values[0]).is_gt(),
            "GREATER_THAN_OR_EQUAL" => x.order(&values[0]).is_ge(),
            "IN_BETWEEN" => x.order(&values[0]).is_ge() && x.order(&values[1]).is_le(),
            "NOT_IN_BETWEEN" => x.order(&values[0]).is_lt() || x.order(&values[1]).is_gt(),
            other => panic!("{other}"),
        })
    }

    fn relative(&self, x: &Cell, question: &Question) -> Option<bool> {
        let count = match self.values.first() {
            Some(Cell::Number(n)) => *n as i32,
            _ => 1,
        };
        let now = question.now.with_timezone(&question.zone).naive_local();
        let start = self
            .unit
            .start(now.date())
            .and_hms_opt(0, 0, 0)
            .expect("midnight");
        let (from, to, closed) = match self.operator {
            "IN_THE_PAST" | "NOT_IN_THE_PAST" if self.completed => {
                (self.unit.shift(start, -count), start, false)
            }
            "IN_THE_PAST" | "NOT_IN_THE_PAST" => (self.unit.shift(now, -count), now, true),
            "IN_THE_NEXT" if self.completed => {
                let next = self.unit.shift(start, 1);
                (next, self.unit.shift(next, count), false)
            }
            "IN_THE_NEXT" => (now, self.unit.shift(now, count), true),
            _ => (start, self.unit.shift(start, 1), false),
        };
        let instant = |local: NaiveDateTime| {
            let at = question.zone.from_local_datetime(&local).earliest();
            at.expect("no edge falls into a gap").with_timezone(&Utc)
        };
        let inside = match x {
            Cell::Day(day) if closed => from.date() <= *day && *day <= to.date(),
            Cell::Day(day) => from.date() <= *day && *day < to.date(),
            Cell::Moment(at) if closed => instant(from) <= *at && *at <= instant(to),
            Cell::Moment(at) => instant(from) <= *at && *at < instant(to),
            _ => return None,
        };
        Some(inside != self.operator.starts_with("NOT"))
    }
}
