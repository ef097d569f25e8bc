//! Pages of lists whose nodes are known by their position, such as the rows of a stored result.

use super::PageArgs;
use crate::{
    db::OrderTerm,
    gql::{Connection, OrderTerms, cursor},
    kernel::{Error, Result},
};
use futures_util::FutureExt as _;
use sha2::{Digest as _, Sha256};
use std::ops::Range;

/// A page of a list by positions.
pub struct Span {
    /// The positions on the page.
    pub rows: Range<usize>,
    total: usize,
    order: OrderTerms,
}

impl Span {
    /// The page that the arguments ask for, of a list of `total` nodes, at most `maximum` of them.
    /// `list` names the list: its cursors are refused by others.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a wrong size or a cursor of another list.
    pub fn of(args: &PageArgs, list: &str, total: usize, limits: (i64, i64)) -> Result<Self> {
        let order = order(list);
        let (count, is_backward) = args.size_within(limits.0, limits.1)?;
        let count = usize::try_from(count).unwrap_or_default();
        let place = |argument, cursor: &Option<String>| -> Result<Option<usize>> {
            let Some(cursor) = cursor else {
                return Ok(None);
            };
            let keys = cursor::decode(argument, &order, cursor)?;
            let key = keys.first().and_then(|key| key.parse().ok());
            key.map(Some)
                .ok_or_else(|| Error::invalid(argument, "this cursor is not of this list"))
        };
        let begin = place("after", &args.after)?.map_or(0, |row| row.saturating_add(1));
        let end = place("before", &args.before)?.unwrap_or(total).min(total);
        let begin = begin.min(end);
        let rows = if is_backward {
            end.saturating_sub(count).max(begin)..end
        } else {
            begin..begin.saturating_add(count).min(end)
        };
        Ok(Self { rows, total, order })
    }

    /// The connection with the nodes of the page.
    pub fn connection<N: Send + Sync + 'static>(&self, nodes: Vec<N>) -> Connection<N> {
        let total = i64::try_from(self.total).unwrap_or(i64::MAX);
        let cursors = self.rows.clone().map(|row| self.cursor(row));
        Connection::at_positions(
            nodes.into_iter().zip(cursors),
            self.page_info(),
            Box::new(move |_| std::future::ready(Ok(total)).boxed()),
        )
    }

    /// Whether there are nodes before and behind the page, and its first and last cursor.
    pub fn page_info(&self) -> crate::gql::PageInfo {
        let first = self.rows.clone().next().map(|row| self.cursor(row));
        let last = self.rows.clone().next_back().map(|row| self.cursor(row));
        crate::gql::PageInfo {
            has_next_page: self.rows.end < self.total,
            has_previous_page: self.rows.start > 0,
            start_cursor: first,
            end_cursor: last,
        }
    }

    fn cursor(&self, row: usize) -> String {
        cursor::encode(&self.order, &[row.to_string()])
    }
}

fn order(list: &str) -> OrderTerms {
    let mut signature = [0; 4];
    for (place, byte) in signature.iter_mut().zip(Sha256::digest(list)) {
        *place = byte;
    }
    OrderTerms {
        terms: vec![OrderTerm {
            expression: "position",
            binds: Vec::new(),
            cast: "::int8",
            descending: false,
        }],
        signature: u32::from_be_bytes(signature),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> PageArgs {
        PageArgs::new(first, after, last, before)
    }

    #[test]
    fn pages_are_cut_by_position() {
        let of = |args: &PageArgs| Span::of(args, "rows", 10, (50, 200));
        let all = of(&args(None, None, None, None)).unwrap();
        assert_eq!(all.rows, 0..10);
        let first = of(&args(Some(4), None, None, None)).unwrap();
        assert_eq!(first.rows, 0..4);
        let info = first.page_info();
        assert!(info.has_next_page && !info.has_previous_page);
        let next = of(&args(Some(4), info.end_cursor.clone(), None, None)).unwrap();
        assert_eq!(next.rows, 4..8);
        let back = of(&args(None, None, Some(3), next.page_info().start_cursor)).unwrap();
        assert_eq!(back.rows, 1..4);
        let end = of(&args(None, None, Some(3), None)).unwrap();
        assert_eq!(end.rows, 7..10);
        let empty = of(&args(Some(5), end.page_info().end_cursor, None, None)).unwrap();
        assert_eq!(empty.rows, 10..10);
        assert!(of(&args(Some(201), None, None, None)).is_err());
        let foreign = Span::of(
            &args(None, info.end_cursor, None, None),
            "others",
            10,
            (50, 200),
        );
        assert!(foreign.is_err());
    }
}
