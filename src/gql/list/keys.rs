//! Which cursors a document asks for, and the sort keys that make them.

use super::Listing;
use crate::{db::ListQuery, kernel::Id};
use async_graphql::Context;
use chrono::{DateTime, Utc};
use std::sync::Arc;

/// Of which nodes the cursor is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cursors {
    None,
    Ends,
    Each,
}

pub(super) fn wanted_cursors(ctx: &Context<'_>) -> Cursors {
    let look = ctx.look_ahead();
    if look.field("edges").field("cursor").exists() {
        return Cursors::Each;
    }
    let page = look.field("pageInfo");
    if page.field("endCursor").exists() || page.field("startCursor").exists() {
        return Cursors::Ends;
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
            Cursors::Ends => n == 0 || n == last,
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
        self.format("%Y-%m-%d %H:%M:%S%.6f+00").to_string()
    }
}
impl<T> Key for Id<T> {
    fn to_key(&self) -> String {
        self.uuid().to_string()
    }
}
