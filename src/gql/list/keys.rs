//! Which cursors a document asks for, and the sort keys that make them.

use super::Listing;
use crate::{db::ListQuery, kernel::Id};
use async_graphql::Context;
use chrono::{DateTime, SecondsFormat, Utc};
use std::sync::Arc;

/// Of which nodes the cursor is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cursors {
    None,
    /// Of the first and the last one of the page, or one of them.
    Ends {
        start: bool,
        end: bool,
    },
    Each,
}

pub(super) fn wanted_cursors(ctx: &Context<'_>) -> Cursors {
    let look = ctx.look_ahead();
    if look.field("edges").field("cursor").exists() {
        return Cursors::Each;
    }
    let page = look.field("pageInfo");
    let [start, end] = ["startCursor", "endCursor"].map(|field| page.field(field).exists());
    if start || end {
        return Cursors::Ends { start, end };
    }
    Cursors::None
}

/// Gives rows the keys that the wanted cursors need, from the row where it holds them.
pub(super) fn keyed<L: Listing>(
    rows: impl ExactSizeIterator<Item = (Arc<L>, Option<Vec<String>>)>,
    query: &ListQuery,
    cursors: Cursors,
) -> impl Iterator<Item = (Arc<L>, Option<Vec<String>>)> {
    let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
    let last = rows.len().min(limit).saturating_sub(1);
    rows.enumerate().map(move |(n, (row, keys))| {
        let wanted = match cursors {
            Cursors::None => false,
            // Backwards, the rows come from the end.
            Cursors::Ends { start, end } if query.backward => end && n == 0 || start && n == last,
            Cursors::Ends { start, end } => start && n == 0 || end && n == last,
            Cursors::Each => true,
        };
        let keys = wanted
            .then(|| keys.or_else(|| held(&*row, query)))
            .flatten();
        (row, keys)
    })
}

/// Whether every row holds its keys itself.
pub(super) fn held_by_rows<L: Listing>(query: &ListQuery) -> bool {
    query
        .order
        .iter()
        .all(|term| L::KEYS.contains(&term.expression))
}

/// The keys of a row, if it holds all of them.
fn held<L: Listing>(row: &L, query: &ListQuery) -> Option<Vec<String>> {
    query
        .order
        .iter()
        .map(|term| row.key(term.expression))
        .collect()
}

/// A value as a sort key.
pub trait Key {
    /// The text that a cursor carries.
    fn to_key(&self) -> String;
}
impl Key for String {
    fn to_key(&self) -> String {
        self.clone()
    }
}
impl Key for Option<String> {
    fn to_key(&self) -> String {
        self.clone().unwrap_or_default()
    }
}
impl Key for bool {
    fn to_key(&self) -> String {
        self.to_string()
    }
}
impl Key for i32 {
    fn to_key(&self) -> String {
        self.to_string()
    }
}
impl Key for DateTime<Utc> {
    fn to_key(&self) -> String {
        // Much faster than a format of one's own.
        let mut text = self.to_rfc3339_opts(SecondsFormat::Micros, false);
        if let Some(between) = text.find('T') {
            text.replace_range(between..=between, " ");
        }
        text.truncate(text.len().saturating_sub(":00".len()));
        text
    }
}
impl<T> Key for Id<T> {
    fn to_key(&self) -> String {
        self.uuid().to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_as_the_database_writes_them() {
        for text in [
            "2026-04-13 20:24:39.000000+00",
            "1969-12-31 23:59:59.123456+00",
            "0001-01-01 00:00:00.000001+00",
        ] {
            let moment = DateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f%#z").unwrap();
            assert_eq!(moment.to_utc().to_key(), text);
        }
    }
}
