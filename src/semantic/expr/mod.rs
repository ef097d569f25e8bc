//! Expressions and selects, as no dialect spells them: the logical plan.
//!
//! Values of people are leaves of their own (`Text`, `Number`, …) and never part of a text. The only SQL
//! in here that somebody wrote is `Written`: the model's, or what `snippet` parsed and printed anew.

mod function;
mod parts;

pub use function::Function;

use super::{
    model::{NamePart, NumberPart, TimeUnit},
    query::WindowFunction,
    value::Weekday,
};
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use chrono_tz::Tz;

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    /// SQL as written, with expressions in it.
    Written(Vec<Written>),
    /// A column of a relation.
    Column(String, String),
    /// A text that a person gave: always bound.
    Text(String),
    /// A text of the compiler's own, such as the sign between the ends of a range.
    Sign(&'static str),
    /// A number, checked: digits, point, exponent.
    Number(String),
    /// True or false.
    Bool(bool),
    /// A day.
    Date(NaiveDate),
    /// A moment.
    Instant(DateTime<Utc>),
    /// A moment on the wall clock of the data.
    Wall(NaiveDateTime),
    /// No value.
    Null,
    /// An aggregate over rows.
    Aggregate(Aggregate, Box<Expr>),
    /// Values by condition; null if none holds.
    Case(Vec<(Expr, Expr)>, Option<Box<Expr>>),
    /// All hold.
    And(Vec<Expr>),
    /// One holds.
    Or(Vec<Expr>),
    /// Does not hold.
    Not(Box<Expr>),
    /// A comparison.
    Compare(Comparison, Box<Expr>, Box<Expr>),
    /// Is one of a list, or none of it.
    In {
        /// What is looked for.
        of: Box<Expr>,
        /// The list.
        list: Vec<Expr>,
        /// Whether it must be none of it.
        negated: bool,
    },
    /// Has no value, or has one.
    IsNull {
        /// What is looked at.
        of: Box<Expr>,
        /// Whether it must have one.
        negated: bool,
    },
    /// A text that contains, starts or ends with another, literally.
    Like {
        /// What is looked at.
        of: Box<Expr>,
        /// What it shall contain.
        text: String,
        /// Where.
        place: Place,
        /// Whether letter case does not matter.
        fold: bool,
        /// Whether it must not.
        negated: bool,
    },
    /// Equal, or both without a value.
    Same(Box<Expr>, Box<Expr>),
    /// In upper case.
    Upper(Box<Expr>),
    /// Something of a moment.
    Time(Box<Time>),
    /// As a floating-point number.
    Float(Box<Expr>),
    /// As a decimal number.
    Decimal(Box<Expr>),
    /// As a day.
    ToDate(Box<Expr>),
    /// As a text.
    ToText(Box<Expr>),
    /// Sum, difference, product, quotient.
    Math(Box<Expr>, Operation, Box<Expr>),
    /// The first, or null if it equals the second.
    NullIf(Box<Expr>, Box<Expr>),
    /// The whole number below.
    Floor(Box<Expr>),
    /// The whole number above.
    Ceil(Box<Expr>),
    /// Texts, one after the other.
    Concat(Vec<Expr>),
    /// A function.
    Call(Function, Vec<Expr>),
    /// A function over the rows around.
    Window(Box<Window>),
    /// Whether a select has rows.
    Exists(Box<Select>),
}

/// A piece of SQL as written.
#[derive(Debug, Clone, PartialEq)]
pub enum Written {
    /// Text of the model.
    Text(String),
    /// The name of a relation.
    Relation(String),
    /// An expression in its place; the writer of the text sees to parentheses.
    Expr(Expr),
    /// Expressions separated by commas.
    List(Vec<Expr>),
}

/// An aggregate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Aggregate {
    /// How many values.
    Count,
    /// How many different values.
    CountDistinct,
    /// Sum.
    Sum,
    /// Mean.
    Average,
    /// Least.
    Min,
    /// Greatest.
    Max,
    /// A percentile, from 0 to 100.
    Percentile(f64),
    /// The middle.
    Median,
}

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `<>`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

impl Comparison {
    /// Its sign.
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "<>",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }
}

/// Where in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// At the start.
    Start,
    /// At the end.
    End,
    /// Anywhere.
    Anywhere,
}

/// An operation on numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
}

impl Operation {
    /// Its sign.
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
        }
    }
}

/// Something of a moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Time {
    /// The moment or day.
    pub of: Expr,
    /// What it is.
    pub moment: Moment,
    /// What is asked of it.
    pub ask: TimeAsk,
    /// First day of weeks, if not the warehouse's own.
    pub week_start: Option<Weekday>,
}

/// What is asked of a moment.
#[derive(Debug, Clone, PartialEq)]
pub enum TimeAsk {
    /// The wall clock of the query's zone.
    Local,
    /// The beginning of a unit.
    Truncate(TimeUnit),
    /// A number.
    Number(NumberPart),
    /// A name.
    Name(NamePart),
    /// So many units later, or before.
    Shift(TimeUnit, i64),
    /// How far into its week, month, quarter or year the day is; the first is 1.
    DayOf(TimeUnit),
}

