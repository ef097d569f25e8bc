//! Pieces of SQL put together at run time: filters, policies, orders, hand-written statements.
//!
//! Text is always `&'static str`, values are always bound, so a fragment cannot carry what a
//! caller typed. Statements with equal text share one prepared statement per connection; lists of
//! ids are arrays, so that their length does not change the text.

use chrono::{DateTime, Utc};
use diesel::{
    expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate},
    pg::Pg,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    result::QueryResult,
    sql_types as st,
};
use std::marker::PhantomData;
use uuid::Uuid;

/// A bound value.
#[derive(Debug, Clone, PartialEq)]
pub enum Bind {
    /// `uuid`.
    Uuid(Uuid),
    /// `uuid[]`.
    Uuids(Vec<Uuid>),
    /// `text`.
    Text(String),
    /// `text[]`.
    Texts(Vec<String>),
    /// `boolean`.
    Bool(bool),
    /// `integer`.
    Int(i32),
    /// `integer[]`.
    Ints(Vec<i32>),
    /// `bigint`.
    BigInt(i64),
    /// `double precision`.
    Float(f64),
    /// `bytea`.
    Bytes(Vec<u8>),
    /// `timestamptz`.
    Time(DateTime<Utc>),
    /// `jsonb`.
    Json(serde_json::Value),
    /// NULL of type `uuid`.
    NoUuid,
    /// NULL of type `text`.
    NoText,
    /// NULL of type `integer`.
    NoInt,
    /// NULL of type `double precision`.
    NoFloat,
    /// NULL of type `timestamptz`.
    NoTime,
    /// NULL of type `jsonb`.
    NoJson,
}

macro_rules! bind_from {
    ($($type:ty => $variant:ident),* $(,)?) => {$(
        impl From<$type> for Bind {
            fn from(value: $type) -> Self { Self::$variant(value) }
        }
    )*};
}
bind_from! {
    Uuid => Uuid, Vec<Uuid> => Uuids, String => Text, Vec<String> => Texts, bool => Bool,
    i32 => Int, Vec<i32> => Ints, i64 => BigInt, f64 => Float, Vec<u8> => Bytes, DateTime<Utc> => Time, serde_json::Value => Json,
}
impl From<&str> for Bind {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}
impl From<Option<Uuid>> for Bind {
    fn from(value: Option<Uuid>) -> Self {
        value.map_or(Self::NoUuid, Self::Uuid)
    }
}
impl From<Option<String>> for Bind {
    fn from(value: Option<String>) -> Self {
        value.map_or(Self::NoText, Self::Text)
    }
}
impl From<Option<i32>> for Bind {
    fn from(value: Option<i32>) -> Self {
        value.map_or(Self::NoInt, Self::Int)
    }
}
impl From<Option<f64>> for Bind {
    fn from(value: Option<f64>) -> Self {
        value.map_or(Self::NoFloat, Self::Float)
    }
}
impl From<Option<DateTime<Utc>>> for Bind {
    fn from(value: Option<DateTime<Utc>>) -> Self {
        value.map_or(Self::NoTime, Self::Time)
    }
}
impl From<Option<serde_json::Value>> for Bind {
    fn from(value: Option<serde_json::Value>) -> Self {
        value.map_or(Self::NoJson, Self::Json)
    }
}
impl<T> From<crate::kernel::Id<T>> for Bind {
    fn from(value: crate::kernel::Id<T>) -> Self {
        Self::Uuid(value.uuid())
    }
}
impl<T> From<Option<crate::kernel::Id<T>>> for Bind {
    fn from(value: Option<crate::kernel::Id<T>>) -> Self {
        value.map_or(Self::NoUuid, |id| Self::Uuid(id.uuid()))
    }
}
impl<T> From<&[crate::kernel::Id<T>]> for Bind {
    fn from(value: &[crate::kernel::Id<T>]) -> Self {
        Self::Uuids(value.iter().map(|id| id.uuid()).collect())
    }
}
impl<T> From<Vec<crate::kernel::Id<T>>> for Bind {
    fn from(value: Vec<crate::kernel::Id<T>>) -> Self {
        Self::from(value.as_slice())
    }
}

