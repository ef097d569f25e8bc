//! Filter inputs: operators on columns, combined by `and`, `or` and `not`.

use crate::{
    authz::{Resource, Viewer},
    db::{Bind, Fragment, sql},
    kernel::{Entity, Error, Result},
};
use async_graphql::{ID, InputObject};
use chrono::{DateTime, Datelike as _, Utc};
use std::collections::HashSet;
use uuid::Uuid;

/// A filter that is a condition on the rows of a list.
pub trait FilterInput {
    /// The condition, as far as the viewer may know: what a row belongs to counts only where they see it.
    ///
    /// # Errors
    /// [`Error::Invalid`] naming the part that is wrong, such as `name.contains`; of an optional argument `filter`, which
    /// lists have, the path from there.
    fn condition(&self, viewer: &Viewer) -> Result<Fragment>;
}

/// Operators on a text. Several given at once must all hold. Comparison ignores case for
/// `contains`, `startsWith` and `endsWith`, not for `eq` and `in`.
#[derive(Debug, Clone, Default, InputObject)]
pub struct StringFilter {
    /// Is this text.
    pub eq: Option<String>,
    /// Is not this text.
    pub ne: Option<String>,
    /// Is one of these texts.
    #[graphql(name = "in")]
    pub within: Option<Vec<String>>,
    /// Is none of these texts.
    pub not_in: Option<Vec<String>>,
    /// Contains this text; `%` and `_` stand for themselves.
    pub contains: Option<String>,
    /// Does not contain this text.
    pub not_contains: Option<String>,
    /// Starts with this text.
    pub starts_with: Option<String>,
    /// Ends with this text.
    pub ends_with: Option<String>,
    /// Has no value (true) or has one (false).
    pub is_null: Option<bool>,
}

/// Operators on an id.
#[derive(Debug, Clone, Default, InputObject)]
#[graphql(name = "IDFilter")]
pub struct IdFilter {
    /// Is this id.
    pub eq: Option<ID>,
    /// Is not this id.
    pub ne: Option<ID>,
    /// Is one of these ids.
    #[graphql(name = "in")]
    pub within: Option<Vec<ID>>,
    /// Is none of these ids.
    pub not_in: Option<Vec<ID>>,
    /// Has no value (true) or has one (false).
    pub is_null: Option<bool>,
}

/// Operators on a yes or no.
#[derive(Debug, Clone, Default, InputObject)]
pub struct BooleanFilter {
    /// Is this value.
    pub eq: Option<bool>,
    /// Has no value (true) or has one (false).
    pub is_null: Option<bool>,
}

/// Operators on a whole number.
#[derive(Debug, Clone, Default, InputObject)]
pub struct IntFilter {
    /// Is this number.
    pub eq: Option<i32>,
    /// Is not this number.
    pub ne: Option<i32>,
    /// Is greater.
    pub gt: Option<i32>,
    /// Is greater or equal.
    pub gte: Option<i32>,
    /// Is less.
    pub lt: Option<i32>,
    /// Is less or equal.
    pub lte: Option<i32>,
    /// Is one of these numbers.
    #[graphql(name = "in")]
    pub within: Option<Vec<i32>>,
    /// Has no value (true) or has one (false).
    pub is_null: Option<bool>,
}

/// Operators on a moment.
#[derive(Debug, Clone, Default, InputObject)]
pub struct DateTimeFilter {
    /// Is this moment.
    pub eq: Option<DateTime<Utc>>,
    /// Is later.
    pub gt: Option<DateTime<Utc>>,
    /// Is later or the same.
    pub gte: Option<DateTime<Utc>>,
    /// Is earlier.
    pub lt: Option<DateTime<Utc>>,
    /// Is earlier or the same.
    pub lte: Option<DateTime<Utc>>,
    /// Is not longer ago than this, for example `P7D`.
    pub within_last: Option<super::Duration>,
    /// Has no value (true) or has one (false).
    pub is_null: Option<bool>,
}