/// What kind of moment an expression is, and in which zones it lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// A day.
    Date,
    /// A moment, seen in a zone.
    Aware(Tz),
    /// What a wall clock showed in the first zone, seen in the second.
    Naive(Tz, Tz),
}

impl Moment {
    /// Whether it is seen in another zone than it is stored in.
    pub fn is_shifted(self) -> bool {
        match self {
            Self::Date => false,
            Self::Aware(zone) => zone != Tz::UTC,
            Self::Naive(data, query) => data != query,
        }
    }
}

/// A function over the rows around.
#[derive(Debug, Clone, PartialEq)]
pub struct Window {
    /// The function.
    pub function: WindowCall,
    /// Within equal values of these.
    pub partition: Vec<Expr>,
    /// In this order.
    pub order: Vec<Order>,
    /// Over these rows, checked.
    pub frame: Option<String>,
}

/// A window function and what it computes with.
#[derive(Debug, Clone, PartialEq)]
pub enum WindowCall {
    /// One of those that queries can name.
    Function(WindowFunction, Option<Expr>),
    /// The value of the row before.
    Lag(Expr),
    /// The value so many rows later, or before.
    Offset(Expr, i64),
    /// The value of the n-th row, from 1.
    Nth(Expr, i64),
    /// The value of the last row.
    Last(Expr),
    /// The number of the row, from 1.
    Row,
}

/// A column to sort by.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    /// By what.
    pub by: Expr,
    /// Whether higher values come first.
    pub descending: bool,
    /// Whether nulls come first.
    pub nulls_first: bool,
}

/// A select.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Select {
    /// As a step: whether it must be computed once, and not once per row that looks into it.
    pub once: bool,
    /// All columns of the relation, before the items.
    pub star: bool,
    /// Columns.
    pub items: Vec<Item>,
    /// Where rows come from.
    pub from: Option<Source>,
    /// What is joined.
    pub joins: Vec<JoinStep>,
    /// What must hold: all of them.
    pub filters: Vec<Expr>,
    /// Whether rows are grouped by the first so many items.
    pub group: Option<usize>,
    /// Whether equal rows are one.
    pub distinct: bool,
    /// In which order.
    pub order: Vec<Order>,
    /// At most so many.
    pub limit: Option<u64>,
}

/// A column of a select.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// What.
    pub expr: Expr,
    /// Its name.
    pub name: String,
}

/// Where rows come from.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// A relation of the warehouse.
    Relation {
        /// Its SQL.
        sql: Vec<Written>,
        /// Its name in the select.
        alias: String,
        /// Which rows of it there are.
        filter: Option<Expr>,
    },
    /// A step of the same plan.
    Step(String),
}

/// A join.
#[derive(Debug, Clone, PartialEq)]
pub struct JoinStep {
    /// How.
    pub kind: JoinType,
    /// What.
    pub source: Source,
    /// The condition; none for a cross join.
    pub on: Vec<Expr>,
}

/// Which rows of a join stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JoinType {
    /// Those of the left.
    Left,
    /// Those that match.
    Inner,
    /// Those of the right.
    Right,
    /// All.
    Full,
    /// Every pair.
    Cross,
}

/// Selects that stand on each other; the last is the result.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Plan {
    /// Named steps.
    pub steps: Vec<(String, Select)>,
    /// The result.
    pub result: Select,
}

impl Expr {
    /// A column of a step.
    pub fn column(step: &str, name: &str) -> Self {
        Self::Column(step.to_owned(), name.to_owned())
    }

    /// A comparison.
    #[must_use]
    pub fn compare(self, comparison: Comparison, other: Self) -> Self {
        Self::Compare(comparison, Box::new(self), Box::new(other))
    }

    /// An operation on numbers.
    #[must_use]
    pub fn math(self, operation: Operation, other: Self) -> Self {
        Self::Math(Box::new(self), operation, Box::new(other))
    }

    /// Whether there is no value.
    #[must_use]
    pub fn is_null(self) -> Self {
        Self::IsNull {
            of: Box::new(self),
            negated: false,
        }
    }

    /// Whether there is a value.
    #[must_use]
    pub fn is_not_null(self) -> Self {
        Self::IsNull {
            of: Box::new(self),
            negated: true,
        }
    }

    /// The opposite.
    #[must_use]
    pub fn negate(self) -> Self {
        Self::Not(Box::new(self))
    }

    /// Equal, or both without a value.
    #[must_use]
    pub fn same(self, other: Self) -> Self {
        Self::Same(Box::new(self), Box::new(other))
    }

    /// The value where a condition holds, null elsewhere.
    #[must_use]
    pub fn only_if(self, condition: Self) -> Self {
        Self::Case(vec![(condition, self)], None)
    }

    /// A whole number.
    pub fn integer(value: i64) -> Self {
        Self::Number(value.to_string())
    }
}