#[derive(Debug, Clone)]
enum Part {
    Text(&'static str),
    Bind(Bind),
}

/// SQL text with bound values between. As an expression it is a condition or an order.
#[derive(Debug, Clone, Default)]
pub struct Fragment {
    parts: Vec<Part>,
}

/// Text in which each `?` stands for the next value.
///
/// ```
/// use chartroom::db::sql;
/// let cheap = sql("price < ? AND name = ?", [3.into(), "tea".into()]);
/// ```
pub fn sql(text: &'static str, binds: impl IntoIterator<Item = Bind>) -> Fragment {
    let mut fragment = Fragment::default();
    let mut pieces = text.split('?');
    if let Some(first) = pieces.next() {
        fragment.push(first);
    }
    let mut binds = binds.into_iter();
    for piece in pieces {
        match binds.next() {
            Some(bind) => fragment.push_bind(bind),
            None => debug_assert!(false, "more `?` than values in {text}"),
        }
        fragment.push(piece);
    }
    debug_assert!(binds.next().is_none(), "more values than `?` in {text}");
    fragment
}

impl Fragment {
    /// A condition that always holds.
    pub fn yes() -> Self {
        sql("TRUE", [])
    }

    /// A condition that never holds.
    pub fn no() -> Self {
        sql("FALSE", [])
    }

    /// Appends text.
    pub fn push(&mut self, text: &'static str) {
        if !text.is_empty() {
            self.parts.push(Part::Text(text));
        }
    }

    /// Appends a value.
    pub fn push_bind(&mut self, bind: impl Into<Bind>) {
        self.parts.push(Part::Bind(bind.into()));
    }

    /// Appends another fragment.
    pub fn append(&mut self, other: Self) {
        self.parts.extend(other.parts);
    }

    /// Appends text and values, as [`sql`] does.
    #[must_use]
    pub fn then(mut self, text: &'static str, binds: impl IntoIterator<Item = Bind>) -> Self {
        self.append(sql(text, binds));
        self
    }

    /// Appends another fragment, by value.
    #[must_use]
    pub fn with(mut self, other: Self) -> Self {
        self.append(other);
        self
    }

    /// Both conditions.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        join([self, other], " AND ", "TRUE")
    }

    /// One of the conditions, or both.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        join([self, other], " OR ", "FALSE")
    }

    /// The opposite; an unknown condition counts as not met, so its opposite as met.
    #[must_use]
    pub fn negate(self) -> Self {
        sql("(", []).with(self).then(") IS NOT TRUE", [])
    }

    /// All of the conditions; true if there are none.
    pub fn all(conditions: impl IntoIterator<Item = Self>) -> Self {
        join(conditions, " AND ", "TRUE")
    }

    /// Any of the conditions; false if there are none.
    pub fn any(conditions: impl IntoIterator<Item = Self>) -> Self {
        join(conditions, " OR ", "FALSE")
    }

    /// The text, with `$n` for values: for tests and explanations.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let mut n = 0;
        for part in &self.parts {
            match part {
                Part::Text(piece) => text.push_str(piece),
                Part::Bind(_) => {
                    n += 1;
                    text.push('$');
                    text.push_str(&n.to_string());
                }
            }
        }
        text
    }
}

fn join(
    conditions: impl IntoIterator<Item = Fragment>,
    word: &'static str,
    empty: &'static str,
) -> Fragment {
    let mut joined = Fragment::default();
    for condition in conditions {
        joined.push(if joined.parts.is_empty() { "((" } else { word });
        if joined.parts.len() > 1 {
            joined.push("(");
        }
        joined.append(condition);
        joined.push(")");
    }
    if joined.parts.is_empty() {
        joined.push(empty);
    } else {
        joined.push(")");
    }
    joined
}