/// Whether a moment can be written as RFC 3339 has it, with a year of four digits; PostgreSQL ends not far beyond.
pub fn has_four_digits(moment: DateTime<Utc>) -> bool {
    (1..=9999).contains(&moment.year())
}

/// Operators that apply to one SQL expression.
pub trait ColumnFilter {
    /// The condition on `column`.
    ///
    /// # Errors
    /// [`Error::Invalid`] naming the operator that is wrong.
    fn on(&self, column: &'static str) -> Result<Fragment>;
}

/// A function from an operator input to its condition on `column`.
pub fn column<F: ColumnFilter>(column: &'static str) -> impl Fn(&F, &Viewer) -> Result<Fragment> {
    move |filter, _| filter.on(column)
}

/// A function from a search text to a condition that one of the columns contains it.
pub fn search(columns: &'static [&'static str]) -> impl Fn(&String, &Viewer) -> Result<Fragment> {
    move |text, _| {
        let pattern = pattern("", "%", text, "%")?;
        Ok(Fragment::any(columns.iter().map(|column| {
            sql(column, []).then(" ILIKE ?", [Bind::Text(pattern.clone())])
        })))
    }
}

fn compare(column: &'static str, operator: &'static str, value: impl Into<Bind>) -> Fragment {
    let mut fragment = sql(column, []);
    fragment.push(operator);
    fragment.push_bind(value);
    fragment
}

fn null(column: &'static str, is_null: bool) -> Fragment {
    sql(column, []).then(if is_null { " IS NULL" } else { " IS NOT NULL" }, [])
}

fn any(column: &'static str, values: impl Into<Bind>) -> Fragment {
    sql(column, [])
        .then(" = ANY(", [])
        .with(bind(values))
        .then(")", [])
}

fn bind(value: impl Into<Bind>) -> Fragment {
    let mut fragment = Fragment::default();
    fragment.push_bind(value);
    fragment
}

/// What `read` makes of each value. A mistake is told at the position of its value.
pub fn each<T, U>(values: &[T], read: impl Fn(&T) -> Result<U>) -> Result<Vec<U>> {
    let values = values.iter().enumerate();
    values
        .map(|(n, value)| read(value).map_err(|error| error.under(n)))
        .collect()
}

/// A text that PostgreSQL can hold.
fn text(argument: &'static str, value: &str) -> Result<String> {
    if value.contains('\0') {
        return Err(Error::invalid(argument, "contains the character U+0000"));
    }
    Ok(value.to_owned())
}

fn pattern(argument: &'static str, before: &str, value: &str, after: &str) -> Result<String> {
    let value = text(argument, value)?;
    let escaped = value
        .replace('\\', "\\\\")
        .replace('%', "\\%")
        .replace('_', "\\_");
    Ok(format!("{before}{escaped}{after}"))
}

impl ColumnFilter for StringFilter {
    fn on(&self, column: &'static str) -> Result<Fragment> {
        let like = |argument, before, value: &Option<String>, after| -> Result<Option<Fragment>> {
            let pattern = value
                .as_deref()
                .map(|value| pattern(argument, before, value, after));
            Ok(pattern
                .transpose()?
                .map(|pattern| compare(column, " ILIKE ", pattern)))
        };
        let list = |argument, values: &Option<Vec<String>>| -> Result<Option<Fragment>> {
            let Some(values) = values else {
                return Ok(None);
            };
            let values = each(values, |value| text("", value));
            let values = values.map_err(|error| error.under(argument))?;
            Ok(Some(any(column, values)))
        };
        let one = |argument, value: &Option<String>| -> Result<Option<Fragment>> {
            let value = value
                .as_deref()
                .map(|value| text(argument, value))
                .transpose()?;
            Ok(value.map(|value| compare(column, " = ", value)))
        };
        let conditions = [
            one("eq", &self.eq)?,
            one("ne", &self.ne)?.map(Fragment::negate),
            list("in", &self.within)?,
            list("notIn", &self.not_in)?.map(Fragment::negate),
            like("contains", "%", &self.contains, "%")?,
            like("notContains", "%", &self.not_contains, "%")?.map(Fragment::negate),
            like("startsWith", "", &self.starts_with, "%")?,
            like("endsWith", "%", &self.ends_with, "")?,
            self.is_null.map(|is_null| null(column, is_null)),
        ];
        Ok(Fragment::all(conditions.into_iter().flatten()))
    }
}

