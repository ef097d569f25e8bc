//! The paging arguments that every list has.

use crate::{
    db::{Fragment, ListQuery},
    gql::{Limits, OrderTerms, ScopeExt as _, cursor},
    kernel::{Error, Result},
};
use async_graphql::Context;

/// The arguments that every list has.
#[derive(Debug, Clone, Default)]
pub struct PageArgs {
    /// How many from the start.
    pub first: Option<i32>,
    /// Behind this cursor.
    pub after: Option<String>,
    /// How many from the end.
    pub last: Option<i32>,
    /// Before this cursor.
    pub before: Option<String>,
}

impl PageArgs {
    /// The arguments as they came.
    pub fn new(
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Self {
        Self {
            first,
            after,
            last,
            before,
        }
    }

    /// How many nodes, and whether from the end.
    ///
    /// # Errors
    /// [`Error::Invalid`] for both `first` and `last`, a negative number or one above the maximum.
    pub fn size(&self, limits: Limits) -> Result<(i64, bool)> {
        self.size_within(limits.page_default, limits.page_max)
    }

    /// The same with other limits: the number unless given, and the most.
    ///
    /// # Errors
    /// [`Error::Invalid`] for both `first` and `last`, a negative number or one above the maximum.
    pub fn size_within(&self, default: i64, maximum: i64) -> Result<(i64, bool)> {
        let (argument, count, backward) = match (self.first, self.last) {
            (Some(_), Some(_)) => {
                return Err(Error::invalid(
                    "last",
                    "give either `first` or `last`, not both",
                ));
            }
            (None, Some(last)) => ("last", i64::from(last), true),
            (Some(first), None) => ("first", i64::from(first), false),
            (None, None) => ("first", default, false),
        };
        if count < 0 || count > maximum {
            return Err(Error::invalid(
                argument,
                format!("must be between 0 and {maximum}, got {count}"),
            ));
        }
        Ok((count, backward))
    }

    /// The query of the page: condition, order, cursors, size.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a wrong size or a cursor of another list or order.
    pub fn query(
        &self,
        ctx: &Context<'_>,
        condition: Fragment,
        order: &OrderTerms,
    ) -> Result<ListQuery> {
        let (limit, backward) = self.size(ctx.scope().limits)?;
        let decode = |argument, cursor: &Option<String>| {
            cursor
                .as_deref()
                .map(|cursor| cursor::decode(argument, order, cursor))
                .transpose()
        };
        Ok(ListQuery {
            condition,
            order: order.terms.clone(),
            after: decode("after", &self.after)?,
            before: decode("before", &self.before)?,
            backward,
            limit,
            with_keys: false,
        })
    }
}
