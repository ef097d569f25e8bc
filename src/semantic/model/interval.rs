//! Intervals of time dimensions.

use crate::semantic::{snippet::Snippet, value::ValueType};
use serde::{Deserialize, Serialize};

/// What an interval makes of a moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Interval {
    /// The moment itself.
    Raw,
    /// The beginning of a unit.
    Truncated(TimeUnit),
    /// A number.
    Number(NumberPart),
    /// A name.
    Name(NamePart),
    /// An interval of the project's own.
    Custom {
        /// Name of the granularity.
        name: String,
        /// The expression over `${COLUMN}`.
        sql: Snippet,
        /// Type of its values.
        #[serde(rename = "type")]
        kind: ValueType,
    },
}

/// A unit of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TimeUnit {
    /// Milliseconds.
    Millisecond,
    /// Seconds.
    Second,
    /// Minutes.
    Minute,
    /// Hours.
    Hour,
    /// Days.
    Day,
    /// Weeks.
    Week,
    /// Months.
    Month,
    /// Quarters.
    Quarter,
    /// Years.
    Year,
}

impl TimeUnit {
    /// Days and longer.
    pub const CALENDAR: [Self; 5] = [
        Self::Day,
        Self::Week,
        Self::Month,
        Self::Quarter,
        Self::Year,
    ];

    /// The unit of that name, in singular or plural and any letter case.
    pub fn named(name: &str) -> Option<Self> {
        let name = name.to_uppercase();
        Some(match name.strip_suffix('S').unwrap_or(&name) {
            "MILLISECOND" => Self::Millisecond,
            "SECOND" => Self::Second,
            "MINUTE" => Self::Minute,
            "HOUR" => Self::Hour,
            "DAY" => Self::Day,
            "WEEK" => Self::Week,
            "MONTH" => Self::Month,
            "QUARTER" => Self::Quarter,
            "YEAR" => Self::Year,
            _ => return None,
        })
    }

    /// Its name in SQL.
    pub const fn sql(self) -> &'static str {
        match self {
            Self::Millisecond => "MILLISECOND",
            Self::Second => "SECOND",
            Self::Minute => "MINUTE",
            Self::Hour => "HOUR",
            Self::Day => "DAY",
            Self::Week => "WEEK",
            Self::Month => "MONTH",
            Self::Quarter => "QUARTER",
            Self::Year => "YEAR",
        }
    }

    /// Whether it is a day or longer.
    pub fn is_calendar(self) -> bool {
        self >= Self::Day
    }
}

/// A part of a moment that is a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum NumberPart {
    /// Which day of the week.
    DayOfWeekIndex,
    /// Which day of the month.
    DayOfMonthNum,
    /// Which day of the year.
    DayOfYearNum,
    /// Which week of the year.
    WeekNum,
    /// Which month.
    MonthNum,
    /// Which quarter.
    QuarterNum,
    /// Which year.
    YearNum,
    /// Which hour of the day.
    HourOfDayNum,
    /// Which minute of the hour.
    MinuteOfHourNum,
}

/// A part of a moment that is a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum NamePart {
    /// Monday …
    DayOfWeekName,
    /// January …
    MonthName,
    /// Q1 …
    QuarterName,
}

impl Interval {
    /// The built-in interval of that name, in any letter case.
    pub fn named(name: &str) -> Option<Self> {
        use NamePart::{DayOfWeekName, MonthName, QuarterName};
        use NumberPart as Num;
        let name = name.to_uppercase();
        Some(match name.as_str() {
            "RAW" => Self::Raw,
            "DAY_OF_WEEK_INDEX" => Self::Number(Num::DayOfWeekIndex),
            "DAY_OF_MONTH_NUM" => Self::Number(Num::DayOfMonthNum),
            "DAY_OF_YEAR_NUM" => Self::Number(Num::DayOfYearNum),
            "WEEK_NUM" => Self::Number(Num::WeekNum),
            "MONTH_NUM" => Self::Number(Num::MonthNum),
            "QUARTER_NUM" => Self::Number(Num::QuarterNum),
            "YEAR_NUM" => Self::Number(Num::YearNum),
            "HOUR_OF_DAY_NUM" => Self::Number(Num::HourOfDayNum),
            "MINUTE_OF_HOUR_NUM" => Self::Number(Num::MinuteOfHourNum),
            "DAY_OF_WEEK_NAME" => Self::Name(DayOfWeekName),
            "MONTH_NAME" => Self::Name(MonthName),
            "QUARTER_NAME" => Self::Name(QuarterName),
            unit if unit.ends_with('S') => return None,
            unit => Self::Truncated(TimeUnit::named(unit)?),
        })
    }

    /// Its name, as models and ids write it, in upper case unless it is the project's own.
    pub fn name(&self) -> &str {
        match self {
            Self::Raw => "RAW",
            Self::Truncated(unit) => unit.sql(),
            Self::Number(NumberPart::DayOfWeekIndex) => "DAY_OF_WEEK_INDEX",
            Self::Number(NumberPart::DayOfMonthNum) => "DAY_OF_MONTH_NUM",
            Self::Number(NumberPart::DayOfYearNum) => "DAY_OF_YEAR_NUM",
            Self::Number(NumberPart::WeekNum) => "WEEK_NUM",
            Self::Number(NumberPart::MonthNum) => "MONTH_NUM",
            Self::Number(NumberPart::QuarterNum) => "QUARTER_NUM",
            Self::Number(NumberPart::YearNum) => "YEAR_NUM",
            Self::Number(NumberPart::HourOfDayNum) => "HOUR_OF_DAY_NUM",
            Self::Number(NumberPart::MinuteOfHourNum) => "MINUTE_OF_HOUR_NUM",
            Self::Name(NamePart::DayOfWeekName) => "DAY_OF_WEEK_NAME",
            Self::Name(NamePart::MonthName) => "MONTH_NAME",
            Self::Name(NamePart::QuarterName) => "QUARTER_NAME",
            Self::Custom { name, .. } => name,
        }
    }

    /// Type of its values, over a dimension of a type.
    pub fn value_type(&self, base: ValueType) -> ValueType {
        match self {
            Self::Raw => base,
            Self::Truncated(unit) if unit.is_calendar() => ValueType::Date,
            Self::Truncated(_) => ValueType::Timestamp,
            Self::Number(_) => ValueType::Number,
            Self::Name(_) => ValueType::String,
            Self::Custom { kind, .. } => *kind,
        }
    }
}