/// The operators of an [`IdFilter`] with the ids that its texts stand for.
#[derive(Debug)]
pub struct IdOperators<T> {
    /// Is this id.
    pub eq: Option<T>,
    /// Is not this id.
    pub ne: Option<T>,
    /// Is one of these ids.
    pub within: Option<Vec<T>>,
    /// Is none of these ids.
    pub not_in: Option<Vec<T>>,
    /// Has no value (true) or has one (false).
    pub is_null: Option<bool>,
}

impl IdFilter {
    /// The operators with what `parse` makes of each id.
    ///
    /// # Errors
    /// What `parse` fails with, which names no argument, at the place of the id: `in.1`.
    pub fn read<T>(&self, parse: impl Fn(&ID) -> Result<T>) -> Result<IdOperators<T>> {
        let one = |operator: &str, id: &Option<ID>| {
            let id = id.as_ref().map(&parse).transpose();
            id.map_err(|error| error.under(operator))
        };
        let list = |operator: &str, ids: &Option<Vec<ID>>| {
            let ids = ids.as_ref().map(|ids| each(ids, &parse)).transpose();
            ids.map_err(|error| error.under(operator))
        };
        Ok(IdOperators {
            eq: one("eq", &self.eq)?,
            ne: one("ne", &self.ne)?,
            within: list("in", &self.within)?,
            not_in: list("notIn", &self.not_in)?,
            is_null: self.is_null,
        })
    }

    /// The condition on a column that holds ids of `T`.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an id of another kind.
    pub fn on<T: Entity>(&self, column: &'static str) -> Result<Fragment> {
        self.conditions::<T>(column, |own| own, |is_null| null(column, is_null))
    }

    /// The condition on a set of ids of `T`: `has` makes, of a condition on `column`, that a member of the set
    /// fulfils it. `ne` and `notIn` mean that none of the ids is in the set, `isNull` that it is empty.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an id of another kind.
    pub fn on_set<T: Entity>(
        &self,
        column: &'static str,
        has: impl Fn(Fragment) -> Fragment,
    ) -> Result<Fragment> {
        self.conditions::<T>(column, &has, |is_empty| {
            let any = has(Fragment::yes());
            if is_empty { any.negate() } else { any }
        })
    }

    /// All operators: `holds` of the condition that `column` is the id, or one of them.
    fn conditions<T: Entity>(
        &self,
        column: &'static str,
        holds: impl Fn(Fragment) -> Fragment,
        is_null: impl Fn(bool) -> Fragment,
    ) -> Result<Fragment> {
        let of = self.read(|id| super::id_argument::<T>("", id).map(crate::kernel::Id::uuid))?;
        let is = |id| holds(compare(column, " = ", id));
        let is_one = |ids: Vec<Uuid>| {
            let distinct: HashSet<_> = ids.into_iter().collect();
            holds(any(column, distinct.into_iter().collect::<Vec<_>>()))
        };
        let conditions = [
            of.eq.map(is),
            of.ne.map(|id| is(id).negate()),
            of.within.map(is_one),
            of.not_in.map(|ids| is_one(ids).negate()),
            of.is_null.map(is_null),
        ];
        Ok(Fragment::all(conditions.into_iter().flatten()))
    }