impl QueryFragment<Pg> for Fragment {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        for part in &self.parts {
            match part {
                Part::Text(text) => pass.push_sql(text),
                Part::Bind(bind) => bind.walk(&mut pass)?,
            }
        }
        Ok(())
    }
}

impl Bind {
    fn walk<'b>(&'b self, pass: &mut AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        match self {
            Self::Uuid(value) => pass.push_bind_param::<st::Uuid, _>(value),
            Self::Uuids(values) => pass.push_bind_param::<st::Array<st::Uuid>, _>(values),
            Self::Text(value) => pass.push_bind_param::<st::Text, _>(value),
            Self::Texts(values) => pass.push_bind_param::<st::Array<st::Text>, _>(values),
            Self::Bool(value) => pass.push_bind_param::<st::Bool, _>(value),
            Self::Int(value) => pass.push_bind_param::<st::Integer, _>(value),
            Self::Ints(values) => pass.push_bind_param::<st::Array<st::Integer>, _>(values),
            Self::BigInt(value) => pass.push_bind_param::<st::BigInt, _>(value),
            Self::Float(value) => pass.push_bind_param::<st::Double, _>(value),
            Self::Bytes(value) => pass.push_bind_param::<st::Binary, _>(value),
            Self::Time(value) => pass.push_bind_param::<st::Timestamptz, _>(value),
            Self::Json(value) => pass.push_bind_param::<st::Jsonb, _>(value),
            Self::NoUuid => pass.push_bind_param::<st::Nullable<st::Uuid>, Option<Uuid>>(&None),
            Self::NoText => pass.push_bind_param::<st::Nullable<st::Text>, Option<String>>(&None),
            Self::NoInt => pass.push_bind_param::<st::Nullable<st::Integer>, Option<i32>>(&None),
            Self::NoFloat => pass.push_bind_param::<st::Nullable<st::Double>, Option<f64>>(&None),
            Self::NoTime => {
                pass.push_bind_param::<st::Nullable<st::Timestamptz>, Option<DateTime<Utc>>>(&None)
            }
            Self::NoJson => {
                pass.push_bind_param::<st::Nullable<st::Jsonb>, Option<serde_json::Value>>(&None)
            }
        }
    }
}

impl QueryId for Fragment {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}
impl Expression for Fragment {
    type SqlType = st::Bool;
}
impl<QS> AppearsOnTable<QS> for Fragment {}
impl<QS> SelectableExpression<QS> for Fragment {}
impl ValidGrouping<()> for Fragment {
    type IsAggregate = is_aggregate::Never;
}

/// A whole statement whose rows have the SQL types `ST`.
#[derive(Debug)]
pub struct Statement<ST> {
    fragment: Fragment,
    rows: PhantomData<fn() -> ST>,
}

impl Fragment {
    /// The fragment as a statement of its own.
    pub fn statement<ST>(self) -> Statement<ST> {
        Statement {
            fragment: self,
            rows: PhantomData,
        }
    }
}

impl<ST> QueryFragment<Pg> for Statement<ST> {
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.fragment.walk_ast(pass)
    }
}
impl<ST> QueryId for Statement<ST> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}
impl<ST> Query for Statement<ST> {
    type SqlType = ST;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_parenthesised_and_values_numbered() {
        let a = sql("a = ?", [1.into()]);
        let b = sql("b = ?", [2.into()]);
        assert_eq!(
            a.clone().and(b.clone()).or(a.clone().negate()).text(),
            "((((a = $1) AND (b = $2))) OR ((a = $3) IS NOT TRUE))"
        );
        assert_eq!(Fragment::all([]).text(), "TRUE");
        assert_eq!(Fragment::any([a]).text(), "((a = $1))");
    }
}