    /// A function from the filter to its condition on a column that holds ids of `T`, of which the viewer may see some
    /// only: the others count as none.
    pub fn of_seen<T: Resource>(
        column: &'static str,
    ) -> impl Fn(&Self, &Viewer) -> Result<Fragment> {
        move |filter, viewer| {
            // Under a name of its own: the column may be of the very table that is looked into.
            let seen = sql("EXISTS (SELECT FROM (SELECT CASE WHEN ", [])
                .with(T::visible_by(viewer, "named.id"))
                .then(" THEN named.id END AS id FROM (SELECT ", [])
                .then(column, [])
                .then(" AS id) AS named) AS seen WHERE ", []);
            Ok(seen.with(filter.on::<T>("seen.id")?).then(")", []))
        }
    }

    /// A function from the filter to its condition on a column that holds ids of `T`.
    pub fn of<T: Entity>(column: &'static str) -> impl Fn(&Self, &Viewer) -> Result<Fragment> {
        move |filter, _| filter.on::<T>(column)
    }
}

impl ColumnFilter for BooleanFilter {
    fn on(&self, column: &'static str) -> Result<Fragment> {
        let conditions = [
            self.eq.map(|value| compare(column, " = ", value)),
            self.is_null.map(|is_null| null(column, is_null)),
        ];
        Ok(Fragment::all(conditions.into_iter().flatten()))
    }
}

impl ColumnFilter for IntFilter {
    fn on(&self, column: &'static str) -> Result<Fragment> {
        let conditions = [
            self.eq.map(|value| compare(column, " = ", value)),
            self.ne.map(|value| compare(column, " = ", value).negate()),
            self.gt.map(|value| compare(column, " > ", value)),
            self.gte.map(|value| compare(column, " >= ", value)),
            self.lt.map(|value| compare(column, " < ", value)),
            self.lte.map(|value| compare(column, " <= ", value)),
            self.within.as_ref().map(|values| {
                Fragment::any(values.iter().map(|value| compare(column, " = ", *value)))
            }),
            self.is_null.map(|is_null| null(column, is_null)),
        ];
        Ok(Fragment::all(conditions.into_iter().flatten()))
    }
}

impl ColumnFilter for DateTimeFilter {
    fn on(&self, column: &'static str) -> Result<Fragment> {
        let since = self.within_last.as_ref().map(|duration| {
            sql(column, []).then(
                " >= now() - make_interval(secs => ?::bigint)",
                [Bind::BigInt(duration.seconds())],
            )
        });
        let than = |argument, operator, value: Option<DateTime<Utc>>| -> Result<Option<Fragment>> {
            let Some(value) = value else { return Ok(None) };
            if !has_four_digits(value) {
                return Err(Error::invalid(
                    argument,
                    "lies beyond the years 0001 to 9999",
                ));
            }
            Ok(Some(compare(column, operator, value)))
        };
        let conditions = [
            than("eq", " = ", self.eq)?,
            than("gt", " > ", self.gt)?,
            than("gte", " >= ", self.gte)?,
            than("lt", " < ", self.lt)?,
            than("lte", " <= ", self.lte)?,
            since,
            self.is_null.map(|is_null| null(column, is_null)),
        ];
        Ok(Fragment::all(conditions.into_iter().flatten()))
    }
}

/// Declares the operators on an enum that is stored as text.
///
/// ```text
/// enum_filter! { ChartKindFilter on ChartKind }
/// // → input ChartKindFilter { eq ne in notIn }
/// ```
macro_rules! enum_filter {
    ($name:ident on $type:ty) => {
        /// Operators on this enum.
        #[derive(Debug, Clone, Default, async_graphql::InputObject)]
        pub struct $name {
            /// Is this value.
            pub eq: Option<$type>,
            /// Is not this value.
            pub ne: Option<$type>,
            /// Is one of these values.
            #[graphql(name = "in")]
            pub within: Option<Vec<$type>>,
            /// Is none of these values.
            pub not_in: Option<Vec<$type>>,
        }

        impl $crate::gql::ColumnFilter for $name {
            fn on(&self, column: &'static str) -> $crate::kernel::Result<$crate::db::Fragment> {
                let texts = |values: &[$type]| {
                    values
                        .iter()
                        .map(|value| value.as_str().to_owned())
                        .collect::<Vec<_>>()
                };
                $crate::gql::StringFilter {
                    eq: self.eq.map(|value| value.as_str().to_owned()),
                    ne: self.ne.map(|value| value.as_str().to_owned()),
                    within: self.within.as_deref().map(texts),
                    not_in: self.not_in.as_deref().map(texts),
                    ..Default::default()
                }
                .on(column)
            }
        }
    };
}
pub(crate) use enum_filter;

/// The name of a field in the graph, such as `createdBy`, of its name here, such as `created_by`.
pub fn field_name(name: &str) -> String {
    let mut field = String::with_capacity(name.len());
    for word in name.split('_') {
        let (first, rest) = word.split_at_checked(1).unwrap_or_default();
        if field.is_empty() {
            field.push_str(word);
        } else {
            field.push_str(&first.to_ascii_uppercase());
            field.push_str(rest);
        }
    }
    field
}

/// Declares a filter with `and`, `or` and `not`; each field has a function to its condition.
///
/// ```text
/// filterable! {
///     /// Which charts to list.
///     pub struct ChartFilter {
///         /// By name.
///         name: StringFilter => column("charts.name"),
///     }
/// }
/// ```
macro_rules! filterable {
    ($(#[$meta:meta])* $vis:vis struct $name:ident { $($(#[$fmeta:meta])* $field:ident: $type:ty => $condition:expr),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Default, async_graphql::InputObject)]
        $vis struct $name {
            /// All of these must hold.
            pub and: Option<Vec<$name>>,
            /// One of these must hold.
            pub or: Option<Vec<$name>>,
            /// This must not hold.
            pub not: Option<Box<$name>>,
            // Boxed, here and above: each future of the engine has room for every argument of its
            // type's fields, asked for or not.
            $($(#[$fmeta])* pub $field: Option<Box<$type>>,)*
        }

        impl $crate::gql::FilterInput for $name {
            fn condition(
                &self,
                viewer: &$crate::authz::Viewer,
            ) -> $crate::kernel::Result<$crate::db::Fragment> {
                use $crate::{db::Fragment, gql::FilterInput, kernel::Result};
                let mut all: Vec<Fragment> = Vec::new();
                let list = |name: &str, filters: &[Self]| -> Result<Vec<Fragment>> {
                    let conditions = filters.iter().enumerate().map(|(n, filter)| {
                        filter.condition(viewer).map_err(|error| error.under(n).under(name))
                    });
                    conditions.collect()
                };
                if let Some(and) = &self.and {
                    all.push(Fragment::all(list("and", and)?));
                }
                if let Some(or) = &self.or {
                    all.push(Fragment::any(list("or", or)?));
                }
                if let Some(not) = &self.not {
                    let not = FilterInput::condition(&**not, viewer);
                    all.push(not.map_err(|error| error.under("not"))?.negate());
                }
                $(if let Some(value) = self.$field.as_deref() {
                    let condition = ($condition)(value, viewer);
                    all.push(condition.map_err(|error| error.under($crate::gql::field_name(stringify!($field))))?);
                })*
                Ok(Fragment::all(all))
            }
        }
    };
}
pub(crate) use filterable;

impl<F: FilterInput> FilterInput for &F {
    fn condition(&self, viewer: &Viewer) -> Result<Fragment> {
        (**self).condition(viewer)
    }
}

impl<F: FilterInput> FilterInput for Option<F> {
    fn condition(&self, viewer: &Viewer) -> Result<Fragment> {
        match self {
            Some(filter) => filter
                .condition(viewer)
                .map_err(|error| error.under("filter")),
            None => Ok(Fragment::yes()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::field_name;

    #[test]
    fn fields_are_named_as_in_the_graph() {
        for (name, field) in [
            ("id", "id"),
            ("created_by", "createdBy"),
            ("is_marketing_opted_in", "isMarketingOptedIn"),
        ] {
            assert_eq!(field_name(name), field);
        }
    }
}
